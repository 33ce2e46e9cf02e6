"""What noise is taken for at every epoch, and how surely: all pictures, and one that is followed from seed to seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.noise import (
    answers_of,
    attack_of,
    latest_answers,
    preview_answers,
    preview_pixels,
)
from weightreel.analysis.findings.attacks.swing import WILD
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import shortened
from weightreel.analysis.findings.words.numbers import count, from_low_to_high, listed, percent
from weightreel.analysis.store.nodes import Attack, Run

Array = NDArray[Any]

STANDS_STILL = 0.05
"""Share of the pictures by which those answered surely differ at most where the answers are said to stand still."""
MOST_NAMED = 3
"""Answers that a sentence names."""
MOSTLY = 0.6
"""Share of the epochs from which on one answer is said to be the usual one."""


@dataclass(frozen=True)
class Taken:
    """One network's answers to the noise pictures that are repeated at every epoch.

    Attributes:
        run: the training.
        epochs: (E,).
        answers: index of each answer among `names`, (E, T).
        confidence: in it, 0 where it was that there is nothing, (E, T).
        threshold: from which an answer is called sure.
        names: of all answers that the run can give, for people.
    """

    run: Run
    epochs: Array
    answers: Array
    confidence: Array
    threshold: float
    names: tuple[str, ...]

    @classmethod
    def of(cls, run: Run, attack: Attack, classes: list[str]) -> Taken:
        """At every epoch, or at the last one alone where no others are kept.

        Args:
            run: the training.
            attack: noise that it has answered.
            classes: names of the data's classes.
        """
        names = tuple(shortened(name) for name in answers_of(run, classes))
        if attack.has("history/confidence"):
            answers, confidence = attack["history/prediction"], attack["history/confidence"]
            epochs = run.epochs[: len(answers)]
        else:
            last = latest_answers(attack)
            assert last is not None, "the attack has been answered"
            answers, confidence, epochs = last[0][None], last[1][None], run.epochs[-1:]
        sure = np.where(answers < attack.n_classes, confidence, 0.0)
        return cls(run, epochs, answers.astype(int), sure, attack.threshold, names)

    @property
    def counts(self) -> Array:
        """How many pictures are given each answer, (E, answers)."""
        return np.stack([np.bincount(row, minlength=len(self.names)) for row in self.answers])

    @property
    def favourite(self) -> Array:
        """The answer that is given most often at each epoch, (E,)."""
        return np.asarray(self.counts.argmax(1))

    @property
    def share(self) -> Array:
        """Share of the pictures that are given the favourite answer, (E,)."""
        return np.asarray(self.counts.max(1) / self.answers.shape[1])

    @property
    def sure(self) -> Array:
        """Share of the pictures that are answered with a class and a confidence at or above the threshold, (E,)."""
        return np.asarray((self.confidence >= self.threshold).mean(1))

    @property
    def trained(self) -> slice:
        """The epochs after the initialisation; all where there are no others."""
        return slice(1, None) if len(self.epochs) > 1 and self.epochs[0] == 0 else slice(None)

    def sure_answers(self, picture: int) -> list[int]:
        """Which answers one picture was surely given at any epoch, the most frequent first."""
        given = self.answers[:, picture][self.confidence[:, picture] >= self.threshold]
        times = np.bincount(given, minlength=len(self.names))
        return [int(i) for i in np.argsort(-times, kind="stable") if times[i]]


def same_pictures(run: Run, attack: Attack, among: Sequence[Run]) -> list[tuple[Run, Attack]]:
    """Other runs that answered the very same noise: the model's other seeds, else the other networks.

    Args:
        run, attack: whose noise it is.
        among: runs to look among.
    """
    drawn = attack.attributes["seed"], attack.attributes["method"]
    found = [(other, at) for other in among if other.name != run.name and (at := attack_of(other)) is not None]
    same = [(other, at) for other, at in found if (at.attributes["seed"], at.attributes["method"]) == drawn]
    return [pair for pair in same if pair[0].model == run.model] or same


def picture_of(attack: Attack) -> Array | None:
    """The first noise picture, uint8 (H, W, 3), which `Taken` has first too; None where none is kept."""
    pixels = preview_pixels(attack)
    return pixels[0] if len(pixels) else None


def shares_of(run: Run, attack: Attack, picture: int) -> Array | None:
    """Confidence in each answer to one of the first pictures at the last epoch, (answers,); None where not kept.

    Args:
        run, attack: the network and the noise.
        picture: which.
    """
    if not attack.has("preview/probabilities"):
        return None
    return np.asarray(preview_answers(run, attack)[picture])


def commonest(several: Sequence[Taken], most: int) -> list[int]:
    """Answers that occur, at most `most`, those given most often anywhere first."""
    given = np.concatenate([taken.answers.ravel() for taken in several])
    times = np.bincount(given)
    return [int(i) for i in np.argsort(-times, kind="stable")[:most] if times[i]]


def widest_jump(sure: Array) -> int | None:
    """After which epoch's index the share of sure answers changes most by the next; None where it never does much."""
    steps = np.abs(np.diff(sure))
    return int(steps.argmax()) if steps.size and steps.max() >= WILD else None


def still_since(taken: Taken, falls: Sequence[tuple[float, float]]) -> float | None:
    """The first fall of the learning rate after which the share of sure answers stands still, to the end; else None.

    Args:
        taken: the answers.
        falls: epochs after which it fell, and to what share, ascending.
    """
    for epoch, _ in falls:
        after = taken.sure[taken.epochs > epoch]
        before = taken.sure[taken.epochs <= epoch]
        if len(after) > 1 and np.ptp(after) <= STANDS_STILL < np.ptp(before):
            return epoch
    return None


def answer_in_words(taken: Taken, picture: int, at: int = -1) -> tuple[str, str]:
    """What one picture is called at an epoch, and the confidence in it; empty where the answer is that there is none.

    Args:
        taken: the answers.
        picture: which.
        at: index of the epoch.
    """
    answer, sure = int(taken.answers[at, picture]), float(taken.confidence[at, picture])
    return taken.names[answer], percent(sure) if sure else ""


def answered_in_words(taken: Taken, picture: int) -> str:
    """One picture's answer at the last epoch, as a sentence that says that it cannot be right."""
    name, sure = answer_in_words(taken, picture)
    if not sure:
        return phrase("It says that there is nothing to see. It was taught to.")
    if taken.confidence[-1, picture] >= taken.threshold:
        return phrase("“{name}”, and {sure} sure. Nothing is in the picture: no class is right.", name=name, sure=sure)
    return phrase("“{name}”, but only {sure} sure. It must choose, and no class is right.", name=name, sure=sure)


def field_in_words(taken: Taken) -> str:
    """What all pictures are called at the last epoch, and how many of them surely."""
    values = {
        "n": count(taken.answers.shape[1]),
        "name": taken.names[int(taken.favourite[-1])],
        "share": percent(float(taken.share[-1])),
    }
    sure = float(taken.sure[-1])
    if not sure:
        return phrase("{n} pictures of noise: {share} are called “{name}”, none of them surely.", **values)
    return phrase(
        "{n} pictures of noise: {share} are called “{name}”, and of {sure} it is sure.", sure=percent(sure), **values
    )


def jump_in_words(taken: Taken, after: int) -> str:
    """What happens from one epoch to the next."""
    values = {
        "first": int(taken.epochs[after]),
        "then": int(taken.epochs[after + 1]),
        "a": percent(float(taken.sure[after])),
        "b": percent(float(taken.sure[after + 1])),
    }
    return phrase("Sure of {a} of them at {clock} {first}, and of {b} at {clock} {then}.", **values)


def rest_in_words(taken: Taken, since: float | None) -> str:
    """How the history goes on to its end."""
    first, last = taken.epochs[taken.trained][[0, -1]].astype(int)
    favourites = len(set(taken.favourite[taken.trained].tolist()))
    values = {"first": first, "last": last, "clock": taken.run.clock}
    if since is not None:
        return phrase("The learning rate falls: from here on the answers stand still.")
    if taken.sure.max() < WILD:
        return phrase_n(
            "It is hardly ever sure; its favourite answer stays one and the same.",
            "It is hardly ever sure, but has {n} favourite answers in turn.",
            favourites,
            **values,
        )
    return phrase_n(
        "So it goes on to {clock} {last}: one favourite answer, but never equally sure.",
        "So it goes on to {clock} {last}: {n} favourite answers in turn.",
        favourites,
        **values,
    )


def claim_in_words(several: Sequence[Taken], picture: int) -> str:
    """What the one picture was called in all trainings, and what surely.

    Args:
        several: answers of one or more runs to the same pictures; the first is the film's own.
        picture: the one that was followed.
    """
    given = {int(a) for taken in several for a in taken.answers[taken.trained, picture]}
    surely = list(dict.fromkeys(a for taken in several for a in taken.sure_answers(picture)))
    names, n = names_of_all(several), len(several)
    values = {"k": len(given), "answers": _quoted([names[i] for i in surely])}
    if not surely:
        most = max(float(taken.confidence[:, picture].max()) for taken in several)
        sentence = phrase_n(
            "Nothing is in it. One training called it {k} different things, and was never surer than {most}.",
            "Nothing is in it. {n} trainings called it {k} different things, and were never surer than "
            "{most}.",
            n,
            most=percent(most),
            **values,
        ) if len(given) > 1 else phrase(
            "Nothing is in it. It is always called “{name}”, and never surely.", name=names[given.pop()]
        )  # fmt: skip
    elif len(given) == 1:
        sentence = phrase("Nothing is in it, and it is always called {answers}.", **values)
    elif len(surely) == 1:
        sentence = phrase_n(
            "Nothing is in it. One training called it {k} different things, and surely {answers}.",
            "Nothing is in it. {n} trainings called it {k} different things, and surely {answers}.",
            n,
            **values,
        )
    else:
        sentence = phrase_n(
            "Nothing is in it. One training was sure: {answers}, depending on when one asks.",
            "Nothing is in it. {n} trainings were sure: {answers}, depending on when one asks.",
            n,
            **values,
        )
    return sentence


def _quoted(names: Sequence[str]) -> str:
    """Names of answers within a sentence; of many the first two and how many more."""
    said = [phrase("“{name}”", name=name) for name in names]
    if len(said) <= MOST_NAMED:
        return listed(said)
    return phrase("{names} and {n} more", names=", ".join(said[: MOST_NAMED - 1]), n=len(said) - MOST_NAMED + 1)


def usual_in_words(several: Sequence[Taken]) -> str:
    """How often the commonest favourite of all pictures is it, and how far the share of sure answers swings."""
    favourites = np.concatenate([taken.favourite[taken.trained] for taken in several])
    sure = np.concatenate([taken.sure[taken.trained] for taken in several])
    times = np.bincount(favourites)
    values = {"name": names_of_all(several)[int(times.argmax())], "times": int(times.max()), "all": len(favourites)}
    favourite = (
        phrase("Most are called “{name}” at {times} of {all} {clocks}", **values)
        if times.max() >= MOSTLY * len(favourites)
        else phrase_n("{n} answer is the favourite", "{n} answers are the favourite in turn", int((times > 0).sum()))
    )
    if not sure.any():
        return phrase("{favourite}; none is answered surely.", favourite=favourite)
    swing = from_low_to_high(percent(float(sure.min()), 0), percent(float(sure.max()), 0))
    return phrase("{favourite}; {share} are answered surely.", favourite=favourite, share=swing)


def names_of_all(several: Sequence[Taken]) -> tuple[str, ...]:
    """The names of all answers that any of them gives."""
    return max((taken.names for taken in several), key=len)


def surely_in_words(threshold: float) -> str:
    """What is called sure."""
    return phrase("sure: at least {share}", share=percent(threshold, 0))
