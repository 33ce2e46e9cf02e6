"""The palette as CSS custom properties: light, and dark where the reader's system asks for it."""

from __future__ import annotations

from pathlib import Path

from tests.made.store import synthetic_store
from weightreel.analysis.palette import DARK, LEAST_CONTRAST, LIGHT, contrast
from weightreel.analysis.store.reader import Store
from weightreel.page.colours import colour_names, stylesheet


def test_the_palette_is_the_films(small_store: Path) -> None:
    text = stylesheet()
    assert f"--weights: {LIGHT.WEIGHTS};" in text.split("@media")[0]
    assert f"--spectral-cnn: {DARK.SPECTRAL_CNN};" in text.split("@media")[1]
    for theme in (LIGHT, DARK):
        assert contrast(theme.TEXT, theme.BACKGROUND) >= LEAST_CONTRAST
        assert contrast(theme.MUTED, theme.BACKGROUND) >= LEAST_CONTRAST
    with Store(small_store) as store:
        names = colour_names(list(store.runs.values()))
    assert names == {"cnn-s0": "cnn", "spectral-cnn-s0": "spectral-cnn"}


def test_every_network_has_a_colour_of_the_palette(tmp_path: Path) -> None:
    models = ("cnn", "gaussian-cnn", "pgd-cnn")
    path = synthetic_store(tmp_path / "several.h5", epochs=2, n_layers=2, models=models, attacks=False)
    with Store(path) as store:
        names = colour_names(list(store.runs.values()))
    assert len(set(names.values())) == 3
    assert all(f"--{name}:" in stylesheet() for name in names.values())
