"""What boxes tell: texts over or too near each other, what leaves the safe area, and type that is too small."""

from __future__ import annotations

import itertools

import numpy as np

from weightreel.scenes.kit.grammar.follow import Veil
from weightreel.scenes.kit.theme import SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP, SMALLEST
from weightreel.scenes.viewing.shown import Found, Shown, Text

ROOM = 0.02
"""Units of the frame by which a stroke may reach into the margins: one pixel at 480p."""
ALONG, BETWEEN = 0.06, 0.015
"""Least distance of two texts along their lines and from line to line: less than a space, and a pixel at 480p."""
ROUNDING = 1e-3
"""Share of the smallest size by which type may be smaller."""
SAFE = np.array([[SAFE_LEFT, SAFE_BOTTOM], [SAFE_RIGHT, SAFE_TOP]])


def box_faults(stage: Shown) -> list[Found]:
    """All faults that boxes tell."""
    return [*overlaps(stage), *outside_safe_area(stage), *too_small(stage)]


def clearance(one: Text, other: Text) -> np.ndarray:
    """How far apart two texts must be, across and upwards, (2,); less where their lines run in different directions."""
    upright = [len(text.words.said) > 2 and text.size[1] > text.size[0] for text in (one, other)]
    if upright[0] != upright[1]:
        return np.array([BETWEEN, BETWEEN])
    return np.array([BETWEEN, ALONG] if upright[0] else [ALONG, BETWEEN])


def meet(one: Text, other: Text) -> bool:
    """Whether a letter of the one touches a letter of the other, or nearly."""
    a, b = one.outlines[:, None], other.outlines[None]
    apart = np.maximum(a[:, :, 0] - b[:, :, 1], b[:, :, 0] - a[:, :, 1])  # (n, m, 2), negative where they overlap
    return bool((apart < clearance(one, other)).all(2).any())


def overlaps(stage: Shown) -> list[Found]:
    """Texts that lie over or too near each other."""
    found = []
    for one, other in itertools.combinations(stage.texts, 2):
        apart = np.maximum(one.box[0] - other.box[1], other.box[0] - one.box[1])
        if (apart < ALONG).all() and meet(one, other):
            box = np.stack([np.minimum(one.box[0], other.box[0]), np.maximum(one.box[1], other.box[1])])
            found.append(Found("text over text", f"{one.name} and {other.name}", box))
    return found


def outside_safe_area(stage: Shown) -> list[Found]:
    """Everything drawn, not only texts, that reaches into the 5 % margins; a veil dims them too."""
    of_text = {id(part): text.name for text in stage.texts for part in text.parts}
    texts = {text.name: text.box for text in stage.texts}
    names = [of_text.get(id(part), "") or type(part).__name__ for part in stage.parts]
    if not names:
        return []
    beyond = np.maximum(SAFE[0] - stage.boxes[:, 0], stage.boxes[:, 1] - SAFE[1]).max(1)  # (n,)
    # Where the path stays inside, a stroke may reach out by its own half width.
    reach = np.array([ROOM + _stroke(stage, i) for i in range(len(names))])
    worst: dict[str, tuple[float, np.ndarray]] = {}
    for i in np.flatnonzero(beyond > reach):
        if isinstance(stage.parts[i], Veil):
            continue
        if names[i] not in worst or beyond[i] > worst[names[i]][0]:
            worst[names[i]] = float(beyond[i]), texts.get(names[i], stage.boxes[i])
    return [Found("outside the safe area", f"{name} by {by:.2f}", box) for name, (by, box) in worst.items()]


def _stroke(stage: Shown, i: int) -> float:
    part = stage.parts[i]
    return float((stage.boxes[i, 1] - part.points[:, :2].max(0)).max())


def too_small(stage: Shown) -> list[Found]:
    """Texts whose capitals are lower than 1/45 of the frame's height."""
    least = SMALLEST * (1 - ROUNDING)
    return [
        Found("small type", f"{text.name}, capitals {text.words.capital:.3f} high", text.box)
        for text in stage.texts
        if text.words.capital < least
    ]
