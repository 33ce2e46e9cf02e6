"""Colours of films, stills and page: one colour a concept, told apart by colour-blind viewers.

Moved from the palette of Okabe & Ito (2008) as far as `TOGETHER` asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import VARIABLES, current


@dataclass(frozen=True)
class Theme:
    """Colours as hexadecimal strings `#RRGGBB`, one a concept."""

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
    MEMORISING: str
    NOT_LEARNING: str
    DIVERGED: str
    LEARNING: str
    AT_REST: str
    OVER_TRAINED: str


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
    MEMORISING="#9E59FE",
    NOT_LEARNING="#ACA2FC",
    DIVERGED="#B6BB0C",
    LEARNING="#02920F",
    AT_REST="#FBD3F5",
    OVER_TRAINED="#D7FF93",
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
    MEMORISING="#9F2EFB",
    NOT_LEARNING="#550EA6",
    DIVERGED="#12010C",
    LEARNING="#0E3F49",
    AT_REST="#03032E",
    OVER_TRAINED="#540801",
)

THEMES: Mapping[str, Theme] = MappingProxyType({"dark": DARK, "light": LIGHT})

ANSWERS = ("LEARNING", "WEIGHTS", "TAIL", "OVER_FITTING", "MEMORISING", "AT_REST", "DIVERGED")
"""Concepts whose colours answers of a network take where each has one, the commonest first."""
OTHER_ANSWERS = "RANDOM"
"""That of all answers beyond these."""

TOGETHER = (
    ("WEIGHTS", "BIASES", "RANDOM"),
    ("ESD", "TAIL", "RANDOM", "OVER_FITTING"),
    (
        *("UNDER_FITTING", "GENERALISING", "OVER_FITTING", "MEMORISING"),
        *("NOT_LEARNING", "DIVERGED", "LEARNING", "AT_REST", "OVER_TRAINED"),
    ),
    ("CNN", "SPECTRAL_CNN", "RANDOM"),
    ("CNN", "SPECTRAL_CNN", "ESD", "BIASES", "SUCCESS"),
    ("SUCCESS", "RANDOM"),
    (*ANSWERS, OTHER_ANSWERS),
    *((name, "MUTED") for name in ("TEXT", "WEIGHTS", "BIASES", "ESD", "CNN", "SPECTRAL_CNN", "SUCCESS")),
)
"""Concepts that meet in one picture; the colour-blind too must tell their colours apart."""
LEAST_CONTRAST = 4.5
"""Contrast of text with what lies behind it, at least (WCAG 2.2, 1.4.3)."""


MODELS: Mapping[str, str] = MappingProxyType({"cnn": "CNN", "spectral-cnn": "SPECTRAL_CNN"})
"""Concepts of the report's two networks."""
OTHER_MODELS = ("ESD", "BIASES", "SUCCESS", "WEIGHTS", "TAIL")
"""Concepts whose colours networks that are neither of the report's take in turns."""


def theme() -> Theme:
    """The colours of the theme that the settings name.

    Raises:
        WeightreelError: there is no such theme.
    """
    named = current().theme
    if named not in THEMES:
        raise WeightreelError(f"{VARIABLES['theme']}={named} is not known; set it to one of: {', '.join(THEMES)}.")
    return THEMES[named]


def concepts_of(models: Sequence[str]) -> dict[str, str]:
    """The concept, a field of `Theme`, whose colour each model has among these: its own, or the next in turn."""
    others = [model for model in dict.fromkeys(models) if model not in MODELS]
    turns = {model: OTHER_MODELS[place % len(OTHER_MODELS)] for place, model in enumerate(others)}
    return {model: MODELS.get(model) or turns[model] for model in models}


def relative_luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour `#RRGGBB`, 0 for black and 1 for white (WCAG 2.2)."""
    encoded = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in encoded]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours `#RRGGBB`, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((relative_luminance(one), relative_luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
