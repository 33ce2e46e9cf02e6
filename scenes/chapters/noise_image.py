"""One picture of noise, asked about, answered, and then one of a field of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    AnimationGroup,
    FadeIn,
    FadeOut,
    Group,
    Mobject,
    Square,
    UpdateFromAlphaFunc,
    VGroup,
    VMobject,
)

from weightreel.analysis.findings.attacks.noise import preview_pixels
from weightreel.analysis.findings.attacks.taken_for import (
    Taken,
    answer_in_words,
    answered_in_words,
    commonest,
    field_in_words,
    names_of_all,
    shares_of,
    surely_in_words,
)
from weightreel.analysis.findings.statistics import largest
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import count, percent
from weightreel.analysis.palette import ANSWERS, OTHER_ANSWERS, theme
from weightreel.analysis.store.nodes import Attack
from weightreel.scenes.chapters.pictures import answer_in_large, fly_in
from weightreel.scenes.instruments.answers.moving_picture import still
from weightreel.scenes.instruments.answers.noise_field import NoiseField, brightness, shade
from weightreel.scenes.instruments.axes.bars import Bars
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.zones import Zone, spread_over
from weightreel.scenes.kit.theme import BODY, colours_of_answers
from weightreel.scenes.kit.type import label, words

FOLLOWED = 0
"""The first picture of all, which is followed."""
A_HUNDRED = 100
SQUARE, BESIDE_SQUARE, APART = 0.2, 0.1, 0.4
"""Of an entry of the key: its square, and the gaps behind that and behind the name."""
KEY = 0.55
"""Room for the key of the answers, in units of the frame."""
ROOM_OF_FIELD = (3.4, 1)
"""Shares of the field as it fills, and of its count."""
MOST_BARS, LEAST_WRITTEN = 10, 0.0005
"""Classes whose confidence is drawn, and the least confidence that is written out: 0.1 %."""


@dataclass(frozen=True)
class Noise:
    """What the film is about.

    Attributes:
        attack: the noise that the first network has answered.
        several: answers to it, the film's own network first.
        picture: the one that is followed, uint8 (H, W, 3).
        common: answers that have a colour of their own, the commonest first.
        colours: of all answers, hexadecimal.
    """

    attack: Attack
    several: Sequence[Taken]
    picture: np.ndarray
    common: list[int]
    colours: list[str]

    @classmethod
    def of(cls, attack: Attack, several: Sequence[Taken], picture: np.ndarray, width: float) -> Noise:
        """Choose the colours: as many of the commonest answers have one as a key of this width has room for."""
        names, common = names_of_all(several), commonest(several, len(ANSWERS))
        while len(common) > 2 and sum(map(_room_in_key, [*(names[i] for i in common), phrase("other")])) > width:
            common = common[:-1]
        return cls(attack, several, picture, common, colours_of_answers(common, len(names)))

    @property
    def taken(self) -> Taken:
        """The film's own network's answers."""
        return self.several[0]

    def colour(self, answer: int) -> str:
        """Of an answer."""
        return self.colours[answer]


def _room_in_key(name: str) -> float:
    """Width of an entry of the key and of the gap behind it."""
    return float(label(name).width) + SQUARE + BESIDE_SQUARE + APART


def what_will_it_say(film: Film, noise: Noise) -> tuple[Mobject, list[Mobject]]:
    """Ask over one picture; its pixels fly in, and an answer comes out. Returns it, and what else is there."""
    left, right = whole_stage(film).split(1, 1)
    picture = left.hold(still(noise.picture, min(left.width, left.height)))
    name, _ = answer_in_words(noise.taken, FOLLOWED)
    n = len(film.classes)
    guesses = [
        words(said, BODY, theme().MUTED, width=right.width)
        for said in (
            phrase("nothing at all"),
            phrase("“no idea”: {n} classes at {share} each", n=n, share=percent(1 / n, 0)),
            phrase("“{name}”, and sure of it", name=name),
        )
    ]
    right.hold(VGroup(*guesses).arrange(DOWN, buff=0.55, aligned_edge=LEFT), LEFT)
    film.ask(
        phrase("Noise"),
        phrase("Here is noise. What will it say, and how sure will it be?"),
        phrase("Every value of this picture was drawn at random. What will a network say?"),
        picture,
        guesses=guesses,
    )
    return picture, _it_flies_in(film, noise, picture, guesses)


def _it_flies_in(film: Film, noise: Noise, picture: Mobject, guesses: Sequence[Mobject]) -> list[Mobject]:
    """The pixels fly into the network, its light passes through, and the answer flies out."""
    film.beat(
        phrase("Its answer"),
        phrase("In go its pixels, through one layer after the other, and out comes an answer."),
    )
    source, middle, end = whole_stage(film).split(1, 1.7, 0.9)
    network = fly_in(film, noise.picture, picture, (source, middle), guesses, (1.6, 1.2))
    name, sure = answer_in_words(noise.taken, FOLLOWED)
    answer = answer_in_large(name, sure, noise.colour(int(noise.taken.answers[-1, FOLLOWED])), end)
    film.play(network.answers(answer) if network else FadeIn(answer, shift=0.3 * RIGHT), run_time=0.7)
    film.beat(phrase("Sure of nothing"), answered_in_words(noise.taken, FOLLOWED))
    mark = _frame(picture, noise, FOLLOWED)
    bars = _all_classes(film, noise, middle)
    film.play(FadeIn(mark, scale=1.3), *([FadeOut(network)] if network else ()), run_time=0.7)
    film.play(FadeIn(bars, shift=0.3 * LEFT), run_time=0.5)
    if isinstance(bars, Bars):
        film.play(UpdateFromAlphaFunc(bars, lambda of, share: of.grow(share)), run_time=max(film.unread - 0.6, 1.2))
    return [mark, answer, bars]


def _all_classes(film: Film, noise: Noise, zone: Zone) -> Mobject:
    """The confidence in every class, or in the likeliest of many; nothing where the store does not keep them."""
    shares = shares_of(film.run, noise.attack, FOLLOWED)
    if shares is None:
        return VGroup()
    shown, names = largest(shares, MOST_BARS), noise.taken.names
    answer = int(noise.taken.answers[-1, FOLLOWED])
    bars = Bars(
        film.run.epochs[-1:], [names[i] for i in shown], shares[None, shown], (zone.width, zone.height), most=1.0,
        colour=noise.colour(answer), written=lambda share: percent(share) if share >= LEAST_WRITTEN else "",
    )  # fmt: skip
    return zone.hold(bars.grow(0))


def many_more(film: Film, noise: Noise, picture: Mobject, leaving: Sequence[Mobject]) -> NoiseField:
    """The next pictures, each with its answer's colour; then a hundred, then all, as a field, with a key above."""
    taken = noise.taken
    film.beat(
        phrase("More of them"),
        phrase("More pictures of nothing. The colour is the answer; it is bright where the network is sure."),
    )
    key = key_of(noise, film.zones.stage)
    place = whole_stage(film, key=True).split(*ROOM_OF_FIELD)[0]
    field = NoiseField(taken.epochs, taken.answers, taken.confidence, noise.colours, place, followed=FOLLOWED)
    field.at(float(taken.epochs[-1]))
    pixels = preview_pixels(noise.attack)[: taken.answers.shape[1]]
    slots = [zone.inside(0.1) for zone in place.grid(len(pixels), 1.0, gap=(0.25, 0.25))]
    others = [
        slot.hold(still(each, min(slot.width, slot.height))) for slot, each in zip(slots[1:], pixels[1:], strict=True)
    ]
    film.play(*map(FadeOut, leaving), Look(Group(picture), Zone.around(picture), slots[0].square()), FadeIn(key))
    film.play(entering(others, run_time=1.6))
    pictures = [picture, *others]
    frames = [_frame(each, noise, i) for i, each in enumerate(pictures)]
    film.play(entering(frames, run_time=1.6, rise=0, lag=0.4))
    squares = [_filled(each, noise, i) for i, each in enumerate(pictures)]
    film.play(*map(FadeIn, squares), *map(FadeOut, frames), *map(FadeOut, others), run_time=0.6)
    film.remove(picture)
    shrinking = [Look(Group(s), Zone.around(s), field.cell(i), run_time=1.2) for i, s in enumerate(squares)]
    film.play(AnimationGroup(*shrinking, lag_ratio=0.06, run_time=1.4))
    film.remove(*squares)
    _pour(film, noise, field, len(pictures))
    return field


def _pour(film: Film, noise: Noise, field: NoiseField, already: int) -> None:
    """Let the field grow from the first pictures to all of them, with their number beside it."""
    n = noise.taken.answers.shape[1]
    numbers = np.arange(n + 1.0)
    clock = EpochClock(numbers).set_value(already)
    shown = Readout(numbers, phrase("pictures of noise"), numbers, written=lambda k: count(round(k)))
    whole_stage(film, key=True).split(*ROOM_OF_FIELD)[1].hold(shown, UP + LEFT)
    film.add(field.grows_with(clock), shown.attach(clock))
    if n > A_HUNDRED:
        film.play(clock.sweep(to=A_HUNDRED, seconds=1.4))
    film.beat(phrase("A field of noise"), field_in_words(noise.taken))
    film.play(clock.sweep(seconds=max(film.unread - 1.5, 2.0)))
    field.clear_updaters()
    said = label(surely_in_words(noise.taken.threshold))
    said.next_to(shown, DOWN, buff=0.4, aligned_edge=LEFT)
    film.play(FadeIn(said), run_time=0.5)
    film.wait(1.0)
    film.play(FadeOut(shown), FadeOut(said), run_time=0.4)


def key_of(noise: Noise, stage: Zone) -> VGroup:
    """The answers that have a colour, each behind its square, in a row at the top of a zone."""
    names = names_of_all(noise.several)
    entries = [(names[i], noise.colour(i)) for i in noise.common]
    if len({int(a) for taken in noise.several for a in np.unique(taken.answers)}) > len(entries):
        entries.append((phrase("other"), getattr(theme(), OTHER_ANSWERS)))
    key = VGroup()
    for name, colour in entries:
        square = Square(SQUARE, stroke_width=0, fill_color=colour, fill_opacity=1)
        key.add(VGroup(square, label(name, theme().TEXT)).arrange(buff=BESIDE_SQUARE))
    x = stage.left
    for entry in key:
        entry.shift([x - entry.get_left()[0], stage.top - SQUARE - entry[0].get_y(), 0])
        x += entry.width + APART
    return key


def whole_stage(film: Film, *, key: bool = False) -> Zone:
    """Stage and floor, where there is no clock yet; without the key's rows where there is one."""
    both = spread_over([film.zones.stage, film.zones.floor])
    return Zone(both.left, both.bottom, both.right, both.top - KEY * key)


def below_key(film: Film) -> Zone:
    """The stage without the key's rows."""
    stage = film.zones.stage
    return Zone(stage.left, stage.bottom, stage.right, stage.top - KEY)


def _frame(picture: Mobject, noise: Noise, number: int) -> VMobject:
    """A frame around a picture in its answer's colour."""
    colour = _shade(noise, number)
    return Square(picture.height - 0.06, stroke_width=7, fill_opacity=0, stroke_color=colour).move_to(picture)


def _filled(picture: Mobject, noise: Noise, number: int) -> VMobject:
    """A square of the answer's colour in a picture's place."""
    colour = _shade(noise, number)
    return Square(picture.height, stroke_width=0, fill_opacity=1, fill_color=colour).move_to(picture)


def _shade(noise: Noise, number: int) -> str:
    taken = noise.taken
    level = int(brightness(taken.confidence[-1, number]))
    return shade(noise.colour(int(taken.answers[-1, number])), level).to_hex()
