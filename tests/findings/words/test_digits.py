"""Signs and groups of numbers, in every language that Babel knows."""

from __future__ import annotations

import pytest
from babel import localedata

from weightreel.analysis.findings.words.digits import PLAIN, Digits, _digits_of

GERMAN = Digits(",", ".", (3, 3), False, "; ")
HINDI = Digits(".", ",", (3, 2))


@pytest.mark.parametrize(
    ("code", "digits"),
    [
        ("en", PLAIN),
        ("de", GERMAN),
        ("de-AT", GERMAN),
        ("sv", Digits(",", "\xa0", between="; ")),
        ("de-CH", Digits(".", "’")),
        ("fr", Digits(",", "\xa0", between="; ")),
        ("hi", HINDI),
        ("tr", Digits(",", ".", percent_first=True, between="; ")),
        ("ar", PLAIN),
        ("tlh", PLAIN),
        ("not a code", PLAIN),
    ],
)
def test_a_language_has_its_signs(code: str, digits: Digits) -> None:
    assert _digits_of(code) == digits


def test_every_language_writes_what_films_can_draw() -> None:
    from weightreel.scenes.kit.tag import writable

    codes = {"de-CH", *(code for code in localedata.locale_identifiers() if "_" not in code)}
    signs = {sign for code in codes for sign in vars(_digits_of(code)).values() if isinstance(sign, str)}
    assert {",", ".", "’", "\xa0", "; "} <= signs
    assert writable([f"1{sign}234" for sign in signs])


@pytest.mark.parametrize(
    ("text", "german", "hindi"),
    [
        ("0.05", "0,05", "0.05"),
        ("1,024", "1.024", "1,024"),
        ("−1,234,567.5", "−1.234.567,5", "−12,34,567.5"),
        ("123,456", "123.456", "1,23,456"),
        ("+12,345,678", "+12.345.678", "+1,23,45,678"),
        ("1.2e−07", "1,2e−07", "1.2e−07"),
        ("999", "999", "999"),
    ],
)
def test_a_number_is_written(text: str, german: str, hindi: str) -> None:
    assert (PLAIN.written(text), GERMAN.written(text), HINDI.written(text)) == (text, german, hindi)
