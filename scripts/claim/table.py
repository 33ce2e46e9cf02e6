"""Rates by reading and run: counted, kept as CSV, and laid out as a Markdown table beside the report's figures."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.attacks.noise import history_successes, successes, uniform_of
from weightreel.analysis.findings.learning_rate import falls
from weightreel.analysis.findings.report import REPORT, REPORTED_MODELS, REPORTED_REDUCTION
from weightreel.analysis.findings.statistics import Rate, counted
from weightreel.analysis.findings.words.numbers import percent, points
from weightreel.analysis.recipe.defence import CNN, SPECTRAL_CNN
from weightreel.analysis.store.nodes import Run

COLUMNS = ("reading", "model", "seed", "successes", "trials", "low", "high")
FITTED = ("some-epoch",)
"""Readings that are chosen to fit the report's figures, and can therefore not speak for them."""
NAMES = dict(zip(REPORTED_MODELS, (CNN.title, SPECTRAL_CNN.title), strict=True))
SCARCE = 0.001
"""Below such a rate a reduction would be one of a handful of images."""
NEAREST = 8
"""Readings that the short table shows."""


@dataclass(frozen=True)
class Row:
    """How often one network's attempts succeeded by one reading; the interval covers the attempts only."""

    reading: str
    model: str
    seed: int
    rate: Rate

    @property
    def meets(self) -> bool:
        """Whether Wilson's interval overlaps that of the report's figure."""
        low, high = _reported(self.model)
        return self.rate.low <= high and low <= self.rate.high


def _reported(model: str) -> tuple[float, float]:
    rate = REPORT[model].noise_rate
    return rate.low, rate.high


def row(reading: str, run: Run, hits: np.ndarray) -> Row:
    """Count attempts that were or were not successes, of any shape."""
    return Row(reading, run.model, run.seed, counted(int(np.count_nonzero(hits)), int(np.size(hits))))


def stored(run: Run) -> Row:
    """What the store has of the last epoch: the same reading as `as-read`, by the weights as they were trained."""
    attack = uniform_of(run)
    return row("stored", run, successes(attack) if attack else np.zeros(0, bool))


def of_histories(run: Run) -> Iterable[Row]:
    """The readings that ask which epoch's network answers: the trials that the store has of every epoch.

    Raises:
        WeightreelError: the store has none.
    """
    attack = uniform_of(run)
    hits = history_successes(attack) if attack else np.zeros((0, 0), bool)  # (E, t)
    if len(hits) != len(run.epochs) or len(hits) < 2:
        raise WeightreelError(f"{run.name} has no answers to noise at every epoch; set noise.history and train anew.")
    rates = hits[1:].mean(1)
    fell = falls(run.epochs[1:], run["learning_rate"][1:])
    before = int(np.searchsorted(run.epochs, fell[0][0])) if fell else len(rates)
    low, high = _reported(run.model)
    yield row("untrained", run, hits[0])
    yield row("epochs-all", run, hits[1:])
    yield row("epochs-first-10", run, hits[1:11])
    yield row("epochs-before-fall", run, hits[1 : 1 + before])
    yield row("epoch-at-fall", run, hits[before])
    yield row("best-loss", run, hits[int(run["validation/loss"].argmin())])
    yield row("best-accuracy", run, hits[int(run["validation/accuracy"].argmax())])
    yield row("some-epoch", run, hits[1 + int(np.abs(rates - (low + high) / 2).argmin())])


def write(path: Path, rows: Iterable[Row]) -> None:
    """Keep rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for found in rows:
            rate = found.rate
            bounds = (f"{bound:.4f}" for bound in (rate.low, rate.high))
            writer.writerow((found.reading, found.model, found.seed, rate.successes, rate.trials, *bounds))


def read(path: Path) -> list[Row]:
    """Rows of a CSV file; intervals are worked out anew.

    Raises:
        WeightreelError: it is not there, or is no such file.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                Row(
                    line["reading"],
                    line["model"],
                    int(line["seed"]),
                    counted(int(line["successes"]), int(line["trials"])),
                )
                for line in csv.DictReader(file)
            ]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise WeightreelError(
            f"{path} cannot be read ({error}); make it with `python -m scripts.claim measure STORE`."
        ) from error


@dataclass(frozen=True)
class Line:
    """One reading of both networks, by seed."""

    reading: str
    rows: dict[str, list[Row]]

    def mean(self, model: str) -> float:
        """Mean rate over the seeds."""
        return float(np.mean([row.rate.value for row in self.rows[model]]))

    def met(self, model: str) -> int:
        """Seeds in which the network meets the report's figure."""
        return sum(row.meets for row in self.rows[model])

    @property
    def seeds(self) -> int:
        """Seeds of both networks."""
        return len(self.rows[REPORTED_MODELS[0]])

    @property
    def met_by_both(self) -> int:
        """Seeds in which both networks meet the report's figures."""
        return sum(all(row.meets for row in pair) for pair in zip(*self.rows.values(), strict=True))

    @property
    def reduction(self) -> float:
        """By which share the spectral CNN's mean rate is below the CNN's; NaN where that is below SCARCE."""
        first, second = (self.mean(model) for model in REPORTED_MODELS)
        return 1 - second / first if first >= SCARCE else math.nan

    @property
    def distance(self) -> float:
        """How far the mean rates are from the report's: the larger difference of their log odds, 0 where both agree."""
        figures = {model: REPORT[model].noise_rate.value for model in REPORTED_MODELS}
        return max(abs(_log_odds(self.mean(model)) - _log_odds(share)) for model, share in figures.items())


def _log_odds(share: float) -> float:
    """Of a share in [0, 1]; finite at both ends, since no rate of thousands of attempts is known closer than that."""
    return math.log((share + 1e-4) / (1 - share + 1e-4))


def lines_of(rows: Iterable[Row]) -> list[Line]:
    """Rows by reading, in the order of their first one, seeds ascending."""
    found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: {model: [] for model in REPORTED_MODELS})
    for one in rows:
        found[one.reading][one.model].append(one)
    return [
        Line(reading, {model: sorted(own, key=lambda one: one.seed) for model, own in by_model.items()})
        for reading, by_model in found.items()
    ]


def markdown(rows: Iterable[Row], brief: bool = False) -> str:
    """The table, and below it what it comes to.

    Args:
        rows: of all readings.
        brief: the first reading, and those whose mean rates come nearest to the report's figures.
    """
    lines = lines_of(rows)
    seeds = [row.seed for row in lines[0].rows[REPORTED_MODELS[0]]]
    named = ", ".join(map(str, seeds))
    header = [
        "reading",
        *(f"{NAMES[model]}, seeds {named}, %" for model in REPORTED_MODELS),
        "lower by",
        "seeds that meet the report's figure: CNN, spectral, both",
    ]
    reported = [points(REPORT[model].noise_rate.value, 2) for model in REPORTED_MODELS]
    cells = [["the report", *reported, percent(REPORTED_REDUCTION, 0), ""]]
    shown = [lines[0], *sorted(lines[1:], key=lambda line: line.distance)[:NEAREST]] if brief else lines
    cells += [_cells(line) for line in shown]
    table = [header, ["---", "---:", "---:", "---:", "---:"], *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in table) + "\n\n" + "\n".join(_sentences(lines))


def _cells(line: Line) -> list[str]:
    """Rates below a tenth with two decimals, as the report's figures are."""
    rates = (
        " / ".join(points(row.rate.value, 2 if row.rate.value < 0.1 else 1) for row in line.rows[model])
        for model in REPORTED_MODELS
    )
    lower = percent(round(line.reduction, 2) + 0.0, 0)
    met = (*(line.met(model) for model in REPORTED_MODELS), line.met_by_both)
    return [f"`{line.reading}`", *rates, lower, ", ".join(map(str, met))]


def _sentences(lines: list[Line]) -> Iterable[str]:
    """What the readings come to; those that were chosen to fit are left out, and named."""
    free = [line for line in lines if line.reading not in FITTED]
    tests: list[tuple[str, Callable[[Line], bool]]] = [
        ("both figures, in every seed", lambda line: line.met_by_both == line.seeds),
        ("both figures, in some seed", lambda line: line.met_by_both > 0),
        ("the CNN's figure, in every seed", lambda line: line.met("cnn") == line.seeds),
        ("the spectral CNN's figure, in every seed", lambda line: line.met("spectral-cnn") == line.seeds),
        ("a mean rate lower by half or more", lambda line: line.reduction >= 0.5),
    ]
    yield f"Of {len(free)} readings (without {', '.join(f'`{name}`' for name in FITTED)}, which is chosen to fit) give:"
    yield ""
    for what, holds in tests:
        names = [f"`{line.reading}`" for line in free if holds(line)]
        yield f"- {what}: {', '.join(names) or 'none'}."
