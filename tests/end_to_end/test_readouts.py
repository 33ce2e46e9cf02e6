"""No number that was not measured: what films write while their clocks run is what the store holds."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
import pytest
from manim import UP

from tests.end_to_end.readings import Heard, heard_of
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
MOMENTS = 100
"""Of each run of a clock; films have at least two."""
FAILED, NOT_MEASURED = 1, 3
"""Of a fit's status."""
NINES = -np.log10(1 - np.array([0.5, 0.999]))
NUMBER = re.compile(r"[−-]?\d+(?:\.(\d+))?(?:e([−-]?\d+))?")
History = np.ndarray[Any, Any]
Candidates = Iterator[History]


def stored(file: h5py.File, *patterns: str) -> Candidates:
    """Every dataset below a run whose path, without the run's, is like one of the patterns."""
    for run in file["runs"].values():
        found: list[str] = []
        run.visititems(lambda path, of, found=found: found.append(path) if isinstance(of, h5py.Dataset) else None)
        for path in found:
            if any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
                yield run[path][()]


def epochs(file: h5py.File) -> Candidates:
    """Of every run, and of all together."""
    each = list(stored(file, "epoch"))
    yield from each
    yield np.unique(np.concatenate(each))


def spectra(file: h5py.File) -> Iterator[h5py.Group]:
    """Every layer's."""
    for run in file["runs"].values():
        for layer in run["layers"].values():
            if "spectrum/alpha" in layer:
                yield layer["spectrum"]


def of_fits(*keys: str) -> Callable[[h5py.File], Candidates]:
    """Numbers of fits, NaN where none can be drawn; several beside each other."""

    def candidates(file: h5py.File) -> Candidates:
        for spectrum in spectra(file):
            status = spectrum["status"][()]
            numbers = np.stack([spectrum[key][()].astype(float) for key in ("alpha", "xmin", "lambda_max")])
            drawn = (status != FAILED) & np.isfinite(numbers).all(0) & (numbers[1] > 0) & (spectrum["n_tail"][()] > 0)
            found = [
                np.where(drawn, spectrum[key][()].astype(float) if key in spectrum else np.nan, np.nan) for key in keys
            ]
            yield found[0] if len(keys) == 1 else np.stack(found, 1)

    return candidates


def doubts(file: h5py.File) -> Candidates:
    """What is told of a fit."""
    for spectrum, (alpha,) in zip(spectra(file), ((a,) for a in of_fits("alpha")(file)), strict=True):
        status = spectrum["status"][()]
        yield np.where(np.isfinite(alpha) | (status == NOT_MEASURED), status, FAILED)


def alphas(file: h5py.File) -> Candidates:
    """Alpha, or what is told instead."""
    for alpha, told in zip(of_fits("alpha")(file), doubts(file), strict=True):
        yield np.stack([alpha, told], 1)


def edges(file: h5py.File, then: Callable[[h5py.Group, History], History]) -> Candidates:
    """What is made of the edge of every random bulk, (E,); NaN where none was found."""
    for spectrum in spectra(file):
        if "marchenko_pastur/spike_edge" in spectrum:
            edge = spectrum["marchenko_pastur/spike_edge"][()].astype(float)
            yield then(spectrum, np.where(edge > 0, edge, np.nan))


def spikes(spectrum: h5py.Group, edge: History) -> History:
    """Eigenvalues above the edge, (E,)."""
    return np.where(np.isfinite(edge), spectrum["marchenko_pastur/n_spikes"][()], np.nan)


def shares_of_matrices(file: h5py.File) -> Candidates:
    """Every cell of every confusion matrix as a share of its row, (E,)."""
    for counts in stored(file, "validation/confusion"):
        with np.errstate(invalid="ignore"):
            shares = counts / counts.sum(-1, keepdims=True)
        yield from shares.reshape(len(shares), -1).T


def columns(file: h5py.File, *patterns: str) -> Candidates:
    """The last axis of histories, each entry as a history of its own."""
    for history in stored(file, *patterns):
        yield from history.reshape(-1, *history.shape[-2:]).transpose(0, 2, 1).reshape(-1, history.shape[-2])


def beyond(file: h5py.File) -> Candidates:
    """Share of the entries that lie outside an axis that holds the outermost quantiles three and a half times."""
    for run in file["runs"].values():
        for of in run["parameters"].values():
            quantiles, middle = of["quantiles"][()], float(np.median(of["quantiles"]))
            low = max(middle - 3.5 * (middle - float(quantiles.min())), float(of["minimum"][()].min()))
            high = min(middle + 3.5 * (float(quantiles.max()) - middle), float(of["maximum"][()].max()))
            sides, counts = of["edges"][()], of["counts"][()]
            yield counts[:, (sides[1:] <= low) | (sides[:-1] >= high)].sum(1) / counts.sum(1)


def ways(file: h5py.File) -> Candidates:
    """Root mean square of how far followed biases are from where they began, by kind of layer."""
    for run in file["runs"].values():
        layers = sorted(run["layers"].values(), key=lambda layer: layer.attrs["order"])
        kinds = [layer.attrs["kind"] for layer in layers]
        followed = [a for a, b in zip(layers, kinds[1:], strict=False) if b == "batchnorm"]
        groups = [[a for a, of in zip(layers, kinds, strict=True) if of == kind] for kind in dict.fromkeys(kinds)]
        for members in (followed, *groups):
            samples = [of["bias/sample"][()] for of in members if "bias/sample" in of]
            if samples:
                yield np.sqrt(np.mean(np.concatenate([s - s[0] for s in samples], 1).astype(float) ** 2, 1))


def noise(file: h5py.File) -> Iterator[tuple[History, History, float, int, h5py.Group]]:
    """Answers to every kind of noise: classes, confidences, the threshold, how many classes, and where they are."""
    for run in file["runs"].values():
        for name, attack in run["attacks"].items() if "attacks" in run else ():
            if "noise" in str(attack.attrs.get("kind", name)) and "confidence" in attack:
                n = len(file["dataset/classes"])
                yield attack["prediction"][()], attack["confidence"][()], attack.attrs["threshold"], n, attack


def streams(file: h5py.File) -> Iterator[tuple[str, History]]:
    """What is counted as trials come in, by name: of each class, and of all."""
    for answers, confidence, threshold, n, _ in noise(file):
        trials = np.unique(np.linspace(0, len(answers), 240).round().astype(int))
        sure = (confidence >= threshold) & (answers < n)
        count = np.concatenate([[0], sure.cumsum()])[trials]
        yield "trials", trials
        yield "successes", count
        yield "rate", np.where(trials > 0, count / np.maximum(trials, 1), np.nan)
        for of in range(n):
            yield "class", np.concatenate([[0], (sure & (answers == of)).cumsum()])[trials]


def counted(*names: str) -> Callable[[h5py.File], Candidates]:
    """Those of `streams` of these names."""
    return lambda file: (history for name, history in streams(file) if name in names)


def bars(file: h5py.File) -> Candidates:
    """Confidences in the first noise images one after the other, and answers as trials come in."""
    yield from counted("class")(file)
    for probabilities in stored(file, "attacks/*/preview/probabilities"):
        for n in range(1, len(probabilities[-1]) + 1):
            for of in probabilities[-1][:n].T:
                yield np.concatenate([[np.nan], of])


def passing(file: h5py.File) -> Candidates:
    """Shares that are at least as sure as thresholds that are evenly apart in nines."""
    thresholds = 1 - 10 ** -np.linspace(*NINES, 240)
    sure = [np.where(answers < n, confidence, 0) for answers, confidence, _, n, _ in noise(file)]
    for confidence in (*sure, *stored(file, "test/confidence")):
        yield (confidence[:, None] >= thresholds).mean(0)


def rates(file: h5py.File) -> Candidates:
    """Successes in percent at every record over the trials that are repeated, and at the last over all of them."""
    for answers, confidence, threshold, n, attack in noise(file):
        again = (attack["history/confidence"][()] >= threshold) & (attack["history/prediction"][()] < n)
        found = again.mean(1)
        found[-1] = ((confidence >= threshold) & (answers < n)).mean()
        yield 100 * found


def fooled(file: h5py.File) -> Candidates:
    """Confidence in what noise is turned into, before and after."""
    for way in stored(file, "attacks/*/path/confidence"):
        yield from way[:, [0, -1]]


def sigmas(file: h5py.File) -> Candidates:
    """Each of the leading singular values, at the records where they are measured."""
    for leading in stored(file, "layers/*/spectrum/sigma/leading", "layers/*/spectrum/sigma/folded/leading"):
        yield from leading.T
        yield from leading[np.isfinite(leading).any(1)].T


STORED: dict[str, Callable[[h5py.File], Candidates]] = {
    r"EpochDial .*": epochs,
    r"Timeline .*": epochs,
    r"Readout standard deviation|Readout \w+: std": lambda f: stored(f, "parameters/*/std"),
    r"Readout excess kurtosis": lambda f: stored(f, "parameters/*/kurtosis"),
    r"Readout beyond the axis": beyond,
    r"Readout .*: RMS change": ways,
    r"SmallMultiples std": lambda f: stored(f, "parameters/*/std", "layers/*/weight/std", "layers/*/bias/std"),
    r"FitNumbers exponent of the tail": of_fits("alpha"),
    r"FitNumbers distance D of the fit": of_fits("ks_distance"),
    r"FitNumbers eigenvalues in the tail": of_fits("n_tail"),
    r"FitNumbers interval": of_fits("interval/alpha_low", "interval/alpha_high"),
    r"FitNumbers doubt": doubts,
    r"FitNumbers above the random edge λ₊": lambda f: edges(
        f, lambda spectrum, edge: np.stack([spikes(spectrum, edge), spectrum["status"][()]], 1)
    ),
    r"EsdPlot alpha": alphas,
    r"Readout largest eigenvalue": lambda f: stored(f, "layers/*/spectrum/lambda_max"),
    r"Readout edge λ₊ of the random bulk": lambda f: edges(f, lambda _, edge: edge),
    r"Readout eigenvalues above it": lambda f: edges(f, spikes),
    r"Departures over the edge": lambda f: edges(f, lambda s, edge: s["lambda_max"][()].astype(float) / edge),
    r"UnitBall σ.": sigmas,
    r"Readout validation accuracy": lambda f: stored(f, "validation/accuracy"),
    r"Readout .* taken for .*|ConfusionMatrix diagonal": shares_of_matrices,
    r"Bars .*": bars,
    r"AnswerBars .*": lambda f: columns(f, "attacks/*/path/probabilities"),
    r"Readout step": lambda f: (np.arange(len(way)) for way in stored(f, "attacks/*/path/path_step")),
    r"Readout successes N of .*|Counter answered with .*": counted("successes"),
    r"Readout trials T|Counter noise images": counted("trials"),
    r"Counter share": counted("rate"),
    r"Readout confidence of at least": lambda _: iter([1 - 10 ** -np.linspace(*NINES, 240)]),
    r"Readout (noise|test) images that pass": passing,
    r"Readout ": lambda f: (of for found in (passing(f), fooled(f)) for of in found),
    r"GroupedBars .*": rates,
}
"""Where the store holds what is read, by the instrument's class and the reading's name."""
WORDS = {"FitNumbers doubt"}
"""Readings whose digits are none of the history's."""


def unlike_the_store(key: str, reading: Reading, path: Path) -> list[str]:
    """What is wrong with a reading: nobody says where it is stored, it is not stored there, or written as it is not."""
    found = [of for pattern, of in STORED.items() if re.fullmatch(pattern, key)]
    if not found:
        return [f"nothing in STORED says where {key!r} is stored"]
    with h5py.File(path) as file:
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
    found = NUMBER.search(text.replace(",", ""))
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
    assert heard.moments >= 2 * MOMENTS


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
