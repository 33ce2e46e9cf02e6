"""npm is asked for a font only where a language's script needs one."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.font_wanted import font_wanted
from weightreel.analysis import places
from weightreel.scenes.kit.fonts import SCRIPTS

HINDI = SCRIPTS["hi"].package


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "NODE_MODULES", tmp_path / "node_modules")
    monkeypatch.chdir(tmp_path)  # where packages are looked for, too


def catalogue(folder: Path, header: str) -> str:
    path = folder / "mine.po"
    path.write_text(f'{header}msgid "cat"\nmsgstr "tiger"\n', encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("header", "package"),
    [
        ("", ""),
        ('msgid ""\nmsgstr "Language: de\\n"\n\n', ""),
        ('msgid ""\nmsgstr "Language: hi_IN\\n"\n\n', HINDI),
    ],
)
def test_a_catalogue_asks_for_the_font_of_its_language(header: str, package: str, tmp_path: Path) -> None:
    assert font_wanted(catalogue(tmp_path, header)) == package


def test_languages_of_the_package_and_what_is_none() -> None:
    assert (font_wanted("en"), font_wanted("hi"), font_wanted("xx"), font_wanted("nowhere.po")) == ("", HINDI, "", "")


def test_a_font_that_is_there_is_not_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "node_modules" / HINDI
    folder.mkdir(parents=True)
    (folder / "a.ttf").touch()
    assert font_wanted("hi") == ""
