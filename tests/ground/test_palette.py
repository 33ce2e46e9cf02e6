"""The palettes: text can be read, and colours that meet are told apart, also by the colour-blind."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import asdict

import numpy as np
import pytest

from weightreel.analysis.palette import LEAST_CONTRAST, LIGHT, THEMES, TOGETHER, Theme, contrast
from weightreel.analysis.stills import style
from weightreel.analysis.store.schema.fields import Phase

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that parts of it that draw are not installed
    import colour
    from colour.blindness import matrix_cvd_Machado2009

VISIONS = (None, "Protanomaly", "Deuteranomaly", "Tritanomaly")
LEAST_DIFFERENCE = 10.0
"""CIEDE2000; about what a glance tells apart."""

themes = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES.keys())


def difference(one: str, other: str, vision: str | None) -> float:
    """CIEDE2000 of two colours, to full dichromats as Machado et al. (2009) simulate them; the third only roughly."""
    # In their model an anomaly of severity 1 is the blindness; it acts on linear RGB.
    seen = np.eye(3) if vision is None else matrix_cvd_Machado2009(vision, 1.0)
    linear = colour.cctf_decoding(np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in (one, other)]))
    lab = colour.XYZ_to_Lab(colour.RGB_to_XYZ(np.clip(linear @ seen.T, 0, 1), "sRGB"))
    return float(colour.delta_E(*lab, method="CIE 2000"))


@themes
def test_every_colour_of_letters_can_be_read(theme: Theme) -> None:
    for name, value in asdict(theme).items():
        if name not in ("BACKGROUND", "GRID"):
            assert contrast(value, theme.BACKGROUND) >= LEAST_CONTRAST, name


@themes
@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.filterwarnings("ignore::colour.utilities.ColourUsageWarning")
def test_colours_that_meet_are_told_apart(theme: Theme, vision: str | None) -> None:
    for group in TOGETHER:
        for one, other in itertools.combinations(group, 2):
            found = difference(getattr(theme, one), getattr(theme, other), vision)
            assert found >= LEAST_DIFFERENCE, f"{one} and {other}: {found:.1f}"


@pytest.mark.filterwarnings("ignore::colour.utilities.ColourUsageWarning")
def test_the_simulation_sees_what_the_blind_confuse() -> None:
    """Red and green of one lightness, to the eyes of a deuteranope, against everybody else's."""
    assert difference("#C86464", "#6E9664", None) > 3 * difference("#C86464", "#6E9664", "Deuteranomaly")


def test_contrast_is_the_standard_s() -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)  # WCAG's best known near miss
    assert contrast("#123456", "#123456") == 1


def test_stills_have_the_light_theme_s_colours() -> None:
    same = ("MUTED", "WEIGHTS", "BIASES", "ESD", "TAIL", "RANDOM")
    assert [getattr(style, name) for name in same] == [getattr(LIGHT, name) for name in same]
    assert style.INK == LIGHT.TEXT
    assert style.NETWORKS == {"cnn": LIGHT.CNN, "spectral-cnn": LIGHT.SPECTRAL_CNN}
    assert {phase: getattr(LIGHT, phase.name) for phase in Phase} == style.PHASES
