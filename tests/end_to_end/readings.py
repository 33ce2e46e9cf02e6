"""A film that is listened to while it is built: what its instruments write between two records, and at which epoch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pytest
from manim import AnimationGroup, Mobject, tempconfig
from manim.mobject.types.image_mobject import AbstractImageMobject

from weightreel.scenes.instruments.answers.moving_picture import MovingPicture
from weightreel.scenes.instruments.answers.noise_field import NoiseField
from weightreel.scenes.instruments.axes.bars import Bars
from weightreel.scenes.instruments.axes.dot_history import DotHistory
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.grouped_bars import GroupedBars
from weightreel.scenes.instruments.axes.histogram import Histogram
from weightreel.scenes.instruments.networks.filter_bank import FilterBank
from weightreel.scenes.instruments.spectra.esd import EsdPlot
from weightreel.scenes.instruments.training.confusion_matrix import ConfusionMatrix
from weightreel.scenes.kit.clock import Clocked, EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.type import Letters, Numerals

STANDS = 0.79
"""Share of the way to the next record until which lengths must stand."""
STANDING = (
    Bars, GroupedBars, NoiseField, DotHistory, Histogram, EsdPlot, ConfusionMatrix, MovingPicture, FilterBank,
)  # fmt: skip
"""Instruments of which nothing travels: until STANDS all of them is as it was at the record."""
DIGIT = re.compile(r"\d")


@dataclass
class Heard:
    """What was heard of a film.

    Attributes:
        moments: how often it was listened to.
        faults: what is not as it must be, each once.
        readings: every reading that was on stage while a clock ran, with its instrument, each once.
    """

    moments: int = 0
    faults: list[str] = field(default_factory=list)
    readings: dict[tuple[Any, ...], tuple[Clocked, Reading]] = field(default_factory=dict)

    def fault(self, what: str) -> None:
        """Note it, once."""
        if what not in self.faults:
            self.faults.append(what)


def last_at_or_before(epochs: np.ndarray, t: float) -> float:
    """The last of the epochs (E,) that a clock at `t` has reached; the first before all."""
    reached = [float(epoch) for epoch in epochs if epoch <= t + 1e-6]
    return reached[-1] if reached else float(epochs[0])


def members_of(mobjects: Iterable[Mobject]) -> list[Mobject]:
    """Everything on stage, each once."""
    return list({id(m): m for mobject in mobjects for m in mobject.get_family()}.values())


def off_the_records(t: float) -> float:
    """A moment that is not a whole number."""
    return t + 0.01 if abs(t - round(t)) < 1e-3 else t


def clocks_of(animations: Iterable[Any]) -> Iterator[EpochClock]:
    """The clocks that animations run."""
    for animation in animations:
        if isinstance(animation, AnimationGroup):
            yield from clocks_of(animation.animations)
        elif isinstance(mobject := getattr(animation, "mobject", None), EpochClock):
            yield mobject


def listening(film: type[Film], moments: int) -> type[Film]:
    """A film that notes in `heard` what is written while its clocks run, at `moments` of each run, evenly spread."""

    class Listening(film):  # type: ignore[misc, valid-type]
        def setup(self) -> None:
            self.heard = Heard()
            super().setup()

        def play(self, *animations: Any, **options: Any) -> None:
            before = {clock: clock.epoch for clock in clocks_of(animations)}
            super().play(*animations, **options)
            running = {clock: (start, clock.epoch) for clock, start in before.items() if clock.epoch != start}
            if not running:
                return
            constant: dict[int, tuple[Mobject, str]] | None = None
            for i in range(moments):
                for clock, ends in running.items():
                    low, high = (float(clock.time.share(t)) for t in ends)
                    share = low + (i + 0.5) / moments * (high - low)
                    clock.set_value(off_the_records(clock.time.time(share)))
                self.update_mobjects(0)
                constant = listen(self.heard, members_of(self.mobjects), constant)
            for clock, (_, end) in running.items():
                clock.set_value(end)
            self.update_mobjects(0)

    return Listening


def listen(
    heard: Heard, stage: list[Mobject], constant: dict[int, tuple[Mobject, str]] | None
) -> dict[int, tuple[Mobject, str]]:
    """Note what is wrong at one moment.

    Args:
        stage: everything on it.
        constant: texts with digits that are no reading, as they were when the clock began to run; None at first.

    Returns:
        These texts.
    """
    heard.moments += 1
    following = [m for m in stage if isinstance(m, Clocked) and m in CLOCKS]
    parts = [part for part in members_of(following) if isinstance(part, Clocked)]
    read = {id(reading.numerals) for part in parts for reading in part.readings}
    texts = {
        id(text): (text, text.said)
        for text in stage
        if isinstance(text, Letters | Numerals) and id(text) not in read and DIGIT.search(text.said)
    }
    for key, (_, said) in texts.items() if constant is not None else ():
        _, before = constant.get(key, (None, "nothing"))
        if before != said:
            heard.fault(f"{before!r} becomes {said!r} and is no reading")
    for instrument in following:
        compare_with_the_record(heard, instrument, stage)
    return texts if constant is None else constant


def compare_with_the_record(heard: Heard, instrument: Clocked, stage: list[Mobject]) -> None:
    """Note where an instrument does not say what it says at the epoch on the dial, or its lengths do not stand."""
    clock, name = CLOCKS[instrument], type(instrument).__name__
    followers = [m for m in stage if isinstance(m, Clocked) and CLOCKS.get(m) is clock]
    dials = [m for m in members_of(followers) if isinstance(m, EpochDial)]
    epoch = last_at_or_before(dials[0].epochs if dials else instrument.epochs, clock.epoch)
    parts = [part for part in members_of([instrument]) if isinstance(part, Clocked)]
    readings = [reading for part in parts for reading in part.readings]
    numerals = [n for n in members_of([instrument]) if isinstance(n, Numerals)]
    now = {id(n): n.said for n in numerals}
    looks = {id(part): look_of(part) for part in parts if stands(part, clock.epoch)}
    for reading in readings:
        heard.readings.setdefault((name, reading.name, reading.history.tobytes()), (instrument, reading))
        row = reading.history[int(np.searchsorted(reading.epochs, last_at_or_before(reading.epochs, epoch)))]
        expected = reading.written(row)
        if now[id(reading.numerals)] != expected:
            said = now[id(reading.numerals)]
            heard.fault(f"{name} says {said!r} at {clock.epoch:.2f}; its record at {epoch:g} is {expected!r}")
    instrument.at(epoch)
    for number in numerals:
        if number.said != now[id(number)]:
            heard.fault(f"{name} says {now[id(number)]!r} at {clock.epoch:.2f} and {number.said!r} at {epoch:g}")
    for part in parts:
        if id(part) in looks and not same(looks[id(part)], look_of(part)):
            heard.fault(f"{type(part).__name__} at {clock.epoch:.2f} is not as it is at {epoch:g}")


def stands(part: Clocked, t: float) -> bool:
    """Whether an instrument must look at `t` as it does at its last record."""
    if not isinstance(part, STANDING):
        return False
    index = int(np.searchsorted(part.epochs, last_at_or_before(part.epochs, t)))
    if index + 1 == len(part.epochs):
        return True
    return bool(t - part.epochs[index] < STANDS * (part.epochs[index + 1] - part.epochs[index]))


def look_of(part: Clocked) -> list[np.ndarray]:
    """All paths and pictures of an instrument."""
    found = []
    for member in members_of([part]):
        found.append(member.points.copy())
        if isinstance(member, AbstractImageMobject):
            found.append(member.pixel_array.copy())
    return found


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    """Whether two looks are alike."""
    return all(a.shape == b.shape and np.allclose(a, b, atol=1e-9) for a, b in zip(one, other, strict=True))


CLOCKS: WeakKeyDictionary[Clocked, EpochClock] = WeakKeyDictionary()
"""The clock that each instrument follows, as `heard_of` notes it."""


def heard_of(film: type[Film], folder: Path, moments: int) -> Heard:
    """Build a film without rendering it, and listen to it.

    Args:
        film: its class, which is drawn with the current settings.
        folder: for Manim's temporary files.
        moments: at which each run of a clock is listened to.
    """
    small = {"pixel_width": 32, "pixel_height": 18, "frame_rate": 10, "save_last_frame": True, "dry_run": True}
    quiet = {"verbosity": "WARNING", "progress_bar": "none", "media_dir": str(folder)}
    attach = Clocked.attach

    def noted(instrument: Clocked, clock: EpochClock) -> Clocked:
        CLOCKS[instrument] = clock
        return attach(instrument, clock)

    with pytest.MonkeyPatch.context() as patch, tempconfig({"output_file": str(folder / "film"), **small, **quiet}):
        patch.setattr(Clocked, "attach", noted)
        scene = listening(film, moments)()
        scene.draw()
    return scene.heard
