"""Whether the BatchNorm that follows a convolution undoes the norm that spectral normalisation holds."""

from __future__ import annotations

import numpy as np

from weightreel.analysis.findings.folding import Folding, folding_in_words


def test_a_normalised_network_whose_norms_are_off_is_not_told_as_one_without_normalisation() -> None:
    plain, folded = np.array([1.0, 1.5], np.float32), np.array([2.0, 2.5], np.float32)
    assert "holds within 10% in 1 of 2" in folding_in_words(Folding("s", plain, folded, spectral=True))
    assert "(no normalisation)" in folding_in_words(Folding("s", plain, folded))
