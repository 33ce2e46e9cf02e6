"""Numbers in words and digits."""

from __future__ import annotations

import math
import timeit
from collections.abc import Callable

import numpy as np
import pytest
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.findings.words.language import speaking
from weightreel.analysis.findings.words.numbers import (
    beside,
    between,
    compact,
    count,
    direction,
    fixed,
    from_to,
    interval_in_percent,
    listed,
    listed_briefly,
    million,
    p_in_words,
    percent,
    plain,
    points,
    signed,
    significant,
    tight_percent,
    with_power,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01234, "0.0123"),
        (12345.6, "12,346"),
        (0.0, "0.00"),
        (-1.5, "−1.50"),
        (2.1e-5, "2.1e−05"),
        (np.nan, "–"),
        (np.inf, "–"),
    ],
)
def test_significant(value: float, text: str) -> None:
    assert significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.63e-6, "1.6 × 10⁻⁶"), (-5.4e-12, "−5.4 × 10⁻¹²"), (0.036, "0.036"), (0.0, "0.0"), (np.nan, "–")],
)
def test_small_numbers_by_their_power_of_ten(value: float, text: str) -> None:
    assert with_power(value) == text


@pytest.mark.parametrize(
    ("p", "least", "text"),
    [(0.036, 1e-300, "= 0.036"), (0.0, 1e-300, "< 1.0 × 10⁻³⁰⁰"), (0.0, 0.004, "< 0.004"), (0.004, 0.004, "= 0.0040")],
)
def test_a_p_below_what_can_be_told_is_told_as_below(p: float, least: float, text: str) -> None:
    assert p_in_words(p, least) == text
    assert p_in_words(float("nan"), least) == "–"


def test_words_for_numbers() -> None:
    assert percent(0.1234) == "12.3 %"
    assert million(8_650_000) == "8.7 million"
    assert million(5258) == "5,258"
    assert compact([-0.5, -0.0, 0.5]) == ["−0.5", "0.0", "0.5"]
    assert compact([0, 20_000]) == ["0", "20k"]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == ""
    assert [direction(1, b) for b in (1.5, 0.5, 1.001)] == ["rises", "falls", "stays"]
    assert from_to("it", 1.0, 2.0) == "it rises from 1.00 to 2.00"


def test_many_names_are_cut_short() -> None:
    assert listed_briefly(["a", "b"]) == "a and b"
    assert listed_briefly(list("abcdefg")) == "a, b, c, d and 3 more"


LANGUAGES = ("en", "de", "fr", "hi")
finite = st.floats(-1e12, 1e12, allow_nan=False)


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Catalogues that say in which language numbers are."""
    folder, found = tmp_path_factory.mktemp("languages"), {}
    for code in (*LANGUAGES, "tr", "de_CH"):
        path = folder / f"{code}.po"
        path.write_text(f'msgid ""\nmsgstr "Language: {code}\\n"\n\nmsgid "x"\nmsgstr "y"\n', encoding="utf-8")
        found[code] = str(path)
    return found


def read_back(text: str, code: str) -> float:
    """What a reader of the language takes a number for."""
    return float(parse_decimal(text.replace("−", "-").replace("+", ""), locale=code))


def written_in(catalogues: dict[str, str], code: str, write: Callable[[float], str], value: float) -> float:
    """A number, written and read back."""
    with speaking(catalogues[code]):
        text = write(value)
    return read_back(text, code)


@pytest.mark.parametrize("code", LANGUAGES)
class TestReadBack:
    @given(value=finite)
    def test_significant(self, catalogues: dict[str, str], code: str, value: float) -> None:
        found = written_in(catalogues, code, significant, value)
        assert found == pytest.approx(value, rel=0.051 if 0 < abs(value) < 1e-4 else 0.0051, abs=1e-300)

    @given(value=finite, places=st.integers(0, 5))
    def test_fixed_and_signed(self, catalogues: dict[str, str], code: str, value: float, places: int) -> None:
        for write in (fixed, signed):
            found = written_in(catalogues, code, lambda v, write=write: write(v, places), value)
            assert abs(found - value) <= 0.5000001 * 10**-places + 1e-12 * abs(value)

    @given(n=st.integers(-(10**15), 10**15))
    def test_count(self, catalogues: dict[str, str], code: str, n: int) -> None:
        assert written_in(catalogues, code, count, n) == n

    @given(value=finite)
    def test_plain(self, catalogues: dict[str, str], code: str, value: float) -> None:
        assert written_in(catalogues, code, plain, value) == pytest.approx(value, rel=1e-5, abs=1e-300)

    @given(share=st.floats(0, 1), places=st.integers(0, 3))
    def test_percent_and_points(self, catalogues: dict[str, str], code: str, share: float, places: int) -> None:
        for write in (points, percent):
            found = written_in(catalogues, code, lambda v, write=write: write(v, places).rstrip(" %"), share)
            assert abs(found - 100 * share) <= 0.5000001 * 10**-places

    @given(values=st.lists(st.floats(-9999, 9999), min_size=1, max_size=6))
    def test_ticks(self, catalogues: dict[str, str], code: str, values: list[float]) -> None:
        with speaking(catalogues[code]):
            found = compact(values)
        assert [read_back(text, code) for text in found] == pytest.approx(values, abs=1e-6, rel=1e-5)


def test_german(catalogues: dict[str, str]) -> None:
    with speaking(catalogues["de"]):
        assert (percent(0.1234), percent(1), tight_percent(0.75)) == ("12,3 %", "100 %", "75 %")
        assert (signed(-0.2), with_power(1.63e-6), p_in_words(0.036)) == ("−0,20", "1,6 × 10⁻⁶", "= 0,036")
        assert interval_in_percent(rate_of(np.array([True, False]))) == "50,0 % [9,5; 90,5]"
        assert between("0,1", "0,2") == "[0,1; 0,2]"
        assert (beside(["0,5", "0,9"]), listed(["0,5", "0,7", "0,9"])) == ("0,5; 0,9", "0,5; 0,7 and 0,9")
        assert listed(["conv1", "conv2", "fc"]) == "conv1, conv2 and fc"
        assert (million(8_650_000), million(5258), compact([0, 12_500])) == ("8,7 million", "5.258", ["0", "12,5k"])


def test_other_languages(catalogues: dict[str, str]) -> None:
    with speaking(catalogues["tr"]):
        assert percent(0.1234) == "%12,3"
    with speaking(catalogues["hi"]):
        assert (count(1_234_567), fixed(0.5), between("0.1", "0.2")) == ("12,34,567", "0.50", "[0.1, 0.2]")
    with speaking(catalogues["de_CH"]):
        assert (count(12_345), fixed(0.5), beside(["1", "2"])) == ("12’345", "0.50", "1, 2")
    assert (tight_percent(0.75), beside(["1,000", "2,000"])) == ("75%", "1,000, 2,000")


def test_what_is_not_known_is_a_dash() -> None:
    for write in (significant, count, fixed, percent, points, signed):
        assert {write(value) for value in (math.nan, math.inf, -math.inf)} == {"–"}


def test_a_readout_costs_little(catalogues: dict[str, str]) -> None:
    """They are written sixty times a second: 20 µs each on an idle core, and a margin for a busy one."""
    for code in LANGUAGES:
        with speaking(catalogues[code]):
            assert min(timeit.repeat(lambda: significant(0.0123), number=500, repeat=5)) / 500 < 60e-6
