"""Sizes of all films, and the colours of networks and phases in them."""

from __future__ import annotations

from collections.abc import Sequence

from weightreel.analysis.palette import ANSWERS, OTHER_ANSWERS, concepts_of, theme
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.schema.fields import Phase

FRAME_HEIGHT = 8.0
FRAME_WIDTH = FRAME_HEIGHT * 16 / 9
MARGIN = 0.05
"""Share of the frame's width and height that stays empty on every side."""

SAFE_RIGHT = FRAME_WIDTH * (0.5 - MARGIN)
SAFE_LEFT = -SAFE_RIGHT
SAFE_TOP = FRAME_HEIGHT * (0.5 - MARGIN)
SAFE_BOTTOM = -SAFE_TOP
BELOW_HEADER = SAFE_TOP - 0.85
"""Where a chapter's pictures begin."""

SMALLEST = FRAME_HEIGHT / 45
"""Least height of a capital letter."""

# Sizes of type as em, in units of the frame.
SMALL = 0.29
"""Ticks, units, names of axes; its capitals are just above SMALLEST."""
BODY = 0.36
TITLE = 0.48
DISPLAY = 0.8


def colour_of_run(run: Run, among: list[Run] | None = None) -> str:
    """The colour of a run's network: the report's two have their own; others take turns by their place in `among`."""
    concepts = concepts_of([of.model for of in among or [run]])
    return str(getattr(theme(), concepts[run.model]))


def colour_of_phase(phase: int) -> str:
    """The colour of a phase of training."""
    return str(getattr(theme(), Phase(phase).name))


def colours_of_answers(common: Sequence[int], n: int) -> list[str]:
    """A colour for each of `n` answers: the commonest, in their order, have their own, and all others share one."""
    concepts = dict(zip(common, ANSWERS, strict=False))
    return [str(getattr(theme(), concepts.get(i, OTHER_ANSWERS))) for i in range(n)]
