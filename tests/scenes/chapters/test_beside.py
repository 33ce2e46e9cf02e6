"""Networks beside each other in the films."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.made.store import synthetic_store
from tests.runs.test_record import ABOUT, RunWriter, record
from tests.watched import watched
from weightreel.analysis.findings.spectra import Spectrum
from weightreel.analysis.findings.words.names import clock_of
from weightreel.analysis.store.nodes import Layer
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.scenes.biases import Biases
from weightreel.scenes.chapters.beside import alphas_in_words, counterpart, spreads_in_words
from weightreel.scenes.esd import Esd
from weightreel.scenes.kit.film import Film
from weightreel.scenes.weights import Weights

ENDS = (2, 4, 3)
"""Last epochs of three stores, the longest in the middle."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("beside")
    paths = [folder / f"{name}.h5" for name in "abc"]
    for path, end in zip(paths, ENDS, strict=True):
        writer = RunWriter(path, ABOUT)
        for epoch in range(end + 1):
            writer.add(record(epoch))
        writer.close()
    return paths


@pytest.fixture
def several(recorded: list[Path], monkeypatch: pytest.MonkeyPatch, last_frames: None) -> None:
    monkeypatch.setenv("WEIGHTREEL_STORE", ",".join(map(str, recorded)))


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize("film", [Weights, Biases, Esd])
def test_every_store_of_a_list_is_seen_until_the_last_one_ends(film: type[Film]) -> None:
    ends: dict[str, tuple[float, int]] = {}

    class Clocked(film):  # type: ignore[misc, valid-type]
        def sweep(self, *instruments: object, **options: object) -> None:
            super().sweep(*instruments, **options)
            clocks = [m for m in self.mobjects if hasattr(m, "epoch")]
            ends[self._open_beat.name] = clocks[-1].epoch, len(self.runs)

    shown = watched(Clocked)
    shown.render()
    assert not shown.outside
    assert ends["The networks beside each other"] == (max(ENDS), 3)
    assert "A network that ends earlier stays as it was." in shown.told["The networks beside each other"]
    if film is Esd:
        assert ends["Alpha over the epochs"] == (max(ENDS), 3)
        assert all(f"Mine ({name})" in shown.told["What alpha does"] for name in "abc")


@pytest.mark.usefixtures("last_frames")
def test_one_network_has_nothing_beside_it(recorded: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTREEL_STORE", str(recorded[0]))
    for film in (Weights, Esd):
        shown = watched(film)
        shown.render()
        assert "The networks beside each other" not in shown.told


@pytest.mark.usefixtures("last_frames")
def test_a_film_has_one_clock(
    recorded: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = RunWriter(tmp_path / "steps.h5", replace(ABOUT, clock="step"))
    writer.add(record(0))
    writer.close()
    monkeypatch.setenv("WEIGHTREEL_STORE", f"{recorded[0]},{tmp_path / 'steps.h5'}")
    with pytest.raises(SystemExit) as left:
        Weights().render()
    assert left.value.code == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "a-mine-s0 is counted by epoch and steps-mine-s0 by step" in said and "WEIGHTREEL_RUN" in said
    with Store(recorded[0]) as store:
        assert clock_of(list(store.runs.values())) == "epoch"


def test_the_widest_and_the_narrowest_are_told_by_their_last_epoch() -> None:
    said = spreads_in_words(["A", "B", "C"], [np.array([9.0, 0.2]), np.array([0.1, 0.3]), np.array([0.1, 0.25])])
    assert said == "Widest at the end: B, standard deviation 0.300; narrowest: A, 0.200."


class TestTails:
    @pytest.fixture
    def spectrum(self, tmp_path: Path) -> Spectrum:
        path = synthetic_store(tmp_path / "s.h5", epochs=3, n_layers=2, models=("cnn",))
        with Store(path) as store:
            run = store.run("cnn-s0")
            found = Spectrum.of(run, run.layer("head.0"))
        return replace(found, status=np.full(3, float(FitStatus.OK)))

    @staticmethod
    def sure(spectrum: Spectrum, alpha: float, half: float) -> Spectrum:
        """A spectrum with an alpha and its interval at every epoch."""
        low, high = np.full(3, alpha - half), np.full(3, alpha + half)
        return replace(spectrum, alpha=np.full(3, alpha), alpha_low=low, alpha_high=high)

    def test_the_smallest_and_the_largest_are_told_where_intervals_tell_them_apart(self, spectrum: Spectrum) -> None:
        others = [self.sure(spectrum, alpha, 0.2) for alpha in (4.0, 2.5, 3.0)]
        said = alphas_in_words(["A", "B", "C"], others).replace("\u00a0", " ")
        assert said == "Smallest α at the end: B, 2.50 [2.30, 2.70]; largest: A, 4.00 [3.80, 4.20]."

    def test_those_that_the_fits_do_not_tell_apart_overlap(self, spectrum: Spectrum) -> None:
        others = [self.sure(spectrum, 4.1, 0.2), self.sure(spectrum, 4.0, 0.1)]
        said = alphas_in_words(["A", "B"], others).replace("\u00a0", " ")
        assert said == "At the end the intervals of α overlap: 4.00 [3.90, 4.10] of B, 4.10 [3.90, 4.30] of A."

    def test_without_intervals_nothing_is_compared(self, spectrum: Spectrum) -> None:
        others = [replace(spectrum, alpha=np.full(3, a), alpha_low=None, alpha_high=None) for a in (4.1, 4.0)]
        assert alphas_in_words(["A", "B"], others).endswith("their intervals are not measured.")

    def test_those_of_few_eigenvalues_are_not_compared(self, spectrum: Spectrum) -> None:
        few = replace(spectrum, alpha=np.full(3, 1.2), status=np.full(3, float(FitStatus.FEW_EIGENVALUES)))
        kept = replace(spectrum, alpha=np.full(3, 3.0))
        said = alphas_in_words(["A", "B"], [few, kept]).replace("\u00a0", " ")
        assert said == "At the end a fit rests on 50 eigenvalues or more in B alone: α = 3.00."
        assert alphas_in_words(["A"], [few]) == "At the last epoch no fit rests on 50 eigenvalues or more."


def test_a_layer_of_the_same_name_stands_beside_or_the_one_its_own_film_shows(small_store: Path) -> None:
    with Store(small_store) as store:
        cnn, spectral = store.runs.values()
        layer: Layer = cnn.layer("head.0")
        assert (found := counterpart(spectral, layer)) is not None and found.name == layer.name
        spectral.layers.pop(layer.name)
        assert (other := counterpart(spectral, layer)) is None or other.name != layer.name
