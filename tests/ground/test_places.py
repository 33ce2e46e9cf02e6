"""What variants of what is drawn are called: none has another's name."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from weightreel.analysis.places import variant
from weightreel.analysis.settings import Settings


def test_what_is_drawn_as_by_default_has_no_name_of_its_own() -> None:
    assert variant(Settings()) == variant(Settings(store="b.h5", runs="a", slides=True)) == ""


def test_no_two_are_called_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    languages = ("en", "hi", "hi.po", "en.po", "sub/en.po", "light.po", str(tmp_path.parent / "hi.po"))
    asked = [
        Settings(language=language, theme=theme, pace=pace)
        for language, theme, pace in itertools.product(languages, ("dark", "light"), (1.0, 0.7, 2.0))
    ]
    names = [variant(settings) for settings in asked]
    assert len(set(names)) == len(asked)
    assert not any("/" in name for name in names)
    assert variant(Settings(language="hi", theme="light", pace=0.7)) == ".hi.light.pace-0.7"
    assert variant(Settings(language="mine.po")) == ".own-mine"
