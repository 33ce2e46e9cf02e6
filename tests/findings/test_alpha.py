"""How alpha moves and how it is read: the report and WeightWatcher's authors disagree, and neither is preferred."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from weightreel.analysis.findings.alpha import (
    AUTHORS_READING,
    REPORT_READING,
    reading_in_words,
)


@pytest.mark.parametrize(
    ("alpha", "report", "authors"),
    [
        (1.9, "", "over-trained"), (2.0, "over-fitting", "well trained"), (3.5, "", "well trained"),
        (4.71, "well regularised", "well trained"), (6.0, "", "under-trained"), (inf, "", ""), (nan, "", ""),
    ],
)  # fmt: skip
def test_both_readings_are_given_undecided(alpha: float, report: str, authors: str) -> None:
    assert (REPORT_READING.of(alpha), AUTHORS_READING.of(alpha)) == (report, authors)
    said = reading_in_words("classifier.0", alpha, 0.1, 50)
    if np.isfinite(alpha):
        assert f"α = {alpha:.2f} ± 0.10" in said
        assert "WeightWatcher's authors" in said
        assert (report or "neither of the report's ranges") in said
    elif np.isnan(alpha):
        assert "could not be fitted" in said
