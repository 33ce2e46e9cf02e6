"""Words among numbers, in characters of equal width or in letters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from manim import DOWN

from weightreel.analysis.findings.phases import rule_of
from weightreel.analysis.findings.words.names import RULE
from weightreel.analysis.palette import theme
from weightreel.analysis.store.reader import Store
from weightreel.scenes.instruments.axes import epoch_dial
from weightreel.scenes.instruments.axes.bars import Bars
from weightreel.scenes.instruments.training import phase_ribbon
from weightreel.scenes.kit.tag import OneOf, apart, changing, on_one_line, tags, writable
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import Letters, Numerals

# Greek that the numerals lack, and that the bundled fonts have.
VERSIONS = Path(__file__).parents[2] / "store" / "versions"
GREEK = {"{clock}": "εποχή", "under-fitting": "υπο", "generalising": "γενίκευση", "over-fitting": "υπερ"}


def test_names_of_one_kind_are_written_alike() -> None:
    assert writable(["cat", "±1"])
    assert not writable(["cat", "γάτα"])
    assert all(isinstance(tag, Numerals) for tag in tags(["cat", "dog"]))
    assert all(isinstance(tag, Letters) for tag in tags(["cat", "γάτα"]))


def test_lines_are_on_one_height_whatever_descends() -> None:
    a, b = (on_one_line(name, SMALL) for name in ("aaa", "aga"))
    assert a.submobjects[0].get_bottom()[1] == pytest.approx(b.submobjects[0].get_bottom()[1], abs=1e-3)


def test_names_that_reach_into_each_other_are_nudged_apart_and_no_others() -> None:
    near, far = on_one_line("ÅÅg", SMALL), on_one_line("Åg", SMALL)
    names = [near, on_one_line("Åg", SMALL).shift(0.2 * DOWN), far.shift(2 * DOWN)]
    still = far.get_y()
    apart(names, DOWN)
    assert near.get_bottom()[1] - names[1].get_top()[1] >= 0.01 - 1e-6
    assert far.get_y() == still


def test_one_of_a_few_words_stays_in_its_place() -> None:
    shown = OneOf(["one", "three"], SMALL).shift([2.0, 1.0, 0.0])
    assert shown.said == "one"
    assert shown.capital == pytest.approx(Numerals("1", SMALL).capital)
    one = shown.points.copy()
    assert shown.get_left()[0] == pytest.approx(2.0)
    shown.show("three").shift([1.0, 0.0, 0.0])
    assert shown.said == "three"
    word = on_one_line("three", SMALL)
    assert shown.width == pytest.approx(word.width * shown.capital / word.capital)
    assert shown.show("one").points == pytest.approx(one + np.array([1.0, 0.0, 0.0]))
    assert shown.show("2 / 3").points[8:] == pytest.approx(
        Numerals("2 / 3", SMALL).shift(one[0] + [1.0, 0.0, 0.0]).points[8:]
    )
    with pytest.raises(KeyError):
        shown.show("δύο")


def test_a_line_changes_between_numbers_and_words_of_any_script() -> None:
    for word in ("no bulk", "καμία"):
        line = changing([word], SMALL, theme().ESD).shift([1.0, 0.0, 0.0])
        assert line.said == ""
        assert len(line.points) == 8
        assert line.show(word).get_left()[0] == pytest.approx(1.0, abs=0.05)
        assert (line.said, line.get_fill_color().to_hex().upper()) == (word, theme().ESD)
        assert line.show("×1.5").said == "×1.5"


def test_the_dial_and_the_ribbon_in_another_script(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (epoch_dial, phase_ribbon):
        monkeypatch.setattr(module, "phrase", lambda message: GREEK.get(message, "άλλη"))
    dial = epoch_dial.EpochDial(np.arange(51)).at(12.3)
    assert dial.text.text == "12 / 50"
    name = next(part for part in dial.submobjects if isinstance(part, Letters))
    assert (name.said, name.get_right()[0] < dial.text.get_left()[0] + 1e-6) == ("εποχή", True)
    ribbon = phase_ribbon.PhaseRibbon(np.arange(5), np.array([0, 0, 1, 1, 2]), 4.0)
    assert [ribbon.at(t).name_.text for t in (0, 3, 4)] == ["υπο", "γενίκευση", "υπερ"]
    assert ribbon.name_.get_fill_color().to_hex().upper() == theme().OVER_FITTING


def test_bars_have_room_for_names_in_letters() -> None:
    bars = Bars(np.arange(2.0), ["γάτα", "ένα μακρύ"], np.ones((2, 2)), (6, 2), most=1, colour="#FFFFFF", written=str)
    names = [part for part in bars.submobjects if isinstance(part, Letters)]
    assert [name.said for name in names] == ["γάτα", "ένα μακρύ"]
    assert max(name.get_right()[0] for name in names) < bars.base.points[0, 0]
    assert min(name.get_left()[0] for name in names) >= -0.01


def test_the_rule_in_the_catalogues_is_the_one_that_stores_tell() -> None:
    """Of stores before 1.5; a test of the language holds today's in brief."""
    with Store(VERSIONS / "1.4.h5") as store:
        assert RULE.format(clock="epoch", clocks="epochs") == rule_of(store.select()[0], "validation")
