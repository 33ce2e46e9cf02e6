"""Characters that no font can draw are replaced by what can be read, and named in a sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from matplotlib import get_data_path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.names import named, shortened
from weightreel.analysis.settings import Settings, holding
from weightreel.scenes.kit.fonts import face
from weightreel.scenes.kit.glyphs import NOWHERE, clusters, drawable, pages_of, stand_in, undrawable
from weightreel.scenes.kit.tag import short_tag
from weightreel.scenes.kit.type import words


def test_what_fonts_have_stays_as_it_is() -> None:
    for text in (
        "Réseau à convolution №1 «Σ»",
        "Łódź İstanbul",
        "Москва",
        "e\u0301",
        '$x_1$ #a {title} \\ " `*_',
        "→ ≥",
    ):
        assert drawable(text) == text
        assert words(text).said == text


def test_what_no_font_has_is_replaced_by_something_readable() -> None:
    assert undrawable(["abc", f"a{NOWHERE}b{NOWHERE}"]) == [NOWHERE]
    assert drawable(f"a{NOWHERE}b") == "a□b"
    assert drawable(NOWHERE) == "□"
    text = words(f"Net {NOWHERE}")
    assert text.said == "Net □" and len(text.submobjects) == 4


def test_a_symbol_is_replaced_by_its_name() -> None:
    assert stand_in("🚀") == "(rocket)"
    assert stand_in("飞") == "□"
    assert stand_in("\ufe0f") == ""


def test_marks_stay_with_their_letters() -> None:
    assert list(clusters("e\u0301x")) == ["e\u0301", "x"]
    assert list(clusters("क्षि")) == ["क्", "षि"]
    assert shortened("abc" + "e\u0301" * 3, 6) == "…" + "e\u0301" * 2


@pytest.mark.parametrize(("name", "shown"), [("a\nb\tc", "a b c"), (" lead ", "lead"), ("\x1b[2J", "[2J"), ("\n", "–")])
def test_names_are_shown_on_one_line(name: str, shown: str) -> None:
    assert named(name) == shown


@pytest.mark.parametrize("name", ["tête", "φ", "слои", "layer_" * 30, "слой_" * 30, "🔥", "飞机层", "طبقة"])
def test_any_layer_s_name_is_a_tag_of_little_width(name: str) -> None:
    assert 0 < short_tag(name, 2.0).width <= 2.0


def test_a_folder_of_fonts_counts_in_english_too(tmp_path: Path) -> None:
    shutil.copy(Path(get_data_path()) / "fonts" / "ttf" / "STIXNonUni.ttf", tmp_path)
    letter = "\ue000"  # of its private letters
    before = pages_of([letter])
    with holding(Settings(fonts=str(tmp_path))):
        assert face().folders == (tmp_path.resolve(),)
        assert undrawable([letter]) == []
        assert pages_of([letter]) != before


def test_a_folder_without_fonts_is_refused(tmp_path: Path) -> None:
    with holding(Settings(fonts=str(tmp_path))), pytest.raises(WeightreelError, match="holds no fonts"):
        face()
