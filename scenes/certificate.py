"""Randomised smoothing in one picture: noisy copies, their votes, the radius that follows; certified accuracy."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, VGroup, linear

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.certificates import (
    Smoothed,
    abstained,
    abstention_in_words,
    abstentions_in_words,
    bound_in_words,
    certified_accuracy_in_words,
    certified_in_words,
    failure_in_words,
    limit_in_words,
    most_telling,
    networks,
    radius_in_words,
    shown_image,
    shown_votes,
    training_in_words,
    votes_in_words,
)
from weightreel.analysis.findings.noise import NOTHING
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import how_to_attack, shortened, title_of
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.attack_film import AttackFilm
from weightreel.scenes.instruments.answers.accuracy_curves import AccuracyCurves, Fall, row_of, steps_of
from weightreel.scenes.instruments.answers.answer_bars import AnswerBars
from weightreel.scenes.instruments.answers.moving_picture import still
from weightreel.scenes.instruments.answers.noise_ball import COPIES, NoiseBall
from weightreel.scenes.instruments.axes.curves import legend_of
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.tag import tags
from weightreel.scenes.kit.theme import BELOW_HEADER, BODY, SAFE_LEFT, SAFE_RIGHT, SMALL, colour_of_run
from weightreel.scenes.kit.type import ADVANCE, label, words

NAME = noted("Randomised smoothing")
SIDE = 3.5
"""Of the ball's picture, in units of the frame."""
MOST_COPIES = 8
RIGHT_HALF = SAFE_LEFT + SIDE + 0.9
"""Left end of what stands beside the ball."""
VOTES, ROW = 2.3, 0.62
"""Height of all votes, and of one class's at most."""
LETTERS = 1.08
"""Width of numbers and name left of a chart."""
BELOW_AXES = 1.0
"""Height of ticks and names below a chart, and of the space under them."""
MOST_PANELS = 4


class Smoothing(AttackFilm):
    """Votes over noisy copies of an image, the ball that they certify, and certified accuracy of the networks."""

    found: list[list[Smoothed]]

    def construct(self) -> None:
        """Copies, votes, radius; abstention; certified accuracy."""
        self.found = networks(self.runs, self.defended)
        if not self.found:
            raise NothingToShow(
                f"{self.store.path} holds no certificates of {self.run.name}; "
                + how_to_attack(self.run, self.store.path)
            )
        self.runs = [network[0].run for network in self.found]
        promise = phrase("Many noisy copies of an image vote. How far may the image move before the vote can change?")
        self.beat(phrase("Title"), promise)
        header = self.title_card(phrase(NAME), promise)
        chosen = most_telling(self.found)
        ball = self.copies(chosen)
        image = shown_image(chosen)
        if image is not None:
            self.votes(chosen, image, ball)
        self.clear_stage(header)
        self.abstention(chosen, header)
        self.certified_accuracy()
        self.end_card()

    def name_of(self, answer: int) -> str:
        """The name of an answer; one beyond the classes is `nothing`."""
        return self.classes[answer] if answer < len(self.classes) else phrase(NOTHING)

    def ball_of(self, smoothing: Smoothed, image: int) -> NoiseBall:
        """An image's schematic at the left, without copies yet."""
        radius = float(smoothing.radius[image]) / smoothing.sigma
        colour = colour_of_run(smoothing.run, self.runs)
        ball = NoiseBall(float(smoothing.share[image]), radius if np.isfinite(radius) else None, colour, SIDE)
        return ball.move_to([SAFE_LEFT, BELOW_HEADER - 0.35, 0], UP + LEFT)

    def copies(self, smoothing: Smoothed) -> NoiseBall:
        """An image in its cloud, and noisy copies with the answers to them where the store keeps some."""
        of = smoothing.copied_image
        ball = self.ball_of(smoothing, next(i for i in (of, shown_image(smoothing), 0) if i is not None))
        self.beat(
            phrase("Noisy copies"),
            phrase(
                "An image, and copies with Gaussian noise of σ = {sigma}. The {title} answers every copy; grey: not "
                "the commonest answer.",
                sigma=f"{smoothing.sigma:g}",
                title=title_of(smoothing.run),
            ),
        )
        parts = self.kept_copies(smoothing) if of is not None else Group()
        self.play(FadeIn(ball), run_time=0.6)
        self.add(*parts)
        self.sweep(ball, clock=EpochClock(np.array([0.0, COPIES])), seconds=3.5, shown=True)
        self.let_read()
        if parts:
            self.play(FadeOut(parts), run_time=0.4)
        return ball

    def kept_copies(self, smoothing: Smoothed) -> Group:
        """The copies that the store keeps, with the answers under them."""
        pixels, answers = (each[:MOST_COPIES] for each in smoothing.copies_shown)
        true = self.name_of(int(smoothing.label[smoothing.copied_image or 0]))
        columns = min(len(pixels), 4)
        wide = (SAFE_RIGHT - RIGHT_HALF) / columns
        about = phrase(
            "{n} noisy copies of an image of {true}, σ = {sigma}",
            n=len(pixels), true=true, sigma=f"{smoothing.sigma:g}",
        )  # fmt: skip
        group = Group(label(about).move_to([RIGHT_HALF, BELOW_HEADER - 0.05, 0], UP + LEFT))
        side = min(wide - 0.3, 1.55)
        room = int((wide - 0.15) / (ADVANCE * SMALL))
        names = tags([shortened(self.name_of(int(answer)), room) for answer in answers], align=0)
        for i, (picture, name) in enumerate(zip(pixels, names, strict=True)):
            row, column = divmod(i, columns)
            corner = [RIGHT_HALF + column * wide, BELOW_HEADER - 0.6 - row * (side + 0.6), 0]
            drawn = still(picture, side).move_to(corner, UP + LEFT)
            group.add(drawn, name.next_to(drawn, DOWN, buff=0.12))
        return group

    def votes(self, smoothing: Smoothed, image: int, ball: NoiseBall) -> None:
        """The votes, the lower bound, the radius, and the ball."""
        name, true = (self.name_of(int(c)) for c in (smoothing.chosen[image], smoothing.label[image]))
        other = smoothing.copied_image not in (None, image)
        said = {"copies": f"{smoothing.copies:,}", "name": name}
        self.beat(
            phrase("Votes and radius"),
            phrase(
                "{copies} copies vote on another image. The share of {name} gives a lower bound p of its probability "
                "(Clopper–Pearson), and p the radius.",
                **said,
            )
            if other
            else phrase(
                "{copies} copies vote. The share of {name} gives a lower bound p of its probability (Clopper–Pearson), "
                "and p the radius.",
                **said,
            ),
        )
        if other:
            self.play(FadeOut(ball), run_time=0.4)
            ball = self.ball_of(smoothing, image).at(COPIES)
            self.play(FadeIn(ball), run_time=0.4)
        about = (
            phrase("votes of {copies} noisy copies on another image", copies=said["copies"])
            if other
            else phrase("votes of {copies} noisy copies", copies=said["copies"])
        )
        bars = self.ballot(smoothing, image, about)
        self.sweep(bars, clock=EpochClock(np.array([0.0, 1.0])), seconds=3.0)
        colour = colour_of_run(smoothing.run, self.runs)
        rows = VGroup(
            words(votes_in_words(smoothing, image, name), BODY),
            words(phrase("lower bound: {bound}", bound=bound_in_words(smoothing, image)), BODY),
            words(f"R = σ · Φ⁻¹(p) = {radius_in_words(smoothing, image)}", BODY, colour),
        ).arrange(DOWN, buff=0.14, aligned_edge=LEFT)
        rows.next_to(bars, DOWN, buff=0.25).set_x(RIGHT_HALF + rows.width / 2)
        for row in rows:
            self.play(FadeIn(row), run_time=0.5)
            self.wait(0.7)
        self.play(UpdateFromAlphaFunc(ball, NoiseBall.grow, rate_func=linear), run_time=1.5)
        self.take_away(
            phrase("What is certified"), certified_in_words(smoothing, image, name, true), failure_in_words(smoothing)
        )

    def ballot(self, smoothing: Smoothed, image: int, about: str) -> AnswerBars:
        """An image's votes as bars that grow to their number as a clock runs from 0 to 1, and what they are above."""
        drawn, chosen = shown_votes(smoothing, image), int(smoothing.chosen[image])
        votes = smoothing.votes[image, drawn].astype(float)
        bars = AnswerBars(
            np.array([0.0, 1.0]), [self.name_of(i) for i in drawn], np.stack([0 * votes, votes]),
            (SAFE_RIGHT - RIGHT_HALF, min(VOTES, ROW * len(drawn))), most=float(smoothing.copies), colour=theme().MUTED,
            chosen=drawn.index(chosen), chosen_colour=colour_of_run(smoothing.run, self.runs),
            written=lambda v: f"{round(v):,}",
        )  # fmt: skip
        bars.move_to([SAFE_RIGHT, BELOW_HEADER - 0.5, 0], UP + RIGHT)
        self.add(label(about).move_to([RIGHT_HALF, BELOW_HEADER - 0.05, 0], UP + LEFT))
        return bars

    def abstention(self, first: Smoothed, header: VGroup) -> None:
        """A vote that is not clear enough."""
        found = abstained(self.found, first)
        if found is None:
            return
        smoothing, image = found
        name, true = (self.name_of(int(c)) for c in (smoothing.chosen[image], smoothing.label[image]))
        self.beat(
            phrase("Not enough votes"),
            phrase("Where the votes cannot hold a class above one half, nothing is certified: the vote abstains."),
        )
        ball = self.ball_of(smoothing, image).at(COPIES)
        about = phrase(
            "{title}, σ = {sigma}: {copies} votes on an image of {true}",
            title=title_of(smoothing.run), sigma=f"{smoothing.sigma:g}", copies=f"{smoothing.copies:,}", true=true,
        )  # fmt: skip
        bars = self.ballot(smoothing, image, about)
        self.play(FadeIn(ball), run_time=0.5)
        self.sweep(bars, clock=EpochClock(np.array([0.0, 1.0])), seconds=2.5)
        self.take_away(
            phrase("Abstention"), abstention_in_words(smoothing, image, name), abstentions_in_words(self.found)
        )
        self.clear_stage(header)

    def certified_accuracy(self) -> None:
        """Certified accuracy against the radius, a panel a sigma, a curve a network."""
        images = sorted({s.images for network in self.found for s in network})
        low, high = (f"{n:,}" for n in (images[0], images[-1]))
        self.beat(
            phrase("Certified accuracy"),
            phrase(
                "Certified accuracy: the share of {images} test images whose vote is right and certified to at least "
                "the radius.",
                images=low if low == high else phrase("{low} to {high}", low=low, high=high),
            ),
        )
        names = [(title_of(network[0].run), colour_of_run(network[0].run, self.runs)) for network in self.found]
        legend = legend_of(names).move_to([SAFE_RIGHT, BELOW_HEADER + 0.1, 0], UP + RIGHT)
        self.add(legend)
        said = [f(self.found) for f in (certified_accuracy_in_words, training_in_words, limit_in_words)]
        top = float(legend.get_bottom()[1]) - 0.65
        charts = self.charts(top, top - self.top_of_take_away(*said) - BELOW_AXES)
        self.sweep(*charts, clock=EpochClock(np.array([0.0, 1.0])), seconds=4.5)
        self.take_away(phrase("What is certified of all"), *said)

    def charts(self, top: float, height: float) -> list[AccuracyCurves]:
        """The panels, side by side below `top`, at most `height` high without their letters, on equal axes."""
        sigmas = sorted({s.sigma for network in self.found for s in network})[:MOST_PANELS]
        most = max(s.limit for network in self.found for s in network if s.sigma in sigmas) * 1.06
        apart = (SAFE_RIGHT - SAFE_LEFT - LETTERS + 0.1) / len(sigmas)
        size = (min(apart - 0.6, 7.0), min(height, 2.9))
        charts = []
        for i, sigma in enumerate(sigmas):
            here = [s for network in self.found for s in network if s.sigma == sigma]
            falls = [Fall(*steps_of(s.certified_right, s.images, most), colour_of_run(s.run, self.runs)) for s in here]
            charts.append(
                AccuracyCurves(
                    falls, size, title=f"σ = {sigma:g}", most=most, x_name=phrase("radius, L2"),
                    named=phrase("certified accuracy, %") if i == 0 else "", limit=max(s.limit for s in here),
                )
            )  # fmt: skip
        return row_of(charts, np.array([SAFE_LEFT + LETTERS, top - size[1], 0]), apart)
