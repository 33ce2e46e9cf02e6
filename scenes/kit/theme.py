"""Colours and sizes of all films: one colour a concept, told apart by colour-blind viewers.

Moved from the palette of Okabe & Ito (2008) as far as `TOGETHER` asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

from manim import ManimColor, config

from weightreel.analysis.settings import current
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.schema.paths import Phase

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


@dataclass(frozen=True)
class Theme:
    """Colours as hexadecimal strings."""

    BACKGROUND: str
    TEXT: str
    MUTED: str
    GRID: str
    WEIGHTS: str
    BIASES: str
    ESD: str
    TAIL: str
    RANDOM: str
    CNN: str
    SPECTRAL_CNN: str
    SUCCESS: str
    UNDER_FITTING: str
    GENERALISING: str
    OVER_FITTING: str


DARK = Theme(
    BACKGROUND="#0E1116",
    TEXT="#F2F4F7",
    MUTED="#A4AEBB",
    GRID="#39424F",
    WEIGHTS="#56B4E9",
    BIASES="#E7A004",
    ESD="#22B98C",
    TAIL="#F0E442",
    RANDOM="#97999E",
    CNN="#DF6C35",
    SPECTRAL_CNN="#8C9EFF",
    SUCCESS="#FFAFEF",
    UNDER_FITTING="#7A8CA3",
    GENERALISING="#8FD9B6",
    OVER_FITTING="#D67C6C",
)

LIGHT = Theme(
    BACKGROUND="#FBFBF8",
    TEXT="#16191D",
    MUTED="#565D66",
    GRID="#C9CDD2",
    WEIGHTS="#00659E",
    BIASES="#9A690B",
    ESD="#0E4B42",
    TAIL="#7F7100",
    RANDOM="#6A6966",
    CNN="#923A00",
    SPECTRAL_CNN="#3E51C9",
    SUCCESS="#BC3F88",
    UNDER_FITTING="#566880",
    GENERALISING="#1E7A55",
    OVER_FITTING="#963E32",
)

THEMES = {"dark": DARK, "light": LIGHT}

TOGETHER = (
    ("WEIGHTS", "BIASES", "RANDOM"),
    ("ESD", "TAIL", "RANDOM", "OVER_FITTING"),
    ("UNDER_FITTING", "GENERALISING", "OVER_FITTING"),
    ("CNN", "SPECTRAL_CNN", "RANDOM"),
    ("CNN", "SPECTRAL_CNN", "ESD", "BIASES", "SUCCESS"),
    ("SUCCESS", "RANDOM"),
    *((name, "MUTED") for name in ("TEXT", "WEIGHTS", "BIASES", "ESD", "CNN", "SPECTRAL_CNN", "SUCCESS")),
)
"""Concepts that meet in one picture; the colour-blind too must tell their colours apart."""
LEAST_CONTRAST = 4.5
"""Of text with what lies behind it (WCAG 2.2, 1.4.3)."""


def relative_luminance(colour: str) -> float:
    """Of an sRGB colour `#RRGGBB`, 0 for black and 1 for white (WCAG 2.2)."""
    encoded = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in encoded]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Of two colours `#RRGGBB`, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((relative_luminance(one), relative_luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


theme = THEMES[current().theme]
"""The theme that WEIGHTREEL_THEME names."""

config.background_color = ManimColor(theme.BACKGROUND)

OTHER_MODELS = (theme.ESD, theme.BIASES, theme.SUCCESS, theme.WEIGHTS, theme.TAIL)
"""Colours of networks that are neither of the report's."""


def colour_of_run(run: Run, among: list[Run] | None = None) -> str:
    """The colour of a run's network: the report's two have their own; others take turns by their place in `among`."""
    if run.model == "cnn":
        return theme.CNN
    if run.model == "spectral-cnn":
        return theme.SPECTRAL_CNN
    models = [m for m in dict.fromkeys(r.model for r in among or [run]) if m not in ("cnn", "spectral-cnn")]
    return OTHER_MODELS[models.index(run.model) % len(OTHER_MODELS)]


def colour_of_phase(phase: int) -> str:
    """The colour of a phase of training."""
    return {
        Phase.UNDER_FITTING: theme.UNDER_FITTING,
        Phase.GENERALISING: theme.GENERALISING,
        Phase.OVER_FITTING: theme.OVER_FITTING,
    }[Phase(phase)]


def name_of_phase(phase: int) -> str:
    """under-fitting, generalising or over-fitting."""
    return Phase(phase).name.lower().replace("_", "-")
