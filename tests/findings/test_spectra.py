"""A layer's spectrum over the epochs, ready to be drawn: binned once, in decades."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from tests.made.store import synthetic_store
from weightreel.analysis.findings.spectra import Spectrum, layers_with_spectra, log_tail, main_layer, spread
from weightreel.analysis.store.reader import Store


@pytest.mark.parametrize("alpha", [1.2, 2.0, 3.7, 12.0])
def test_the_tail_has_the_area_of_its_eigenvalues_on_to_infinity_and_the_slope_of_alpha(alpha: float) -> None:
    start, end = log_tail(alpha, -0.5, 1.2, 0.15)
    assert end == pytest.approx(start - alpha * 1.7)
    xmin = 10**-0.5
    area, _ = quad(lambda x: 10**start * (x / xmin) ** -alpha, xmin, np.inf)
    assert area == pytest.approx(0.15, rel=1e-6)


def test_layers_are_chosen_by_number_by_size_and_evenly(tmp_path: Path) -> None:
    with Store(synthetic_store(tmp_path / "report.h5", epochs=1, models=("cnn",))) as store:
        run = store.select()[0]
        chosen = main_layer(run)
        assert chosen is not None
        assert (chosen.name, chosen.layer_id) == ("classifier.0", 31)
        layers = layers_with_spectra(run)
        assert len(layers) == 14
        few = spread(layers, 5)
        assert [few[0].name, few[-1].name] == [layers[0].name, layers[-1].name]
        assert len({layer.name for layer in few}) == 5
        assert spread(layers, 20) == layers
    with Store(synthetic_store(tmp_path / "narrow.h5", epochs=1, n_layers=4)) as store:
        run = store.select()[0]
        chosen = main_layer(run)
        assert chosen is not None
        sizes = [layer["spectrum/eigenvalues"].shape[1] for layer in layers_with_spectra(run)]
        assert chosen["spectrum/eigenvalues"].shape[1] == max(sizes)
        assert Spectrum.of(run, chosen).density.shape[0] == 1
