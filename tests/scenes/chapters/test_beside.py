"""Networks beside each other in the films."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.runs.test_record import ABOUT, RunWriter, record
from tests.watched import watched
from weightreel.analysis.findings.words.names import clock_of
from weightreel.analysis.store.reader import Store
from weightreel.scenes.biases import Biases
from weightreel.scenes.chapters.beside import spreads_in_words
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
@pytest.mark.parametrize("film", [Weights, Biases])
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


@pytest.mark.usefixtures("last_frames")
def test_one_network_has_nothing_beside_it(recorded: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTREEL_STORE", str(recorded[0]))
    shown = watched(Weights)
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
