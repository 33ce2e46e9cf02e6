"""Whether the BatchNorm that follows a convolution undoes the norm that spectral normalisation sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from weightreel.analysis.findings.folding import Folding, folding_in_words, norm_set_for
from weightreel.analysis.networks.cnn import is_normalised
from weightreel.analysis.recipe.defence import DefenceRecipe
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write

PLAIN, FOLDED = np.array([2.0, 2.02], np.float32), np.array([1.0, 2.5], np.float32)


def said(norms: list[float], plain: np.ndarray = PLAIN, *, ours: bool = True) -> str:
    return folding_in_words(Folding("s", plain, FOLDED, np.array(norms), ours))


def test_what_is_said_fits_the_norms_that_are_set() -> None:
    nan = float("nan")
    assert said([nan, nan]).endswith("(no spectral normalisation).")
    assert said([nan, nan], ours=False).endswith("1.00 to 2.50 with BatchNorm folded in.")
    assert "folding raises 1 of the 2 norms that are set (2.00) by more than 10 %" in said([2.0, 2.0])
    assert "folding undoes none of the 1 norms that are set (2.00)" in said([2.0, nan])
    assert "of the 2 that are normalised to 1.00, 0 have that norm within 10 %" in said([1.0, 1.0])
    assert "of the 2 that are normalised to 2.00, 1 have that norm" in said([2.0, 2.0], np.array([2.0, 3.0]))


@pytest.mark.parametrize(
    "settings",
    [
        {"spectral": "all"},
        {"spectral": "convolutions", "norm": 2.0},
        {"spectral": ["blocks.0.conv"], "norm": {"blocks.0.conv": 1.5}},
        {"adversarial": "pgd"},
    ],
    ids=str,
)
def test_the_norms_of_a_defence_are_those_that_its_network_is_built_with(
    small_store: Path, tmp_path: Path, settings: dict[str, object]
) -> None:
    defence = DefenceRecipe.model_validate(settings)
    with Store(small_store) as known:
        contents = known.contents()
    contents.describe("/runs/cnn-s0", defence=defence.model_dump_json(exclude_defaults=True))
    write(tmp_path / "defended.h5", contents)
    with Store(tmp_path / "defended.h5") as store:
        run = store.run("cnn-s0")
        for name, layer in run.layers.items():
            if layer.kind in ("conv2d", "linear"):
                assert np.isfinite(norm_set_for(run, name)) == is_normalised(
                    defence, name if "blocks.0.conv" in defence.spectral else name.replace("blocks", "features")
                )
