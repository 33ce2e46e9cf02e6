"""All weights or all biases of a network: in one pile, taken apart into its layers, and while they learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Animation, FadeIn, FadeOut, UpdateFromAlphaFunc, linear, smooth
from manim.utils.rate_functions import squish_rate_func

from weightreel.analysis.findings.blocks import blocks_of, names_in_order
from weightreel.analysis.findings.learning_rate import falls_of
from weightreel.analysis.findings.parameters import Distribution, layers_in_words, layers_with, most_and_least
from weightreel.analysis.findings.words.gaps import ends_of, not_known
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.numbers import percent
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.instruments.networks.character import Character
from weightreel.scenes.instruments.networks.layer_stack import LayerStack, TakenApart
from weightreel.scenes.kit.clock import Clocked, EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pace import passed_at, seconds_for
from weightreel.scenes.kit.grammar.pointing import Pointer
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.theme import BODY, SMALL
from weightreel.scenes.kit.type import Letters, words

NETWORK, NOTE = 1.72, 0.36
"""Heights of the network and of the words above the columns, in units of the frame."""
AXIS = {"weight": noted("weight"), "bias": noted("bias")}
"""Name of the axis of a parameter's values."""
CLEAR_OF_PILE = 0.4
"""Room between a pile and the words beside it, in units of the frame."""
APART, PILED_UP = 3.9, 6.4
"""Seconds in which a pile is taken apart, and piled up again while the closing sentences come in."""


@dataclass
class Parts:
    """What the chapters of a film about parameters share, so that it keeps its identity.

    Attributes:
        stack: the layers, piled up or in columns.
        network: below the columns; None where none of its layers is known to have a matrix.
        columns: the part of the stage above the network.
        note: what the numbers above the columns are.
        clock, timeline: of the whole film.
        stds: spread of each layer that has a column, by its name on stage, (E,) each.
    """

    stack: LayerStack
    network: Character | None
    columns: Zone
    note: Letters
    clock: EpochClock
    timeline: Timeline
    stds: dict[str, np.ndarray]

    @property
    def often(self) -> bool:
        """Whether there is more than one epoch."""
        return self.clock.last > self.clock.first

    def attach(self, *instruments: Clocked) -> None:
        """Let instruments follow the film's clock."""
        for instrument in instruments:
            instrument.attach(self.clock)


def parts_of(film: Film, parameter: str, colours: str | Mapping[str, str]) -> Parts:
    """The pile of a run's weights or biases, and the network that it will be taken apart into."""
    run = film.run
    note, columns, below = _rows(film.zones.stage)
    blocks = blocks_of(run)
    colour = colours if isinstance(colours, str) else theme().TEXT
    network = Character(blocks, below, colour) if blocks else None
    layers = layers_with(run, parameter)
    places = {} if network is None else {name: _column(network, name, columns) for name in network.blocks}
    shown = {name: Distribution.known(layer, parameter) for name, layer in layers.items() if name in places}
    begun = min((of.first for of in shown.values()), default=0)
    said = phrase("above each: its spread, times the one of {clock} {first}", first=run.epochs[begun])
    stack = LayerStack(
        run.epochs, shown, Distribution.known(run, parameter), film.zones.stage,
        {name: place for name, place in places.items() if name in shown}, colours, phrase(AXIS[parameter]),
    )  # fmt: skip
    names = names_in_order(blocks)
    return Parts(
        stack, network if shown else None, columns, note.hold(words(said, SMALL, theme().MUTED), LEFT),
        EpochClock(run.epochs), Timeline(run.epochs, falls_of(run), film.zones.floor, not_known(run)),
        {names[name]: of.std for name, of in shown.items()},
    )  # fmt: skip


def _rows(stage: Zone) -> tuple[Zone, Zone, Zone]:
    """Words, columns and the network, from the top."""
    under = stage.bottom + NETWORK
    over = stage.top - NOTE
    return (
        Zone(stage.left, over, stage.right, stage.top),
        Zone(stage.left, under + 0.1, stage.right, over - 0.1),
        Zone(stage.left, stage.bottom, stage.right, under),
    )


def _column(network: Character, name: str, row: Zone) -> Zone:
    middle, half = float(network.blocks[name].get_x()), network.room_for_one / 2
    return Zone(middle - half, row.bottom, middle + half, row.top)


def take_apart(film: Film, parts: Parts, separating: str, flying: str, pointer: Pointer | None = None) -> None:
    """Tell the steps of the pile apart, name the largest, and let each fly to its layer.

    Args:
        separating, flying: captions of the two beats.
        pointer: that is on stage; by default one at the largest step comes in.
    """
    stack, network = parts.stack, parts.network
    if network is None:
        return
    film.beat(phrase("The steps"), separating)
    late = squish_rate_func(smooth, 0.55, 0.95)
    coming = [FadeIn(parts.timeline, rate_func=late)] if parts.often else []
    leaving = [FadeOut(pointer, rate_func=squish_rate_func(smooth, 0, 0.2))] if pointer is not None else []
    film.play(separated(stack), *coming, *leaving, run_time=3.0)
    named = None if pointer is not None else largest_step(film, parts)
    if named is not None:
        film.play(FadeIn(named), run_time=0.5)
        film.wait(0.7)
    film.beat(phrase("Taken apart"), flying)
    if named is not None:
        film.play(FadeOut(named), run_time=0.3)
    film.play(TakenApart(stack, run_time=APART), FadeIn(network, run_time=APART, rate_func=late))


def guesses_in(film: Film, *said: str, after: int = 0) -> list[Letters]:
    """Answers that one might give, below each other and `after` other rows at the upper right, where a pile is low."""
    column = film.zones.stage.inside(0.3)
    found = [words(text, BODY, theme().MUTED) for text in said]
    for row, guess in enumerate(found):
        column.hold(guess, UP + RIGHT).shift(0.62 * (row + after) * DOWN)
    return found


def asked_over_pile(
    film: Film, parts: Parts, name: str, question: str, caption: str, guesses: Sequence[Letters]
) -> None:
    """Ask over the pile, and let the guesses go again before it is taken apart."""
    film.ask(name, question, caption, parts.stack, guesses=guesses)
    if guesses:
        film.play(*map(FadeOut, guesses), run_time=0.4)


def what_becomes_guesses(film: Film) -> list[Letters]:
    """What training might do to numbers; none where there is but one epoch to see."""
    often = len(film.run.epochs) > 1
    return guesses_in(film, phrase("grow?"), phrase("shrink?"), phrase("change their sign?")) if often else []


def separated(stack: LayerStack) -> Animation:
    """Let the steps of a pile come apart from its foot to its top."""

    def tell(of: LayerStack, share: float) -> None:
        of.separate(share)

    return UpdateFromAlphaFunc(stack, tell, rate_func=linear)


def largest_step(film: Film, parts: Parts) -> Pointer | None:
    """An arrow at the step that holds most entries, with its name and share; None where there is one step."""
    named = [step for step in parts.stack.steps if step.name]
    if len(named) < 2:
        return None
    most = max(named, key=lambda step: step.entries)
    share = percent(most.entries / sum(step.entries for step in parts.stack.steps), 0)
    name = names_in_order(blocks_of(film.run))[most.name]
    return step_pointed_at(film, parts, [most.name], phrase("{layer}: {share} of them", layer=name, share=share))


def step_pointed_at(
    film: Film, parts: Parts, names: Sequence[str], said: str, colour: str | None = None
) -> Pointer | None:
    """An arrow from the upper right, where a pile is low, at the step of these that holds most.

    None where there is none of them, or where the pile reaches so far to the right that words would lie on it.
    """
    named = [step for step in parts.stack.steps if step.name in names]
    if not named:
        return None
    place = parts.stack.edge_of(max(named, key=lambda step: step.entries).name)
    corner = film.zones.stage.inside(0.4).at(UP + RIGHT) + 2.6 * LEFT
    if place[0] > corner[0] - CLEAR_OF_PILE:
        return None
    return Pointer(film.run.epochs, lambda _: place, said, lambda _: corner, colour)


def learn(film: Film, parts: Parts, caption: str) -> None:
    """Run the clock on all layers together; on the pile, where a network has none to take it apart into."""
    film.beat(phrase("Learning"), " ".join(filter(None, [caption, film.gaps])))
    stack, apart = parts.stack, parts.network is not None
    coming = [FadeIn(parts.note), stack.factors.animate.set_fill(opacity=1)] if apart else [FadeIn(parts.timeline)]
    film.play(*coming, run_time=0.6)
    parts.attach(stack, parts.timeline)
    stds = list(parts.stds.values()) if apart else [stack.outline.std]
    changing = np.stack([std / max(float(np.nanmax(std, initial=0.0)), 1e-12) for std in stds], 1)
    film.play(parts.clock.paced(passed_at(changing), seconds_for(changing)))


def extremes(film: Film, parts: Parts) -> None:
    """Light the layers whose spread changed most and least."""
    network = parts.network
    if network is None or len(found := most_and_least(parts.stds)) < 2:
        return
    film.beat(phrase("Most and least"), layers_in_words(parts.stds))
    by_name = {name: path for path, name in network.names.items()}
    chosen = [by_name[name] for name in found]
    steps = [step.name for step in parts.stack.steps]
    paths = [parts.stack.paths[steps.index(name)] for name in chosen]
    blocks = [part for name in chosen for part in network.blocks[name].get_family()]
    names = [network.named(name) for name in chosen]
    film.follow(*paths, *blocks, *names)
    film.play(entering(names, run_time=2.6, lag=0.8))
    film.unfollow()
    film.play(*map(FadeOut, names), run_time=0.4)


def pile_up(film: Film, parts: Parts, sentence: str, *details: str) -> None:
    """End on the pile of the beginning, as it has become, with its first outline."""
    stack = parts.stack
    film.clear_stage(film.question, *([stack] if stack in film.mobjects else []))
    stack.clear_updaters()
    stack.show_factors(0).part(0).at(float(film.run.epochs[ends_of(stack.outline.std)[1]]))  # the last that is known
    showing: list[Animation] = []
    if parts.network is not None:
        if stack not in film.mobjects:
            film.play(FadeIn(stack), run_time=0.6)
        showing = [TakenApart(stack, back=True, run_time=PILED_UP)]
    film.conclude(sentence, *showing, details=details, seconds=PILED_UP)
