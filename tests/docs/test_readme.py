"""README is short, its links lead somewhere, its commands and options exist, and its numbers come out of commands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from weightreel.cli import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
FIVE_LINES = README.split("```python\n")[1].split("```")[0]
INSTALL = next(line.split("#")[0].strip() for line in README.splitlines() if "pip install" in line)
MOST_WORDS = 1000


def test_it_is_read_in_a_few_minutes() -> None:
    assert len(README.split()) <= MOST_WORDS


def test_no_sentence_stands_twice() -> None:
    prose = re.sub(r"```.*?```|<!--.*?-->|^    .*?$|^\|.*?$", "", README, flags=re.DOTALL | re.MULTILINE)
    sentences = [found for part in re.split(r"[.:?]\s", prose) if len(found := " ".join(part.split())) > 40]
    assert len(sentences) == len(set(sentences)) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_picture_and_link_is_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


def test_every_page_of_docs_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


def test_every_target_and_command_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    films = {path.stem for path in (ROOT / "scenes").glob("*.py")}
    targets = {*re.findall(r"^([a-z-]+):", makefile, re.MULTILINE), *films}
    asked = [
        word
        for line in re.findall(r"(?:^ {4}|`)(?:[A-Z_]+=\S+ )*make\b([^#`\n]*)", README, re.MULTILINE)
        for word in line.split()
        if "=" not in word
    ]
    assert {"demo", "slides", "site", "esd", "test"} <= set(asked) <= targets
    used = re.findall(r"(?:^ {4}|`)weightreel ([a-z]+)", README, re.MULTILINE)
    assert {"film", "import", "run", "merge"} <= set(used) <= set(COMMANDS)


def test_its_ratios_are_those_of_the_table_of_make_bench() -> None:
    table = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")
    said = README.split("<!-- speed: begin -->\n")[1].split("\n<!-- speed: end -->")[0].splitlines()
    assert len(said) == 3
    for line in said:
        name, _, ratio = line.removeprefix("- ").rpartition(": ")
        assert re.search(rf"^\| {re.escape(name)} \|.*\| {re.escape(ratio)} \|$", table, re.MULTILINE), line


@pytest.mark.slow
def test_the_five_lines_record_a_training_that_can_be_filmed(tmp_path: Path) -> None:
    """As they stand in the example whose film is pictured below them, in fewer epochs."""
    example = (ROOT / "docs" / "examples" / "own_training.py").read_text(encoding="utf-8")
    assert FIVE_LINES.partition("\n\n")[2] in example
    (tmp_path / "own.py").write_text(example.replace("range(50)", "range(3)"))
    film = [sys.executable, "-m", "weightreel", "film", "run.h5", "--films", "esd", "--quality", "t"]
    for command in ([sys.executable, "own.py"], film):
        subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
    assert (tmp_path / "media" / "films" / "run" / "t" / "esd.mp4").is_file()


@pytest.mark.slow
def test_the_line_that_installs_it_does(tmp_path: Path) -> None:
    """What it depends on is left out: that is gigabytes, and installed by `make` in other tests."""
    ignored = shutil.ignore_patterns("__pycache__", ".*", "node_modules", "media", "tests", "build", "*.egg-info")
    shutil.copytree(ROOT, tmp_path / "weightreel", symlinks=True, ignore=ignored)
    venv.create(tmp_path / "env", symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    command = INSTALL.replace("pip install", f"{sys.executable} -m pip --python {python} install --no-deps")
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)
    done = subprocess.run(
        [python, "-c", "import weightreel; print(weightreel.__file__)"],
        cwd=tmp_path, env={}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert str(tmp_path / "env") in done.stdout
