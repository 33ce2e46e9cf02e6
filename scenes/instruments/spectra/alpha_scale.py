"""One alpha with its interval, below the ranges that two readings give names to."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, UP, VGroup, VMobject

from weightreel.analysis.findings.spectral.alpha import AUTHORS_READING, REPORT_READING, SPURIOUS, Reading
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.palette import theme
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import Numerals, label, words

LOWEST, HIGHEST = 1.0, 12.0
"""No density has a smaller exponent; an alpha above the other is drawn at the end."""
TINT = 0.3
"""Opacity of a band, on which its words are read."""
NAME, AXIS = 0.36, 0.45
"""Room for a reading's name above its bands, and for the numbers below, in units of the frame."""
BAR = 0.09
"""Half the height of the ends of the interval's bar."""
COLOURS = {
    "over-trained": "OVER_FITTING",
    "over-fitting": "OVER_FITTING",
    "well trained": "GENERALISING",
    "well regularised": "GENERALISING",
    "under-trained": "UNDER_FITTING",
}
"""Concepts whose colours the verdicts have, the same whoever gives them."""


def colour_of_verdict(verdict: str) -> str:
    """The colour of what a reading says of an alpha."""
    return str(getattr(theme(), COLOURS[verdict]))


class AlphaScale(VGroup):
    """Two rows of bands on one axis, the report's and WeightWatcher's authors', and one alpha through both.

    Attributes:
        rows: the two readings, each with its name and bands.
        marker: the upright line of alpha and the bar of its interval.

    Args:
        alpha: which is read.
        ends: of its interval; NaN where none was measured.
        zone: which it fills.

    Example (kept as tests/golden/frames/alpha-scale.png):
        AlphaScale(3.29, (2.95, 4.12), film.zones.stage)
    """

    def __init__(self, alpha: float, ends: tuple[float, float], zone: Zone) -> None:
        super().__init__()
        reach = np.nanmax([alpha, *ends])
        self.zone, self.top = zone, float(np.clip(np.ceil(reach), SPURIOUS, HIGHEST))
        areas = Zone(zone.left, zone.bottom + AXIS, zone.right, zone.top).rows(1, 1, gap=0.25)
        x = self.place(alpha)
        readings = zip((REPORT_READING, AUTHORS_READING), areas, strict=True)
        bar = tuple(self.place(end) for end in ends) if np.isfinite(ends).all() else (x, x)
        self.rows = [self._row(reading, area, x, bar) for reading, area in readings]
        self.axis = VMobject(stroke_color=theme().MUTED, stroke_width=1.5, fill_opacity=0)
        foot = zone.bottom + AXIS
        self.axis.points = polyline(np.array([[zone.left, foot, 0], [zone.right, foot, 0]]))
        whole = range(int(LOWEST), int(self.top) + 1)
        self.numbers = VGroup(*(self._number(n, foot, reach) for n in whole))
        self.marker = VMobject(stroke_color=theme().TAIL, stroke_width=5, fill_opacity=0)
        boxes = [Zone(area.left, area.bottom, area.right, area.top - NAME) for area in areas]
        pieces = [polyline(np.array([[x, box.bottom, 0], [x, box.top, 0]])) for box in boxes]
        if np.isfinite(ends).all():
            low, high = (self.place(end) for end in ends)
            for height in (box.bottom + 0.22 * box.height for box in boxes):
                pieces.append(polyline(np.array([[low, height, 0], [high, height, 0]])))
                pieces += [polyline(np.array([[end, height - BAR, 0], [end, height + BAR, 0]])) for end in (low, high)]
        self.marker.points = np.concatenate(pieces)
        self.add(*self.rows, self.axis, self.numbers, self.marker)

    def place(self, alpha: float) -> float:
        """Where an alpha stands, in units of the frame from the left; beyond the axis at its end."""
        share = (np.clip(alpha, LOWEST, self.top) - LOWEST) / (self.top - LOWEST)
        return float(self.zone.left + share * self.zone.width)

    def _number(self, n: int, foot: float, reach: float) -> Numerals:
        text = f"≥{n}" if n == HIGHEST < reach else str(n)
        return Numerals(text, SMALL, theme().MUTED, align=0).next_to([self.place(n), foot, 0], DOWN, buff=0.14)

    def _row(self, reading: Reading, area: Zone, marker: float, bar: tuple[float, ...]) -> VGroup:
        row = VGroup()
        of_report = phrase("the report that this package checks")
        source = label(of_report if reading is REPORT_READING else named(reading.source))
        row.add(source.move_to([area.left, area.top - NAME + 0.06, 0], aligned_edge=DOWN + LEFT))
        for band in reading.bands:
            left, right = self.place(band.low), self.place(band.high)
            box = Zone(left, area.bottom, right, area.top - NAME)
            fill = VMobject(stroke_width=0, fill_color=colour_of_verdict(band.words), fill_opacity=TINT)
            fill.points = rectangles(*(np.array([side]) for side in (box.left, box.right, box.bottom, box.top)))
            row.add(fill)
            said = words(named(band.words), SMALL, theme().TEXT, width=max(box.width - 0.2, 0.5))
            crossed = bar[0] <= box.right and bar[1] >= box.left
            if said.width < box.width and said.height < (0.6 if crossed else 0.85) * box.height:
                place = free_place(box, float(said.width), marker)
                if place is not None:
                    row.add(said.move_to([place, box.top - 0.1, 0], aligned_edge=UP + LEFT))
        return row


def free_place(box: Zone, width: float, marker: float) -> float | None:
    """Where words of this width begin in a box so that an upright line does not run through them; None if nowhere."""
    inside = 0.1
    left, right = box.left + inside, box.right - inside
    for start in (left, marker + inside, marker - inside - width):
        if (
            left - 1e-9 <= start
            and start + width <= right + 1e-9
            and not start - inside + 1e-9 < marker < start + width + inside
        ):
            return start
    return None
