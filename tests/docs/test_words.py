"""docs/words.md: its catalogues work as they stand there, and a language comes by its steps alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from weightreel.analysis.findings.words.language import counting, language, phrase, phrase_n, speaking, translated

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
FOUR_LINES, ON_TOP, PLURAL, CLOCK = re.findall(r"```po\n(.*?)```", PAGE, re.DOTALL)
CODE_OF_A_LANGUAGE = "es"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine.po"


def test_four_lines_are_own_words(mine: Path) -> None:
    mine.write_text(FOUR_LINES, encoding="utf-8")
    assert len(FOUR_LINES.splitlines()) == 4
    with speaking(str(mine)):
        assert (translated("cat"), phrase("Weights"), phrase("Biases")) == ("tiger", "What it has learnt", "Biases")


def test_own_words_on_top_of_german(mine: Path) -> None:
    mine.write_text(ON_TOP, encoding="utf-8")
    with speaking("de"):
        weights, dog = phrase("Weights"), translated("dog")
    assert weights != "Weights"
    with speaking(str(mine)):
        assert (language(), translated("cat"), translated("dog"), phrase("Weights")) == (
            "de",
            "Tigerkatze",
            dog,
            weights,
        )


def test_forms_of_numbers_and_choices_of_clocks(mine: Path) -> None:
    mine.write_text(f"{PLURAL}\n{CLOCK}", encoding="utf-8")
    with speaking(str(mine)):
        assert [phrase_n("{n} seed", "{n} seeds", n) for n in (1, 2)] == ["1 beginning", "2 beginnings"]
        with counting("step"):
            assert phrase("At every {clock}") == "Nach jedem step"


@pytest.mark.slow  # sentences are gathered from all sources
def test_a_language_comes_by_the_steps_of_the_docs(mine: Path, small_store: Path, tmp_path: Path) -> None:
    """In a copy of the tree; what its first sentences say is said, the rest in English, numbers as it writes them."""
    copy, code = tmp_path / "copy", CODE_OF_A_LANGUAGE
    for name in ("analysis", "page", "scenes", "scripts", "weightreel", "pyproject.toml"):
        into = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        into(ROOT / name, copy / name, **({"symlinks": True} if into is shutil.copytree else {}))
    steps = dict(re.findall(r"^(\d)\. .*?`([^`]+)`", PAGE, re.MULTILINE))
    environment = os.environ | {"PYBABEL": f"{sys.executable} -m babel.messages.frontend", "PYTHONPATH": str(copy)}

    def run(command: list[str]) -> str:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert steps["1"] == f"scripts/catalogues.sh --new {code}"
    run(steps["1"].split())
    catalogue = copy / "analysis" / "findings" / "words" / "languages" / f"{code}.po"
    text = catalogue.read_text(encoding="utf-8")
    assert text.splitlines()[1] == "# Weightreel: partial"
    entry = 'msgid "Accuracy"\nmsgstr ""'
    assert text.count(entry) == 1
    catalogue.write_text(text.replace(entry, entry[:-2] + '"Exactitud"'), encoding="utf-8")
    assert steps["3"] == f"weightreel show STORE --lang {code}"
    shown = run([sys.executable, "-m", *steps["3"].replace("STORE", str(small_store)).split()])
    assert "Exactitud" in shown and re.search(r"\d,\d\d\b", shown) and "run" in shown
    run(["scripts/catalogues.sh"])
    run(["scripts/catalogues.sh", "--check"])
    kept = catalogue.read_text(encoding="utf-8")
    assert kept.splitlines()[1] == "# Weightreel: partial" and '"Exactitud"' in kept
    assert steps["4"] == "make catalogues" and steps["5"] == "# Weightreel: complete"
