"""What a student and a contributor do, by the docs alone: their lines are run as they stand there.

The lecturer's way, from talk.toml to the deck, is in test_talk.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

TREE = (
    "analysis docs page scenes scripts tests weightreel CONTRIBUTING.md Makefile README.md data manim.cfg "
    "package.json pyproject.toml constraints.txt"
).split()
"""What a contribution changes, and what its checks look at."""


def ran(command: list[str] | str, folder: Path, tree: Path = ROOT) -> str:
    """What a command prints that ends well, of the package in a tree."""
    env = os.environ | {
        "PYTHONPATH": str(tree), "PYTEST_ADDOPTS": "-n0 -q -p no:cacheprovider", "COLUMNS": "80",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }  # fmt: skip
    how = {"cwd": folder, "env": env, "capture_output": True, "text": True, "check": False}
    done = subprocess.run(command, shell=isinstance(command, str), **how)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


def test_a_student_sees_numbers_of_their_own_in_table_figure_and_film(tmp_path: Path) -> None:
    example = (ROOT / "docs" / "examples" / "own_training.py").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "recorder.md").read_text(encoding="utf-8")
    line = page.split("## Numbers\n\n```python\n")[1].split("```")[0].strip()
    own = example.replace("rec.epoch(loss=train(model))", line).replace("range(50)", "range(4)")
    assert line in own
    (tmp_path / "own.py").write_text(own, encoding="utf-8")
    ran([sys.executable, "own.py"], tmp_path)
    weightreel = [sys.executable, "-m", "weightreel"]
    table = ran([*weightreel, "show", "run.h5"], tmp_path)
    assert re.search(r"^ norm/head +\d\S* \(1\) +\d\S* \(4\)", table, re.MULTILINE), table
    ran([*weightreel, "figures", "run.h5", "--out", "figures"], tmp_path)
    assert (tmp_path / "figures" / "metrics.svg").is_file()
    ran([*weightreel, "film", "run.h5", "--films", "training", "--quality", "t"], tmp_path)
    said = (tmp_path / "media" / "films" / "run" / "t" / "training.srt").read_text(encoding="utf-8")
    assert "2 further numbers" in said and re.search(r"norm/first: \d\S* at epoch 1, ", said)


def test_a_contribution_is_added_by_the_lines_of_the_house(tmp_path: Path) -> None:
    for name in TREE:
        where, to = ROOT / name, tmp_path / name
        if where.is_dir():
            shutil.copytree(where, to, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "media", "*.h5"))
        else:
            shutil.copy(where, to)
    for store in (ROOT / "data").glob("*.h5"):
        (tmp_path / "data" / store.name).symlink_to(store)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    page = (tmp_path / "docs" / "house.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    (\S.*)$", page.split("## I want to add")[1].split("**an attack**")[0], re.MULTILINE)
    assert len(lines) > 8
    for line in lines:
        ran(line, tmp_path, tmp_path)
    assert "## Thermometer" in (tmp_path / "docs" / "instruments.md").read_text(encoding="utf-8")
    assert 'msgid "How far do the losses fall?"' in (
        tmp_path / "analysis" / "findings" / "words" / "languages" / "eo.po"
    ).read_text(encoding="utf-8")
    registered = "from weightreel.analysis.measures.attacks.probe import registry; print(*registry())"
    assert "half-black" in ran([sys.executable, "-c", registered], tmp_path, tmp_path)
