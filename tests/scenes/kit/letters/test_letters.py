"""Type is what Manim's parser of SVGs makes of Typst's, point by point, whatever is written."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from manim import PI, RIGHT, Camera, FadeIn, FadeOut, Mobject, Typst, tempconfig
from manim.mobject.svg.svg_mobject import SVG_HASH_TO_MOB_MAP

from weightreel.analysis.settings import Settings, holding
from weightreel.scenes.kit.letters import letters
from weightreel.scenes.kit.letters.letters import Formula, Letter, Letters
from weightreel.scenes.kit.type import claim, formula, label, title, words

TEXTS = {
    "a sentence": lambda: words("Trained for 51 epochs, accuracy 0.71 of 10,000 images."),
    "wrapped": lambda: words("A sentence that is long enough to be wrapped into several lines.", width=3.0),
    "wrapped and centred": lambda: words("A sentence that is long enough to be wrapped.", width=3.0, centred=True),
    "semibold": lambda: title("Spectral norm"),
    "a claim": lambda: claim("A claim that is long enough for two lines of about equal length.", width=4.0),
    "in a colour": lambda: label("validation", "#F28E2B"),
    "accents": lambda: words("Übergänge, señor, čeština, œuvre; „Anführung“ – “quoted” …"),
    "Greek and signs": lambda: words("α λ σ ≤ ½ · 10⁻³ → ‖W‖₂"),
    "markup": lambda: words('a_b*c#$"\\ <g> & </svg>'),
    "one character": lambda: words("."),
    "blanks between lines": lambda: words("two\n\nlines"),
    "nothing that a font has": lambda: words("漢字"),
    "a formula": lambda: formula("alpha_1^2 + lambda"),
    "operators": lambda: formula("sigma_max (W) <= norm(W)_2"),
    "a root, with a line": lambda: formula("sqrt(a + b)"),
    "a fraction, with a line": lambda: formula("sigma / (1 + epsilon)"),
    "grouped": lambda: formula("{{ a + b : sum }} = {{ c }}"),
}
WITH_LINES = {"a root, with a line", "a fraction, with a line", "grouped"}
"""Which Manim's parser reads."""


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with tempconfig({"media_dir": str(tmp_path_factory.mktemp("typst"))}):
        yield


def by_manim(name: str, monkeypatch: pytest.MonkeyPatch) -> Letters:
    """The same text, read by Manim's parser."""
    SVG_HASH_TO_MOB_MAP.clear()  # copies of it lose the width of their lines
    with monkeypatch.context() as patched:
        patched.setattr(letters, "outlines_of", lambda *_: None)
        found: Letters = TEXTS[name]()
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_points_colours_and_sizes_are_manims(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = TEXTS[name](), by_manim(name, monkeypatch)
    assert (type(ours.submobjects[0]) is Letter) == (name not in WITH_LINES)
    assert len(ours.submobjects) == len(theirs.submobjects) > 0
    for one, other in zip(ours.get_family(), theirs.get_family(), strict=True):
        assert one.points.shape == other.points.shape
        np.testing.assert_allclose(one.points, other.points, rtol=0, atol=1e-13)
        for values in ("fill_rgbas", "stroke_rgbas", "background_stroke_rgbas"):
            np.testing.assert_array_equal(getattr(one, values), getattr(other, values))
        for value in ("stroke_width", "background_stroke_width", "z_index", "joint_type", "cap_style", "sheen_factor"):
            assert getattr(one, value) == getattr(other, value), value
    for value in ("font_size", "initial_height", "capital", "height", "width"):
        assert getattr(ours, value) == pytest.approx(getattr(theirs, value), rel=1e-12), value
    assert (ours.said, ours.typst_code, ours.color) == (theirs.said, theirs.typst_code, theirs.color)


@pytest.mark.parametrize("name", ["a sentence", "wrapped and centred", "in a colour", "operators"])
def test_pictures_are_equal_through_moves_and_fades(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames of a film in which a text is moved, scaled, turned, copied and faded, by Manim's own camera."""

    def frames(text: Letters) -> list[np.ndarray]:
        text.shift(RIGHT).scale(1.3).rotate(0.2)
        found = [picture(text), picture(text.copy().set_opacity(0.5).rotate(PI / 3))]
        for fade in (FadeIn(text, shift=RIGHT), FadeOut(text, scale=0.5)):
            fade.begin()
            for share in (0.0, 0.3, 1.0):
                fade.interpolate(share)
                found.append(picture(fade.mobject))
            fade.finish()
        return found

    with tempconfig({"pixel_width": 426, "pixel_height": 240}):
        ours, theirs = frames(TEXTS[name]()), frames(by_manim(name, monkeypatch))
    assert any(frame.any() for frame in ours)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def picture(mobject: Mobject) -> np.ndarray:
    camera = Camera(background_opacity=0)
    camera.capture_mobject(mobject)
    return np.array(camera.pixel_array)


def test_hindi_is_manims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signs that are joined and reordered, where the script's font is installed; else boxes of one that is not."""
    from weightreel.analysis.errors import WeightreelError

    with holding(Settings(language="hi")):
        try:
            ours = words("हर परत का σ, 51 चक्रों में: प्रशिक्षण", width=4.0)
        except WeightreelError as error:
            pytest.skip(str(error))
        monkeypatch.setattr(letters, "outlines_of", lambda *_: None)
        theirs = words("हर परत का σ, 51 चक्रों में: प्रशिक्षण", width=4.0)
    assert len(ours.submobjects) == len(theirs.submobjects) > 10
    for one, other in zip(ours.submobjects, theirs.submobjects, strict=True):
        np.testing.assert_allclose(one.points, other.points, rtol=0, atol=1e-13)


def test_what_manims_typst_has_ours_has() -> None:
    ours, theirs = words("words"), Typst("words")
    assert vars(theirs).keys() <= vars(ours).keys()
    assert isinstance(formula("x"), Formula)


def test_texts_do_not_share_what_can_be_changed() -> None:
    one, other = words("same"), words("same")
    before = other.submobjects[0].points.copy(), other.submobjects[0].fill_rgbas.copy()
    one.submobjects[0].points += 1
    one.submobjects[0].fill_rgbas[:] = 0
    one.remove(one.submobjects[1])
    np.testing.assert_array_equal(other.submobjects[0].points, before[0])
    np.testing.assert_array_equal(other.submobjects[0].fill_rgbas, before[1])
    assert len(words("same").submobjects) == 4
