"""Colours and sizes of all films: one colour a concept, told apart by colour-blind viewers (Okabe & Ito 2008)."""

from __future__ import annotations

from dataclasses import dataclass

from manim import ManimColor, config

from analysis.store import Phase, Run, WeightreelError
from scenes.kit.settings import leave, setting

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
    BIASES="#E69F00",
    ESD="#18B98B",
    TAIL="#F0E442",
    RANDOM="#9A9A9A",
    CNN="#F0702F",
    SPECTRAL_CNN="#8C9EFF",
    SUCCESS="#DE8FBC",
    UNDER_FITTING="#7A8CA3",
    GENERALISING="#8FD9B6",
    OVER_FITTING="#D98A7E",
)

LIGHT = Theme(
    BACKGROUND="#FBFBF8",
    TEXT="#16191D",
    MUTED="#565D66",
    GRID="#C9CDD2",
    WEIGHTS="#00659E",
    BIASES="#8F5F00",
    ESD="#007355",
    TAIL="#756A00",
    RANDOM="#6A6A6A",
    CNN="#B84A00",
    SPECTRAL_CNN="#3F51C7",
    SUCCESS="#A1447A",
    UNDER_FITTING="#566880",
    GENERALISING="#1E7A52",
    OVER_FITTING="#A5483B",
)

THEMES = {"dark": DARK, "light": LIGHT}


def _chosen() -> Theme:
    try:
        return THEMES[setting("WEIGHTREEL_THEME", "dark", tuple(THEMES))]
    except WeightreelError as error:
        leave(error)


theme = _chosen()
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
