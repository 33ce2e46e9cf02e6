"""Names of any length, cut until they have room where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from weightreel.analysis.findings.words.names import short_titles
from weightreel.scenes.kit.type import Letters, label


def cut_until(names: Sequence[str], fits: Callable[[Sequence[str]], bool]) -> list[str]:
    """The names as long as they fit together, and still apart.

    Args:
        names: whole.
        fits: whether there is room for names that have been cut; shorter ones fit where longer ones do.
    """
    if not names or fits(names):
        return list(names)
    low, high = 1, max(map(len, names))
    while high - low > 1:
        middle = (low + high) // 2
        if fits(short_titles(names, middle)):
            low = middle
        else:
            high = middle
    return short_titles(names, low)


def labels_within(names: Sequence[tuple[str, str]], width: float) -> list[Letters]:
    """Names in their colours, in the smallest type, none wider than `width`."""
    cut = cut_until([name for name, _ in names], lambda short: all(label(name).width <= width for name in short))
    return [label(name, colour) for name, (_, colour) in zip(cut, names, strict=True)]


def label_within(name: str, width: float, colour: str | None = None) -> Letters:
    """One name, likewise."""
    return label(cut_until([name], lambda short: label(short[0]).width <= width)[0], colour)
