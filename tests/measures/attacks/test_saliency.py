"""Input gradients: how the loss of an image depends on each of its pixels (Simonyan, Vedaldi and Zisserman 2014)."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tests.measures.attacks.test_gradient import SIZE
from weightreel.analysis.measures.attacks.saliency import quantised as quantised_gradients


@given(npst.arrays(np.float32, (2, 2, 2, 3), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_a_gradient_in_signed_bytes_is_off_by_half_a_unit_at_most(gradients: np.ndarray) -> None:
    kept, scale = quantised_gradients(gradients)
    assert kept.dtype == np.int8
    back = kept * scale[:, None, None, None].astype(np.float64)
    worst = np.abs(back - gradients).max((1, 2, 3))
    assert (worst <= np.where(scale > 0, 0.501 * scale, 127 * np.finfo(np.float32).tiny)).all()
    assert (np.abs(kept).max((1, 2, 3)) == np.where(scale > 0, 127, 0)).all()


def test_a_gradient_is_kept_in_signed_bytes() -> None:
    gradients = np.random.default_rng(0).normal(size=(3, SIZE, SIZE, 3)).astype(np.float32)
    gradients[0] *= 1e-20
    gradients[1] = 0
    gradients[2, 0, 0, 0] = 2e-43  # cannot be divided by 127 in float32
    gradients[2, 0, 0, 1:] = gradients[2, 0, 1:] = gradients[2, 1:] = 0
    kept, scale = quantised_gradients(gradients)
    assert np.abs(kept[0]).max() == 127
    assert np.abs(kept[0] * scale[0] - gradients[0]).max() <= scale[0] * 0.501
    assert not kept[1:].any()
    assert not scale[1:].any()
