"""In which order checkpoints were made, and by what they are counted."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import kind_of_file
from weightreel.analysis.networks.checkpoints.find import Checkpoint

Clock = Literal["epoch", "step", "checkpoint"]
ORDERS = ("name", "step", "epoch", "time")
"""What `--order` may say beside the name of a file that lists the checkpoints."""

_COUNTED: dict[str, re.Pattern[str]] = {
    "epoch": re.compile(r"(?<![a-z])(?:epochs?|ep|e)[-_=.]?(\d+)(?!\d)", re.IGNORECASE),
    # Hugging Face calls the folder of step 500 checkpoint-500; of other checkpoints the number may be an epoch's.
    "step": re.compile(
        r"(?:(?<![a-z])(?:global[-_]?step|steps?|iter(?:ation)?s?)[-_=.]?|^checkpoint-(?=\d+$))(\d+)(?!\d)",
        re.IGNORECASE,
    ),
}
_CLOCKS: tuple[tuple[str, Clock], ...] = (("epoch", "epoch"), ("step", "step"))
_MOST = 2**53
"""The largest epoch or step."""
_NUMBER = re.compile(r"\d+")
_REMEDY = "say with --order name, step, epoch or time, or name a file that lists them, one a line"


@dataclass(frozen=True)
class Ordered:
    """Checkpoints in their order.

    Attributes:
        checkpoints: the first made first.
        clock: what `ticks` count.
        ticks: ascending, one for each.
        steps: where names tell both epoch and step, else empty.
        notes: sentences for people: what was read from the names, what is missing.
    """

    checkpoints: tuple[Checkpoint, ...]
    clock: Clock
    ticks: tuple[int, ...]
    steps: tuple[int, ...]
    notes: tuple[str, ...]


def in_order(checkpoints: Sequence[Checkpoint], order: str = "") -> Ordered:
    """Put checkpoints into their order.

    Args:
        checkpoints: as they were found.
        order: `epoch` or `step`: by that number in the name; `name`: by name, numbers by their size, counted from 0;
            `time`: by when they were written; or a file with one name a line. Empty: by what all names tell, the epoch
            before the step, else by the one number that differs between them.

    Raises:
        WeightreelError: two checkpoints have one place, a name tells no number, or names tell none at all.
    """
    for word, clock in _CLOCKS:
        if order == word:
            return _by_number(checkpoints, word, clock)
    if order == "name":
        return _counted(sorted(checkpoints, key=lambda c: natural(c.name)), "by name")
    if order == "time":
        return _counted(sorted(checkpoints, key=_written), "by the time they were written")
    if order:
        return _counted(_listed(checkpoints, Path(order)), f"as {order} lists them")
    if len(checkpoints) == 1:
        return _alone(checkpoints[0])
    for word, clock in _CLOCKS:
        numbers = [number_of(c.name, word) for c in checkpoints]
        known = [n for n in numbers if n is not None]
        # An epoch that stands still while steps go on numbers nothing.
        if len(known) == len(numbers) and len(set(known)) == len(known):
            return _by_number(checkpoints, word, clock)
    return _by_plain_number(checkpoints)


def _alone(checkpoint: Checkpoint) -> Ordered:
    """One checkpoint, which nothing else puts in order."""
    for word, clock in _CLOCKS:
        if (number := number_of(checkpoint.name, word)) is not None:
            _refuse_twice({}, number, checkpoint, word)
            return Ordered((checkpoint,), clock, (number,), (), (f"one checkpoint, of {word} {number}",))
    return Ordered((checkpoint,), "checkpoint", (0,), (), ("one checkpoint",))


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts numbers in names by their size."""
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name))


def number_of(name: str, word: str) -> int | None:
    """The epoch or step that a name tells, None where it tells none, or two that differ."""
    found = {int(number) for number in _COUNTED[word].findall(name)}
    return found.pop() if len(found) == 1 else None


def _by_number(checkpoints: Sequence[Checkpoint], word: str, clock: Clock) -> Ordered:
    numbers: dict[int, Checkpoint] = {}
    for checkpoint in checkpoints:
        number = number_of(checkpoint.name, word)
        if number is None:
            raise WeightreelError(f"the name {checkpoint.name} tells no one {word}; {_REMEDY}.")
        _refuse_twice(numbers, number, checkpoint, word)
        numbers[number] = checkpoint
    ticks = tuple(sorted(numbers))
    ordered = tuple(numbers[tick] for tick in ticks)
    known = tuple(n for c in ordered if clock == "epoch" and (n := number_of(c.name, "step")) is not None)
    steps = known if len(known) == len(ordered) and list(known) == sorted(set(known)) else ()
    notes = (f"{len(ordered)} checkpoints in the order of the {word} in their names", *_gaps(ticks, clock))
    return Ordered(ordered, clock, ticks, steps, notes)


def _by_plain_number(checkpoints: Sequence[Checkpoint]) -> Ordered:
    """By the one number that differs, in names that are alike in all else: `model_012.pt`."""
    shapes = {_NUMBER.sub("#", c.name) for c in checkpoints}
    numbers = [[int(n) for n in _NUMBER.findall(c.name)] for c in checkpoints]
    if len(shapes) > 1 or not numbers[0]:
        first, second = sorted(c.name for c in checkpoints)[:2]
        raise WeightreelError(f"names such as {first} and {second} do not tell the order of checkpoints; {_REMEDY}.")
    places = [i for i, column in enumerate(zip(*numbers, strict=True)) if len(set(column)) > 1]
    if not places:
        _refuse_twice({numbers[0][-1]: checkpoints[0]}, numbers[0][-1], checkpoints[1], "number")
    if len(places) > 1:
        raise WeightreelError(
            f"names such as {checkpoints[0].name} differ in {len(places)} numbers, of which none is called epoch or "
            f"step; {_REMEDY}."
        )
    found: dict[int, Checkpoint] = {}
    for own, checkpoint in zip(numbers, checkpoints, strict=True):
        _refuse_twice(found, own[places[0]], checkpoint, "number")
        found[own[places[0]]] = checkpoint
    ticks = tuple(sorted(found))
    notes = (f"{len(ticks)} checkpoints in the order of the number in their names", *_gaps(ticks, "checkpoint"))
    return Ordered(tuple(found[tick] for tick in ticks), "checkpoint", ticks, (), notes)


def _counted(checkpoints: Sequence[Checkpoint], how: str) -> Ordered:
    """Counted from 0."""
    number = len(checkpoints)
    note = f"{number} checkpoint{'s' * (number != 1)}, in order {how}"
    return Ordered(tuple(checkpoints), "checkpoint", tuple(range(number)), (), (note,))


def _refuse_twice(taken: dict[int, Checkpoint], number: int, checkpoint: Checkpoint, word: str) -> None:
    if number > _MOST:
        raise WeightreelError(
            f"by its name {checkpoint.files[0]} is of {word} {number}, which is too large; {_REMEDY}."
        )
    if number in taken:
        other = taken[number]
        raise WeightreelError(
            f"{other.files[0]} and {checkpoint.files[0]} have the same {word} {number} by their names; leave one out, "
            f"or {_REMEDY}."
        )


def _gaps(ticks: Sequence[int], clock: Clock) -> tuple[str, ...]:
    """A sentence on what is missing of a series that counts by ones or another regular step, none where all is there.

    Steps are rarely regular from the first on, so that of them a gap is said only where most distances are one.
    """
    distances = [b - a for a, b in itertools.pairwise(ticks)]
    if len(distances) < 2:
        return ()
    usual = max(set(distances), key=lambda d: (distances.count(d), -d))
    missing = [
        number
        for begin, distance in zip(ticks, distances, strict=False)
        if distance > usual and distance % usual == 0
        for number in range(begin + usual, begin + distance, usual)
    ]
    if not missing or distances.count(usual) * 2 < len(distances):
        return ()
    listed = ", ".join(str(number) for number in missing[:5]) + (", …" if len(missing) > 5 else "")
    one = len(missing) == 1
    return (f"{clock}{'' if one else 's'} {listed} {'is' if one else 'are'} not there; films go on without",)


def _written(checkpoint: Checkpoint) -> tuple[float, tuple[tuple[int, str], ...]]:
    return max(file.stat().st_mtime for file in checkpoint.files), natural(checkpoint.name)


def _listed(checkpoints: Sequence[Checkpoint], listing: Path) -> list[Checkpoint]:
    """Checkpoints in the order of a file's lines, which may leave out some."""
    try:
        if kind_of_file(listing):  # a pipe would be waited for
            raise OSError(listing)
        lines = [line.strip() for line in listing.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise WeightreelError(
            f"--order {listing} is neither {', '.join(ORDERS)} nor a text file that can be read; {_REMEDY}."
        ) from error
    names = [Path(line).name for line in lines if line and not line.startswith("#")]
    ordered = []
    for name in names:
        fitting = [c for c in checkpoints if c.name == name]
        if len(fitting) != 1:
            what = "no checkpoint" if not fitting else f"{len(fitting)} checkpoints"
            raise WeightreelError(f"{listing} names {name}, and {what} of that name was given; correct the list.")
        ordered += fitting
    if len(set(names)) != len(names) or not names:
        raise WeightreelError(f"{listing} names a checkpoint twice, or none; correct the list.")
    return ordered
