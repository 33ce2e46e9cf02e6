"""No number that was not measured: what films write while their clocks run is what the store holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from manim import UP

from tests.end_to_end.readings import Heard, heard_of
from tests.end_to_end.stored import STORED, History, contents_of
from tests.made.store import synthetic_store
from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.palette import theme
from weightreel.analysis.settings import Settings, holding
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.histogram import Histogram
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.clock import Clocked
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.type import Numerals, label
from weightreel.scenes.making.in_process import class_of
from weightreel.scenes.making.orders import ROOT, find_films

FILMS = find_films()
SHIPPED = ROOT / "data" / "cifar10.h5"
MOMENTS = 200
"""Of each run of a clock; films have at least one."""
NUMBER = re.compile(r"[−-]?\d+(?:\.(\d+))?(?:e([−-]?\d+))?")
POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−")
"""Digits of powers of ten, as they are written and as they are read here."""
WORDS = {"Leaving departure"}
"""Readings whose digits are none of the history's."""


def unlike_the_store(key: str, reading: Reading, path: Path) -> list[str]:
    """What is wrong with a reading: nobody says where it is stored, it is not stored there, or written as it is not."""
    found = [of for pattern, of in STORED.items() if re.fullmatch(pattern, key)]
    if not found:
        return [f"nothing in STORED says where {key!r} is stored"]
    file = contents_of(path)
    if not any(alike(reading.history, candidate) for of in found for candidate in of(file)):
        return [f"{key!r} is not in {path.name}: {reading.history[:3]} …"]
    if key in WORDS:
        return []
    said = [(row, reading.written(row if np.ndim(row) else row.item())) for row in reading.history]
    return [f"{key!r} writes {row} as {text!r}" for row, text in said if not tells(text, row)][:1]


def alike(one: History, other: History) -> bool:
    """Whether two histories are one, as far as single precision goes."""
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=2e-6, atol=1e-9, equal_nan=True))


def tells(text: str, row: History) -> bool:
    """Whether the first number of a text, if it has one, is a row's first value, or its percent, rounded."""
    value = float(np.ravel(row)[0])
    found = NUMBER.search(text.replace(",", "").replace(" × 10", "e").translate(POWERS))
    if not found or not np.isfinite(value):
        return not (found and np.ndim(row) == 0 and np.isfinite(value))
    number = float(found[0].replace("−", "-"))
    half = 0.5 * 10.0 ** (int((found[2] or "0").replace("−", "-")) - len(found[1] or ""))
    return any(abs(number - of) <= half * (1 + 1e-6) for of in (value, 100 * value))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: what is the same in two films is set once."""
    return tmp_path_factory.mktemp("type")


@pytest.fixture(scope="session")
def every_third(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose records are three epochs apart."""
    path = tmp_path_factory.mktemp("every-third") / "every-third.h5"
    return synthetic_store(
        path, epochs=8, every=3, n_layers=6, sample=64, drawn=512, trials=2000, history_trials=200, examples=8
    )


def check(film: type[Film], store: Path, folder: Path, moments: int = MOMENTS) -> Heard:
    """Listen to a film and compare with the store; fails where it says what was not measured."""
    with holding(Settings(store=str(store))):
        heard = heard_of(film, folder, moments)
        unlike = [
            f for (kind, name, _), (_, reading) in heard.readings.items()
            for f in unlike_the_store(f"{kind} {name}", reading, store)
        ]  # fmt: skip
    assert heard.faults + unlike == []
    return heard


QUICK = ("weight_bias", "training")
"""Films that are listened to in every run of the tests."""


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in FILMS])
def test_records_three_epochs_apart(name: str, every_third: Path, folder: Path) -> None:
    check_if_possible(name, every_third, folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILMS)
def test_the_shipped_store(name: str, folder: Path) -> None:
    check_if_possible(name, SHIPPED, folder)


def check_if_possible(name: str, store: Path, folder: Path) -> None:
    try:
        heard = check(class_of(FILMS[name]), store, folder)
    except NothingToShow:
        pytest.skip("the store holds nothing for this film")
    assert heard.moments >= MOMENTS


class Blending(Readout):
    """A readout as they were: it interpolates."""

    def at(self, t: float) -> Self:
        history = self.readings[0].history if self.readings else self.history
        self.number.show(self.readings[0].written(float(self.between(history, t))))
        return self


class Unregistered(Readout):
    """A readout that keeps its number for itself."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.write_as, self.readings = self.readings[0].written, ()

    def at(self, t: float) -> Self:
        if hasattr(self, "write_as"):
            self.number.show(self.write_as(self.held(self.history, t).item()))
        return self


def elsewhere(epochs: History, name: str, history: History) -> Readout:
    """A readout of what the store does not hold."""
    return Readout(epochs, name, history + 0.5)


def film_of(plant: Callable[[Film], Clocked]) -> type[Film]:
    """A film that sweeps a dial and what is planted."""

    class Planted(Film):
        def construct(self) -> None:
            self.beat("Beat", "What is planted.")
            self.sweep(EpochDial(self.run.epochs), plant(self).move_to(2 * UP), seconds=1.0)
            self.wait(1.0)

    return Planted


@pytest.mark.parametrize(
    ("kind", "fault"),
    [(Readout, ""), (Blending, "its record at"), (Unregistered, "no reading"), (elsewhere, "is not in")],
)
def test_what_was_not_measured_is_heard(
    kind: Callable[..., Readout], fault: str, small_store: Path, folder: Path
) -> None:
    def plant(film: Film) -> Clocked:
        return kind(film.run.epochs, "validation accuracy", film.run["validation/accuracy"])

    if not fault:
        assert check(film_of(plant), small_store, folder, 20).moments == 20
        return
    with pytest.raises(AssertionError, match=fault):
        check(film_of(plant), small_store, folder, 20)


def test_letters_that_change_are_heard(small_store: Path, folder: Path) -> None:
    class Lettered(EpochDial):
        def at(self, t: float) -> Self:
            super().at(t)
            self.remove(*(m for m in self.submobjects if hasattr(m, "said") and not isinstance(m, Numerals)))
            return self.add(label(f"epoch {t:.2f}"))

    with pytest.raises(AssertionError, match="no reading"):
        check(film_of(lambda film: Lettered(film.run.epochs)), small_store, folder, 3)


def test_a_bar_that_does_not_stand_is_heard(small_store: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def plant(film: Film) -> Clocked:
        edges, counts = (film.run[f"parameters/weight/{key}"] for key in ("edges", "counts"))
        return Histogram(film.run.epochs, edges, counts, theme().WEIGHTS)

    assert check(film_of(plant), small_store, folder, 3).moments == 3
    monkeypatch.setattr(Clocked, "stepped", Clocked.between)
    with pytest.raises(AssertionError, match="is not as it is at"):
        check(film_of(plant), small_store, folder, 3)
