"""What pyproject.toml declares is what the package imports."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from weightreel.analysis import places
from weightreel.cli import EXTRAS, extra_of

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
THEIRS = {"autoattack", "lightning", "pytorch_lightning", "transformers"}
"""Imported where a user has them, by what is made for those who do."""
NAMES = {
    "PIL": "pillow", "bs4": "beautifulsoup4", "cairo": "pycairo", "colour": "colour-science",
    "markdown_it": "markdown-it-py", "pptx": "python-pptx", "sklearn": "scikit-learn",
}  # fmt: skip
"""Distributions by the module that they install, where it is called otherwise."""
BY_ITS_NAME = {"tensorboard", "xarray", "h5netcdf"}
"""Imported by a string, or by whoever opens a store with them."""


OWN = ("tests", "scripts", "benchmarks")
"""Folders of the checkout that are not installed."""


def required(requirements: list[str]) -> set[str]:
    """The names of distributions, as the index writes them."""
    return {canonicalize_name(Requirement(text).name) for text in requirements}


DEPENDENCIES = required(PROJECT["dependencies"])
EXTRA_DEPENDENCIES = {extra: required(texts) for extra, texts in PROJECT["optional-dependencies"].items()}


def distribution_of(module: str) -> str:
    """The distribution that installs a module."""
    return NAMES.get(module, canonicalize_name(module))


@cache
def imported(tops: tuple[str, ...] = ("analysis", "page", "scenes", "weightreel")) -> dict[str, set[str]]:
    """Files of the package, or of other folders, by the modules of others that they import, anywhere in them."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for top in tops:
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_bytes())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module or ""]
                ours = {"weightreel", *OWN, *sys.stdlib_module_names}
                for module in {name.partition(".")[0] for name in names} - ours:
                    found[module].add(str(path.relative_to(ROOT)))
    return found


def test_every_module_of_others_is_declared() -> None:
    found = imported()
    assert {"numpy", "manim", "torch"} <= found.keys()
    undeclared = {
        module: sorted(files)
        for module, files in found.items()
        if module not in THEIRS
        and distribution_of(module) not in DEPENDENCIES
        and distribution_of(module) not in EXTRA_DEPENDENCIES.get(extra_of(module) or "", ())
    }
    assert undeclared == {}


def test_what_only_a_checkout_has_imports_what_an_extra_declares() -> None:
    """What comes along with another package today may stay away tomorrow."""
    found = imported((*OWN, "notebooks", "docs"))
    assert {"pytest", "bs4", "IPython"} <= found.keys()
    declared = DEPENDENCIES.union(*EXTRA_DEPENDENCIES.values())
    assert {module: files for module, files in found.items() if distribution_of(module) not in declared} == {}


def test_every_dependency_is_imported() -> None:
    assert DEPENDENCIES - set(map(distribution_of, imported())) == set()


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_installs_what_its_commands_are_told_to_need(extra: str) -> None:
    assert set(EXTRAS[extra]) <= imported().keys() | BY_ITS_NAME
    assert set(map(distribution_of, EXTRAS[extra])) == EXTRA_DEPENDENCIES[extra]


def test_every_version_is_pinned() -> None:
    pinned = set(re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))
    wanted = DEPENDENCIES.union(*EXTRA_DEPENDENCIES.values())
    assert wanted - set(map(canonicalize_name, pinned)) == set()


def test_packages_of_npm_are_those_of_package_json() -> None:
    assert json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"] == places.NPM
    assert places.npm_install("echarts") == f"npm install echarts@{places.NPM['echarts']}"


def test_a_package_of_npm_may_lie_in_the_working_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    monkeypatch.setattr(places, "NODE_MODULES", checkout)
    monkeypatch.chdir(tmp_path)
    assert places.npm_package("echarts") == checkout / "echarts"
    (tmp_path / "node_modules" / "echarts").mkdir(parents=True)
    assert places.npm_package("echarts") == tmp_path / "node_modules" / "echarts"
    (checkout / "echarts").mkdir(parents=True)
    assert places.npm_package("echarts") == checkout / "echarts"
