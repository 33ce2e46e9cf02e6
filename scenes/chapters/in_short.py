"""The trailer's chapters: noise that is given a name, how that was learned, what grew inside, and what breaks it."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Mobject, VGroup

from weightreel.analysis.findings.attacks.perturbation import (
    Way,
    answer_in_words,
    bound_in_words,
    first_wrong_step,
    turn_in_words,
)
from weightreel.analysis.findings.attacks.same_noise import SameNoise, course_in_words
from weightreel.analysis.findings.attacks.same_noise import answer_in_words as noise_in_words
from weightreel.analysis.findings.blocks import blocks_of
from weightreel.analysis.findings.learning_rate import falls_of
from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.spectra import Spectrum, main_layer
from weightreel.analysis.findings.spectral.bulk import leaves_bulk
from weightreel.analysis.findings.statistics import largest
from weightreel.analysis.findings.training import history, learned_in_words, measured
from weightreel.analysis.findings.words.gaps import ends_of, not_known
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.numbers import percent
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.pictures import over
from weightreel.scenes.instruments.answers.answer_bars import AnswerBars
from weightreel.scenes.instruments.answers.moving_picture import MovingPicture, amplification, around_grey, still
from weightreel.scenes.instruments.axes.curves import Curves, Series
from weightreel.scenes.instruments.axes.histogram import ROOM_FOR_TAILS, Histogram, visible_range
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.instruments.networks.character import Character, opens
from weightreel.scenes.instruments.spectra.landscape import Landscape
from weightreel.scenes.kit.clock import EpochClock, Instrument
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pointing import Pointer
from weightreel.scenes.kit.grammar.zones import Zone, spread_over
from weightreel.scenes.kit.theme import BODY, TITLE, colour_of_run
from weightreel.scenes.kit.type import words

NAME = noted("How a network learns, and how it breaks")
WHAT, INSIDE = noted("What is this?"), noted("What happens in it while it learns?")
PICTURE, NETWORK = 3, 2
"""Shares of the stage's height for a picture or chart, and for the network below it."""
MOST_ANSWERS = 6
SWEEP = 6.5
"""Seconds of a history."""


def ground(film: Film) -> list[Zone]:
    """The whole frame below the question: for a picture, and for the network below it."""
    zones = film.zones
    return spread_over([zones.stage, zones.floor]).rows(PICTURE, NETWORK)


def noise_in(film: Film, noise: SameNoise) -> Mobject:
    """The noise where the trailer begins and ends with it."""
    left, _ = ground(film)[0].split(1, 1)
    picture: Mobject = left.hold(still(noise.pixels, min(left.width, left.height)))
    return picture


def network_in(film: Film) -> Character | None:
    """The network below the pictures; None where no layers are known."""
    blocks = blocks_of(film.run)
    if not blocks:
        return None
    # As large as where it stands above the clock later on, so that it only moves there.
    network = Character(blocks, film.zones.stage.rows(PICTURE, NETWORK)[1], theme().ESD)
    low: Character = ground(film)[1].hold(network)
    return low


def what_is_this(film: Film, noise: SameNoise, network: Character | None) -> None:
    """One noise image goes into the network, and a name comes out."""
    _, right = ground(film)[0].split(1, 1)
    picture = noise_in(film, noise)
    nothing = right.hold(words(phrase("Every pixel was drawn at random."), width=right.width), LEFT)
    film.ask(
        phrase(NAME),
        phrase(WHAT),
        phrase("Nothing is in this picture: every pixel was drawn at random."),
        picture,
        guesses=[nothing],
    )
    film.beat(phrase("It has an answer"), noise_in_words(noise))
    answer, confidence = noise.said()
    large = words(answer, TITLE * 1.6, theme().SUCCESS, weight="semibold")
    if large.width > right.width:
        large = words(answer, BODY, theme().SUCCESS, weight="semibold", width=right.width)
    how = words(phrase("{share} confidence", share=confidence), BODY, theme().SUCCESS)
    said = right.hold(VGroup(large, how).arrange(DOWN, buff=0.25, aligned_edge=LEFT), LEFT)
    if network is None:
        film.play(FadeOut(nothing), entering(list(said)))
        film.wait(1.5)
    else:
        film.play(FadeOut(nothing), FadeIn(network), run_time=0.6)
        film.play(network.flies_in(picture), run_time=0.9)
        film.remove(picture)
        film.play(network.passes(), run_time=1.0)
        film.play(network.answers(said), run_time=0.7)
        back = noise_in(film, noise)
        film.play(FadeIn(back, scale=0.2, target_position=next(iter(network.blocks.values()))), run_time=0.7)
        film.wait(1.2)
    film.clear_stage(*film.standing(network))


def it_learns(film: Film, network: Character | None) -> None:
    """All weights and, where it is known, how much is answered right: on one clock, above the network."""
    run = film.run
    film.beat(phrase("It learns"), " ".join(filter(None, [learned_in_words(run), film.gaps])))
    upper, lower = film.zones.stage.rows(PICTURE, NETWORK) if network is not None else [film.zones.stage] * 2
    left, right = upper.split(1, 1, gap=1.0)
    weights, known = Distribution.known(run, "weight"), measured([run])
    place = left if known else upper
    histogram = Histogram(
        run.epochs, weights.edges, weights.counts, theme().WEIGHTS, log=True, ghost=True,
        visible=visible_range(*weights.extent, room=ROOM_FOR_TAILS),
        size=(place.width - 1.6, place.height - 1.0), names=(phrase("weight"), phrase("how many")),
    )  # fmt: skip
    shown, changing = [place.hold(histogram)], [weights.std]
    if known:
        curve = course_of(film, known[-1], right)
        shown.append(right.hold(curve))
        changing += [history for history in curve.histories if np.isfinite(history).any()]
    timeline = Timeline(run.epochs, falls_of(run), film.zones.floor, not_known(run))
    up = [network.animate.move_to(lower.centre)] if network is not None else []
    film.next_question(phrase("How did it learn?"), *up, entering(shown), FadeIn(timeline))
    film.run_clock(EpochClock(run.epochs), [*shown, timeline], *changing, seconds=SWEEP)
    film.let_read()
    film.clear_stage(*film.standing(network))


def course_of(film: Film, quantity: str, zone: Zone) -> Curves:
    """The accuracy or the loss, on images that the network has not seen where that is known."""
    run = film.run
    factor, name, scale = 1, phrase("loss"), None
    if quantity == "accuracy":
        factor, name, scale = 100, phrase("answered right, %"), (0.0, 100.0)
    part = "validation" if np.isfinite(history(run, "validation", quantity)).any() else "train"
    course = Series("", factor * history(run, part, quantity), colour_of_run(run, film.runs))
    return Curves(run.epochs, [course], size=(zone.width - 1.3, zone.height - 1.0), y=scale, y_name=name, x_name="")


def it_leaves_randomness(film: Film, network: Character | None) -> None:
    """The eigenvalues of one layer as a landscape that grows while the eye walks around it."""
    layer = main_layer(film.run)
    if layer is None:
        return
    spectrum = Spectrum.of(film.run, layer)
    leaving = leaves_bulk(spectrum.measured().bulk)
    film.beat(
        phrase("What grows inside"),
        phrase("Inside a layer, a few directions come to be stretched further than chance ever stretches one.")
        if leaving
        else phrase("Inside a layer: how many directions are stretched how far, one line {a_clock}."),
    )
    begun = float(spectrum.epochs[ends_of(spectrum.lambda_max)[0]])
    landscape = Landscape(spectrum, film.zones.stage.columns(6, 1)[0]).at(begun)
    timeline = Timeline(film.run.epochs, falls_of(film.run), film.zones.floor, not_known(film.run))
    asked = phrase("What grows inside?")
    if network is not None and layer.name in network.blocks:
        name = network.named(layer.name)
        film.next_question(asked, network.animate.light(layer.name), FadeIn(name))
        film.wait(0.4)
        film.remove(name)
        film.play(opens(network, layer.name, landscape), FadeIn(timeline), run_time=1.2)
        film.remove(network)
        film.add(landscape)
    else:
        leaving_too = [FadeOut(network)] if network is not None else []
        film.next_question(asked, *leaving_too, FadeIn(landscape), FadeIn(timeline))
    pointed: list[Instrument] = []
    if leaving:
        said = phrase("the largest")
        pointed.append(Pointer(spectrum.epochs, landscape.peak, said, 1.1 * UP + 1.2 * RIGHT, theme().ESD))
        film.add(*pointed)
    film.run_clock(EpochClock(film.run.epochs), [landscape, timeline, *pointed], spectrum.lambda_max, seconds=SWEEP)
    film.let_read()
    film.clear_stage(*film.standing())


def once_more(film: Film, noise: SameNoise) -> None:
    """The same noise at every epoch: what it is taken for, and how surely."""
    film.beat(phrase("The same noise again"), course_in_words(noise))
    upper = film.zones.stage
    left, right = upper.split(2, 3)
    picture = noise_in(film, noise)
    left.hold(picture)
    shown = largest(noise.probabilities.max(0), MOST_ANSWERS)
    bars = AnswerBars(
        noise.epochs, [noise.answers[i] for i in shown], noise.probabilities[:, shown],
        (right.width, min(right.height, 0.75 * len(shown))), most=1.0, colour=theme().SUCCESS, chosen=None,
        chosen_colour=theme().TEXT, written=lambda share: percent(share, 0),
    )  # fmt: skip
    right.hold(bars)
    timeline = Timeline(noise.epochs, falls_of(film.run), film.zones.floor)
    film.next_question(phrase("The same noise, after every {clock}?"), entering([picture, bars, timeline]))
    film.run_clock(EpochClock(film.run.epochs), [bars, timeline], noise.probabilities, seconds=8.0)
    film.let_read()
    film.clear_stage(*film.standing())


def a_small_step(film: Film, way: Way) -> None:
    """A picture, a perturbation that grows step by step, and the moment at which the answer turns."""
    film.beat(phrase("A small step"), turn_in_words(way))
    stage = film.zones.stage
    cells = stage.split(1, 1, 1, gap=1.0)
    side = min(cells[0].width, cells[0].height - 1.2)
    steps, factor = np.arange(way.steps + 1.0), amplification(way.perturbation)
    image = cells[0].hold(still(way.picture, side))
    change = cells[1].hold(MovingPicture(steps, around_grey(way.perturbation, factor), side))
    both = cells[2].hold(MovingPicture(steps, way.images, side))
    signs = [
        words(sign, 0.7, theme().MUTED).move_to((one.get_center() + other.get_center()) / 2)
        for sign, one, other in (("+", image, change), ("=", change, both))
    ]
    above = [over(phrase("a change, × {factor}", factor=factor), change), over(phrase("both together"), both)]
    before = words(answer_in_words(way, 0), BODY).next_to(image, DOWN, buff=0.25)
    bound = words(bound_in_words(way), BODY, theme().MUTED, width=film.zones.floor.width)
    film.zones.floor.hold(bound)
    film.next_question(phrase("And one small change?"), FadeIn(image), FadeIn(before))
    film.play(entering([signs[0], change, above[0], bound, signs[1], both, above[1]], run_time=1.2))
    clock = EpochClock(steps)
    for instrument in (change, both):
        instrument.attach(clock)
    turn = first_wrong_step(way) if way.flips else None
    if turn:
        film.play(clock.sweep(to=float(turn), seconds=2.0))
    after = words(answer_in_words(way, turn or way.steps), BODY, theme().SUCCESS if turn else theme().TEXT)
    film.play(FadeIn(after.next_to(both, DOWN, buff=0.25), scale=1.3), run_time=0.6)
    film.play(clock.sweep(seconds=1.6))
    if turn and turn < way.steps:
        last = words(answer_in_words(way, way.steps), BODY, theme().SUCCESS).move_to(after)
        film.play(FadeOut(after), FadeIn(last), run_time=0.3)
    film.let_read()
    film.clear_stage(*film.standing())


def what_does_it_do(film: Film, network: Character | None) -> None:
    """The question of a store without noise: the picture is the network itself."""
    film.ask(
        phrase(NAME),
        phrase(INSIDE),
        phrase("A network before and while it learns: what becomes of it?"),
        *opening_of(film, network),
    )
    film.clear_stage(*film.standing(network))


def opening_of(film: Film, network: Character | None) -> list[Mobject]:
    """What stands on stage where no noise was answered: all weights as they began, and the network whose they are."""
    weights = Distribution.known(film.run, "weight")
    stage = film.zones.stage if network is None else ground(film)[0]
    histogram = Histogram(
        film.run.epochs, weights.edges, weights.counts, theme().WEIGHTS, log=True,
        visible=visible_range(*weights.extent, room=ROOM_FOR_TAILS), size=(stage.width - 1.6, stage.height - 1.2),
        names=(phrase("weight"), phrase("how many")),
    )  # fmt: skip
    return [stage.hold(histogram), *([network] if network is not None else [])]


def left_open(film: Film, noise: SameNoise | None, network: Character | None) -> None:
    """The beginning once more, which the trailer flows into."""
    film.beat(phrase("Left open"), phrase("So what does it know? Look again."))
    if noise is not None:
        film.next_question(phrase(WHAT), FadeIn(noise_in(film, noise), scale=0.6))
    else:
        film.next_question(phrase(INSIDE), *map(FadeIn, opening_of(film, network)))
    film.wait(1.8)
    assert film.question is not None
    film.play(FadeOut(film.question), run_time=0.6)
