"""Who may import whom: `scenes → weightreel.analysis.store ← analysis.*`, and where torch may not appear."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "torchvision", "weightwatcher", "sklearn", "scipy", "foolbox", "pandas", "powerlaw")
FILES = ("h5py", "pathlib", "os", "shutil", "json", "tomllib")
WHEEL_NAMES = {"scikit-learn": "sklearn"}


class Rule(NamedTuple):
    """Modules at or below `of` import nothing at or below `never`, but for what is at or below `but`."""

    of: tuple[str, ...]
    never: tuple[str, ...]
    but: tuple[str, ...] = ()


NUMERIC = tuple(
    f"analysis.{name}"
    for name in (
        "spectra",
        "power_law",
        "marchenko_pastur",
        "operator_norm",
        "phases",
        "histogram",
        "measure_spectra",
        "gram",
        "krylov",
        "description",
    )
)
RECORD_MAKERS = ("training", "attacks", "recorder", "models", "datasets")
RULES = (
    Rule(("scenes",), (*HEAVY, "h5py", "analysis"), but=("analysis.store",)),
    Rule(
        ("analysis.store",),
        (*HEAVY, "manim", "matplotlib", "scenes", "analysis"),
        but=("analysis.store", "analysis.errors", "analysis.kinds"),
    ),
    Rule(("analysis",), ("manim", "manim_slides", "scenes", "tests")),
    Rule(("analysis", "scenes"), ("page",)),
    Rule(("page",), HEAVY),
    # Numeric modules do no I/O; the names of a fit's states and of the phases stand in the schema.
    Rule(NUMERIC, (*FILES, "analysis.store"), but=("analysis.store.schema", "analysis.store.readings")),
    # What trains, attacks and records hands its records to the experiment and knows nothing of the store.
    Rule(tuple(f"analysis.{name}" for name in RECORD_MAKERS), ("h5py", "analysis.store", "analysis.experiment")),
)


def modules() -> dict[str, Path]:
    """Every module of the packages by dotted name."""
    found = {}
    for package in ("analysis", "page", "scenes"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(source: str, package: str) -> set[str]:
    """Dotted names that a source imports anywhere in it, imports inside functions included."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def is_below(name: str, tops: tuple[str, ...]) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in tops)


def offences(module: str, source: str, package: str) -> list[str]:
    """Each import of the module that breaks a rule."""
    return [
        f"{module} imports {name}"
        for rule in RULES
        if is_below(module, rule.of)
        for name in sorted(imports_of(source, package))
        if is_below(name, rule.never) and not is_below(name, rule.but)
    ]


def package_of(module: str, path: Path) -> str:
    return module if path.name == "__init__.py" else module.rpartition(".")[0]


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_no_module_breaks_a_rule() -> None:
    found = modules()
    assert {"analysis.store.schema", "analysis.training", "scenes.kit.story"} <= found.keys()
    broken = [o for name, path in found.items() for o in offences(name, path.read_text(), package_of(name, path))]
    assert broken == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("scenes.esd", "import torch"),
        ("scenes.kit.clock", "def f():\n    from h5py import File"),
        ("scenes.esd", "from analysis import spectra"),
        ("scenes.esd", "from weightreel.analysis.maths.spectrum import esd"),
        ("analysis.store.reader", "import manim"),
        ("analysis.store.reader", "from weightreel.analysis.recipe.experiment import Recipe"),
        ("analysis.spectra", "from pathlib import Path"),
        ("analysis.training", "from weightreel.analysis.store import write"),
        ("analysis.attacks.noise", "from ..store import writer"),
        ("analysis.figures", "from weightreel.scenes.kit import theme"),
    ],
)
def test_a_breach_is_noticed(module: str, source: str) -> None:
    assert offences(module, source, module.rpartition(".")[0])


VOICES = ("scenes.kit.espeak",)
"""What is imported only where a voice speaks, whose extra not everybody has."""


def test_films_and_their_kit_load_without_torch() -> None:
    names = [name for name in modules() if name.startswith("scenes") and name not in VOICES]
    code = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = run(code, *names)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    # Manim itself loads scipy; nothing else of the analysis may come along.
    assert loaded <= {"scipy"}


def test_the_store_loads_without_torch_and_manim() -> None:
    done = run(f"import sys, analysis.store\nprint(*({{'manim', 'matplotlib', *{HEAVY!r}}} & sys.modules.keys()))")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    "command", [["show"], ["check"], pytest.param(["figures", "--out", "FOLDER"], marks=pytest.mark.slow)]
)
def test_reading_commands_need_no_analysis_extra(command: list[str], small_store: Path, tmp_path: Path) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["analysis"]
    names = [requirement.split(">")[0].split("=")[0].split("[")[0] for requirement in extras]
    absent = {WHEEL_NAMES.get(name, name) for name in names} - {"scipy"}  # scipy comes with Manim
    assert "torch" in absent
    code = (
        f"import sys\nfor name in {sorted(absent)!r}: sys.modules[name] = None\n"
        "from weightreel.cli import main\nsys.exit(main(sys.argv[1:]))"
    )
    arguments = [str(tmp_path) if word == "FOLDER" else word for word in command]
    done = run(code, arguments[0], str(small_store), *arguments[1:])
    # `check` may find fault with a made-up store; without a module that it needs it would leave with 2 or a traceback.
    assert done.returncode in ((0, 1) if arguments[0] == "check" else (0,)), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
