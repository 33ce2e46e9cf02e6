"""What of a network is not known: weights that are no numbers, and spectra too large to measure.

A training that diverged goes on being recorded. Its films end or dim where nothing is known, and say so with these
sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.blocks import layer_on_stage
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import count, listed_briefly, plain
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MATRIX_KINDS, FitStatus

Array = NDArray[Any]

PARAMETERS = ("weight", "bias")
HUGE = 1e6
"""Numbers larger than this, and so many times larger than where they were smallest, leave a run's pictures."""


@dataclass(frozen=True)
class Gap:
    """Records of a run at which something of some layers is not known.

    Attributes:
        what: weight, bias or spectrum.
        names: of the layers, for people.
        at: whether it is missing at each record, (E,), at one at least.
        missing: entries that are no numbers, the most at any record, of all these layers; 0 where that is not counted.
        whole: whether no entry is a number wherever one is not.
        all: whether these are all layers that there are.
        huge: whether they are numbers, but too large to be drawn.
    """

    what: str
    names: tuple[str, ...]
    at: Array
    missing: int
    whole: bool
    all: bool
    huge: bool = False


def known_records(history: Array) -> Array:
    """Indices of the records of a history (E, …) that hold a finite number, ascending."""
    rows = np.isfinite(np.asarray(history, float)).reshape(len(history), -1)
    return np.flatnonzero(rows.any(1))


def ends_of(history: Array) -> tuple[int, int]:
    """The first and the last record of a history (E, …) that holds a finite number; of all where none does."""
    known = known_records(history)
    return (int(known[0]), int(known[-1])) if len(known) else (0, len(history) - 1)


def readable(largest: Array, limit: float = HUGE) -> Array:
    """At which records (E,) numbers are finite and not so large that beside them nothing else could be drawn.

    Args:
        largest: the largest at each record by its size, (E,).
        limit: times the smallest of these, or 1 where that is smaller.
    """
    size = np.abs(np.asarray(largest, float))
    known: Array = np.isfinite(size)
    return np.asarray(
        known & (size <= limit * max(1.0, float(size[known].min(initial=np.inf)) if known.any() else 1.0))
    )


def gaps_of(run: Run) -> list[Gap]:
    """What of a run is not known, what matters most first.

    Biases and spectra are named where the weights do not tell already that they are missing.
    """
    found: list[Gap] = []
    lost: dict[str, Array] = {}
    for parameter in PARAMETERS:
        missing = {}
        for name, layer in run.layers.items():
            if (count := _missing(layer, parameter)) is not None and count.any():
                at = count > 0
                if not (parameter == "bias" and name in lost and np.all(at <= lost[name])):
                    missing[name] = count
                lost[name] = lost.get(name, np.zeros(len(at), bool)) | at
        found += _gaps(run, parameter, missing)
        huge = {}
        for name, layer in run.layers.items():
            at = _too_large(layer, parameter)
            if at.any():
                if not (parameter == "bias" and name in lost and np.all(at <= lost[name])):
                    huge[name] = at.astype(int)
                lost[name] = lost.get(name, np.zeros(len(at), bool)) | at
        found += _gaps(run, parameter, huge, huge=True)
    spectra = {}
    for name, layer in run.layers.items():
        unmeasured = _unmeasured(layer)
        if unmeasured is not None and np.any(unmeasured & ~lost.get(name, np.zeros(len(unmeasured), bool))):
            spectra[name] = unmeasured.astype(int)
    found += _gaps(run, "spectrum", spectra)
    return found


def not_known(run: Run) -> Array:
    """Whether something of a run's layers is not known at each of its records, (E,)."""
    at = np.zeros(len(run.epochs), bool)
    for gap in gaps_of(run):
        at |= gap.at
    return at


def asked_epochs(run: Run, layer: Layer) -> tuple[Array, Array]:
    """Where the clock stood at the records at which a layer's spectrum was to be measured, and whether it is not known.

    Returns:
        epochs (E,) and whether each is unknown (E,) bool; those of all records where it was to be measured at none.
    """
    asked = np.asarray(layer["spectrum/status"] != FitStatus.NOT_MEASURED)
    asked = asked if asked.any() else np.ones(len(asked), bool)
    unknown = ~readable(layer["spectrum/lambda_max"], HUGE**2)
    return run.epochs[asked].astype(float), unknown[asked] & bool((~unknown).any())


def _missing(layer: Layer, parameter: str) -> Array | None:
    """Entries of a parameter that are no numbers, (E,); None where the store holds none of it."""
    if not layer.has(f"{parameter}/mean"):
        return None
    if layer.has(f"{parameter}/n_not_finite"):
        return np.asarray(layer[f"{parameter}/n_not_finite"], np.int64)
    counts = np.asarray(layer[f"{parameter}/counts"]).sum(1) if layer.has(f"{parameter}/counts") else None
    lost = ~np.isfinite(np.asarray(layer[f"{parameter}/mean"], float))
    return np.asarray(lost, np.int64) * (1 if counts is None else max(int(counts.max(initial=1)), 1))


def _too_large(layer: Layer, parameter: str) -> Array:
    """Whether entries are numbers and too large to be drawn, (E,); none where the store does not tell."""
    if not (layer.has(f"{parameter}/minimum") and layer.has(f"{parameter}/maximum")):
        return np.zeros(0, bool)
    largest = largest_of(layer[f"{parameter}/minimum"], layer[f"{parameter}/maximum"])
    return np.asarray(np.isfinite(largest) & ~readable(largest))


def largest_of(minimum: Array, maximum: Array) -> Array:
    """How far entries lie from 0 at most, (E,), by their extremes, (E,) each."""
    return np.asarray(np.maximum(np.abs(np.asarray(minimum, float)), np.abs(np.asarray(maximum, float))))


def _unmeasured(layer: Layer) -> Array | None:
    """Whether the spectrum of a layer was asked for and is not known, (E,)."""
    if not (layer.has("spectrum/lambda_max") and layer.has("spectrum/status")):
        return None
    asked: Array = np.asarray(layer["spectrum/status"]) != FitStatus.NOT_MEASURED
    return np.asarray(asked & ~np.isfinite(np.asarray(layer["spectrum/lambda_max"], float)))


def _gaps(run: Run, what: str, missing: dict[str, Array], huge: bool = False) -> Iterator[Gap]:
    """Layers that lack something at the same records, together; those that lack most of them first."""
    groups: dict[tuple[bytes, bool], list[str]] = {}
    for name, n in missing.items():
        groups.setdefault(((n > 0).tobytes(), _is_whole(run.layers[name], what, n)), []).append(name)
    measured = [name for name, of in run.layers.items() if of.has(f"{what}/mean") or of.has("spectrum/lambda_max")]
    order = sorted(groups.items(), key=lambda group: -len(group[1]) * int((missing[group[1][0]] > 0).sum()))
    for (_, whole), names in order:
        together = np.sum([missing[name] for name in names], axis=0)
        shown = tuple(layer_on_stage(run, n) if run.layers[n].kind in MATRIX_KINDS else n for n in names)
        yield Gap(what, shown, together > 0, int(together.max()), whole, len(names) == len(measured), huge)


def _is_whole(layer: Layer, what: str, count: Array) -> bool:
    if what == "spectrum" or not layer.has(f"{what}/counts"):
        return True
    left = np.asarray(layer[f"{what}/counts"]).sum(1)
    return bool(np.all(left[count > 0] == 0))


def gap_in_words(gap: Gap, epochs: Array, clock: str | None = None) -> str:
    """One gap as a sentence: `From epoch 2 on no weight of dense 1 is a number.`"""
    said: dict[str, Any] = {"when": when_in_words(gap.at, epochs, clock), "layers": listed_briefly(gap.names)}
    if gap.what == "spectrum":
        return phrase("{when} the spectrum of {layers} is not known: too large or too small.", **said)
    if gap.huge:
        said["limit"] = count(HUGE)
        if gap.what == "weight" and gap.all:
            return phrase("{when} weights are larger than {limit}: they have left the picture.", **said)
        if gap.what == "weight":
            return phrase("{when} weights of {layers} are larger than {limit}: they left the picture.", **said)
        return phrase("{when} biases of {layers} are larger than {limit}: they left the picture.", **said)
    if gap.what == "weight" and gap.whole and gap.all:
        if gap.at[-1] and not gap.at.all():
            return phrase("The training diverged: {when} no weight is a number.", when=_within(said["when"]))
        return phrase("{when} no weight of the network is a number.", **said)
    if gap.whole:
        if gap.what == "weight":
            return phrase("{when} no weight of {layers} is a number.", **said)
        return phrase("{when} no bias of {layers} is a number.", **said)
    said["n"] = count(gap.missing)
    if gap.what == "weight":
        return phrase("{when} some weights of {layers} are no numbers, {n} at most; they are left out.", **said)
    return phrase("{when} some biases of {layers} are no numbers, {n} at most; they are left out.", **said)


def _within(when: str) -> str:
    """Words that begin a sentence, within one."""
    return when[:1].lower() + when[1:]


def when_in_words(at: Array, epochs: Array, clock: str | None = None) -> str:
    """Records (E,) of a clock as the beginning of a sentence: `At epoch 2`, `From epoch 2 on`, `At every epoch`."""
    where = np.flatnonzero(at)
    ticks = [plain(float(epoch)) for epoch in np.asarray(epochs, float)[where]]
    if len(where) == len(at):
        return phrase("At every {clock}", clock=clock)
    if at[-1] and len(where) > 1 and len(where) == len(at) - where[0]:
        return phrase("From {clock} {first} on", clock=clock, first=ticks[0])
    if len(where) == 1:
        return phrase("At {clock} {epoch}", clock=clock, epoch=ticks[0])
    return phrase("At {clocks} {epochs}", clock=clock, epochs=listed_briefly(ticks))


def gaps_in_words(runs: Sequence[Run]) -> str:
    """What is not known of runs: what matters most, and how many more such gaps there are; empty where all is known."""
    found = list(every_gap_in_words(runs))
    if len(found) < 2:
        return "".join(found)
    return phrase_n(
        "{sentence} One more such gap is marked.",
        "{sentence} {n} more such gaps are marked.",
        len(found) - 1,
        sentence=found[0],
    )


def every_gap_in_words(runs: Iterable[Run]) -> Iterator[str]:
    """What is not known of runs, a sentence a gap, of several runs with their titles."""
    several = len(runs := list(runs)) > 1
    for run in runs:
        for gap in gaps_of(run):
            sentence = gap_in_words(gap, run.epochs, run.clock)
            yield phrase("{title}: {sentence}", title=title_of(run), sentence=sentence) if several else sentence
