"""The rules of the house (docs/house.md), held by reading the sources: who may import whom, where a line may live."""

from __future__ import annotations

import ast
import itertools
import math
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.hiding import without
from weightreel.analysis.store.schema.fields import FIELDS

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "torchvision", "weightwatcher", "sklearn", "foolbox", "pandas", "powerlaw")
DRAWING = ("manim", "manim_slides", "matplotlib", "rich")
FILES = ("h5py", "pathlib", "os", "shutil", "tomllib")
WHEEL_NAMES = {"scikit-learn": "sklearn"}

ACROSS = {"docs", "end_to_end", "faces", "golden", "made", "snapshots"}
"""Folders of tests that mirror no room."""
MIRRORED = {"ground": ("analysis",), "weightreel": ("weightreel", "weightreel/commands", "weightreel/commands/stores")}
"""Rooms that have another name among the tests."""
GROUND = "errors kinds palette interrupts files settings places notices image_files segments plain_text processes"
FILMS = sorted({path.stem for path in (Path(__file__).parents[1] / "scenes").glob("*.py")} - {"__init__"})


class Rule(NamedTuple):
    """Modules at or below one of `of` import of ours nothing but `of` itself and `may`, and none of `never`."""

    of: str
    may: str = ""
    never: tuple[str, ...] = ()


RULES = (
    Rule(GROUND, never=(*HEAVY, "manim", "matplotlib", "h5py")),
    Rule("recipe", f"{GROUND} store.schema"),
    Rule("talk", f"{GROUND} recipe.part recipe.checked recipe.toml", never=(*HEAVY, *DRAWING)),
    Rule("maths", f"{GROUND} store.schema", never=(*FILES, "torchvision")),
    Rule("store", GROUND, never=(*(name for name in HEAVY if name != "pandas"), *DRAWING, "scipy")),  # a table's
    Rule("datasets decoded", f"{GROUND} recipe"),
    Rule("networks", f"{GROUND} recipe datasets decoded store.schema"),
    Rule("measures", f"{GROUND} recipe datasets decoded store.schema maths networks", never=FILES),
    Rule("runs", f"{GROUND} recipe store maths measures", never=("torch", "torchvision")),
    Rule("training", f"{GROUND} recipe datasets decoded store maths networks measures runs"),
    Rule("recording", f"{GROUND} recipe store maths networks measures runs"),
    Rule("importing", f"{GROUND} recipe datasets decoded store maths networks measures runs"),
    Rule("findings", f"{GROUND} store maths talk recipe.checked recipe.toml", never=(*HEAVY, *DRAWING)),
    Rule("tables", f"{GROUND} store findings", never=(*HEAVY, "matplotlib", "manim")),
    Rule("stills", f"{GROUND} store findings", never=(*HEAVY, "manim", "rich")),
    Rule("export", f"{GROUND} store findings stills tables", never=(*HEAVY, "manim")),
    Rule("page", f"{GROUND} store findings talk export tables", never=(*HEAVY, "manim", "matplotlib", "h5py")),
    Rule("scenes.camera", GROUND, never=(*HEAVY, "h5py")),
    Rule("scenes.kit", f"{GROUND} store findings talk scenes.camera", never=(*HEAVY, "h5py")),
    Rule("scenes.instruments", f"{GROUND} store findings scenes.kit scenes.camera", never=(*HEAVY, "h5py")),
    Rule("scenes.chapters", f"{GROUND} store findings scenes.instruments scenes.kit scenes.camera", never=HEAVY),
    *(
        Rule(f"scenes.{film}", f"{GROUND} store findings scenes.chapters scenes.instruments scenes.kit", never=HEAVY)
        for film in FILMS
    ),
    Rule("scenes.viewing", f"{GROUND} store findings scenes", never=(*HEAVY, "h5py")),
    Rule("scenes.making", f"{GROUND} store findings talk recipe.checked scenes", never=(*HEAVY, "h5py")),
)
"""Who may import whom. Names are those below `weightreel.analysis`, of page and scenes those below `weightreel`."""

FRONT = ("weightreel.cli", "weightreel.commands")
"""Nobody imports the front door, but for itself."""
SUBJECTS = frozenset(
    "training parameters spectra alpha norms noise perturbation certificates defences swing histories report "
    "movement confusion phases attacks esd histogram intervals masking worst_case robustness entries "
    "own_numbers".split()
)
"""One name on every floor: files of these names stand in several rooms and mean the same subject in each."""
FULL, LONG = 16, 320
"""Modules a folder may hold, and lines a module may have."""
MAY_NAME_PATHS = ("store", "findings", "runs", "measures", "export")
"""Rooms in which a literal may name a path of the store."""


@dataclass(frozen=True)
class Module:
    """A module of ours.

    Attributes:
        name: dotted, as it is imported: `weightreel.analysis.store.reader`.
        path: of its file, below the repository's root and not through a link.
    """

    name: str
    path: Path

    @property
    def room(self) -> str:
        """Its name in the rules."""
        return room_of(self.name)

    @property
    def package(self) -> str:
        """What its relative imports are relative to."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    def parse(self) -> ast.Module:
        return parse(self.path)


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def room_of(name: str) -> str:
    """`weightreel.analysis.store.reader` → `store.reader`, `weightreel.scenes.esd` → `scenes.esd`."""
    return name.removeprefix("weightreel.").removeprefix("analysis.")


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    found = []
    for top in ("analysis", "page", "scenes", "weightreel"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if top == "weightreel" and len(parts) > 1 and parts[1] in ("analysis", "page", "scenes"):
                continue  # through a link
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name if top == "weightreel" else f"weightreel.{name}", path))
    return tuple(found)


def imports_of(tree: ast.Module, package: str, names: frozenset[str]) -> set[str]:
    """Dotted names of modules that a source imports anywhere in it, imports inside functions included.

    Args:
        names: the modules that there are: of `from a import b` it is a.b if that is one, else a.
    """
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {whole if (whole := f"{base}.{alias.name}") in names else base for alias in node.names}
    return found


def is_below(name: str, tops: tuple[str, ...]) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in tops)


def offences(module: Module, tree: ast.Module) -> Iterator[str]:
    """Each import of the module that breaks a rule."""
    imported = sorted(imports_of(tree, module.package, frozenset(m.name for m in modules())))
    if module.room in ("analysis", "page", "scenes"):
        imported = [name for name in imported if name != "weightreel.former_names"]  # what they were before
    for name in imported:
        if is_below(name, FRONT) and not is_below(module.name, (*FRONT, "weightreel.__main__")):
            yield f"{module.room} imports {name}"
    for rule in RULES:
        if not is_below(module.room, tuple(rule.of.split())):
            continue
        may = (*rule.of.split(), *rule.may.split())
        for name in imported:
            if is_below(name, rule.never) or (
                name.startswith("weightreel.") and not is_below(name, FRONT) and not is_below(room_of(name), may)
            ):
                yield f"{module.room} imports {room_of(name)}"


def imported_at_once(tree: ast.Module) -> set[str]:
    """Modules that a source imports when it is imported itself, not in its functions."""
    later = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    body = [node for node in ast.walk(tree) if id(node) not in later and isinstance(node, ast.Import | ast.ImportFrom)]
    return imports_of(ast.Module(list(body), []), "", frozenset())


def test_no_module_breaks_a_rule_of_who_imports_whom() -> None:
    assert {"store.schema.fields", "training.loop", "scenes.kit.film"} <= {module.room for module in modules()}
    assert [o for module in modules() for o in offences(module, module.parse())] == []


def test_every_module_stands_in_a_room_with_a_rule() -> None:
    rooms = tuple(name for rule in RULES for name in rule.of.split())
    bare = [module.room for module in modules() if module.path.read_text().strip() and "." in module.room]
    assert [room for room in bare if not is_below(room, (*rooms, "commands"))] == []


def test_findings_import_scipy_inside_functions() -> None:
    """It takes longer to import than a store to show."""
    findings = [module for module in modules() if is_below(module.room, ("findings",))]
    assert [m.room for m in findings if any(is_below(n, ("scipy",)) for n in imported_at_once(m.parse()))] == []
    assert imported_at_once(ast.parse("import a\ndef f():\n    import b\nif c:\n    import d")) == {"a", "d"}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("weightreel.scenes.esd", "import torch"),
        ("weightreel.scenes.kit.clock", "def f():\n    from h5py import File"),
        ("weightreel.scenes.esd", "from weightreel.analysis.maths import spectrum"),
        ("weightreel.scenes.esd", "from weightreel.scenes.making.orders import find_films"),
        ("weightreel.analysis.errors", "from weightreel.analysis.store.reader import Store"),
        ("weightreel.analysis.store.reader", "import manim"),
        ("weightreel.analysis.store.reader", "from weightreel.analysis.recipe.recipe import Recipe"),
        ("weightreel.analysis.maths.spectrum", "from pathlib import Path"),
        ("weightreel.analysis.measures.attacks.noise", "from ...store import writer"),
        ("weightreel.analysis.runs.stack", "import torch"),
        (
            "weightreel.analysis.recording.recorder",
            "from weightreel.analysis.importing.series import run",
        ),
        ("weightreel.analysis.findings.spectral.alpha", "from rich.table import Table"),
        ("weightreel.analysis.stills.draw", "from weightreel.scenes.kit import theme"),
        ("weightreel.analysis.stills.draw", "from weightreel.cli import main"),
        ("weightreel.scenes.making.render", "from weightreel.commands.film import film"),
    ],
)
def test_a_breach_is_noticed(module: str, source: str) -> None:
    assert list(offences(Module(module, ROOT / "somewhere.py"), ast.parse(source)))


def foreign_imports(path: Path) -> Iterator[str]:
    """Imports of a film's file that fail, or mean something else, where Manim loads it as a module of its own."""
    for node in ast.walk(parse(path)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            if node.level:
                yield f"{path.name}: a relative import"
            names = [node.module or ""]
        yield from (f"{path.name}: {n}" for n in names if n.split(".")[0] in ("analysis", "scenes", "page"))


def test_films_can_be_loaded_by_manim_as_modules_of_their_own() -> None:
    films = sorted((ROOT / "scenes").glob("*.py"))
    assert {"esd", "weights"} <= {path.stem for path in films}
    assert [found for path in films for found in foreign_imports(path)] == []


def test_nothing_imports_by_the_names_that_only_a_checkout_has() -> None:
    assert [found for module in modules() for found in foreign_imports(module.path) if "relative" not in found] == []


def test_no_folder_is_full() -> None:
    count: defaultdict[Path, int] = defaultdict(int)
    for module in modules():
        if module.path.name != "__init__.py":
            count[module.path.parent] += 1
    full = [str(folder.relative_to(ROOT)) for folder, n in count.items() if n > FULL]
    assert full == []


def test_no_file_name_means_two_things() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for module in modules():
        if module.path.name not in ("__init__.py", "__main__.py") and "commands" not in module.path.parts:
            places[module.path.stem].append(str(module.path.relative_to(ROOT)))
    twice = [f"{' and '.join(paths)}" for stem, paths in places.items() if len(paths) > 1 and stem not in SUBJECTS]
    assert twice == []


def test_a_test_file_has_the_name_of_what_it_tests() -> None:
    """That of a module or folder in the room that its own folder mirrors; what several rooms say stands in ACROSS."""
    unknown = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        room, name = path.parent.relative_to(ROOT / "tests"), path.stem.removeprefix("test_")
        if room.parts and room.parts[0] not in ACROSS:
            rooms = [ROOT / source / room for source in ("", "analysis")]
            rooms += [ROOT / source for source in MIRRORED.get(str(room), ())]
            known = {
                found.stem for folder in rooms for found in folder.rglob("*") if found.suffix in ("", ".py", ".sh")
            }
            if not {name, name.removesuffix("_properties"), name.removesuffix("_shuffled")} & (known | {"properties"}):
                unknown.append(str(path.relative_to(ROOT)))
    assert unknown == []


def test_no_module_is_long() -> None:
    lines = {module.path.relative_to(ROOT): module.path.read_text().count("\n") for module in modules()}
    assert [str(path) for path, n in lines.items() if n > LONG] == []


@cache
def parts_of_paths() -> frozenset[tuple[str, ...]]:
    """Every row of parts within the path of a field of the schema; a part that is to be filled in is empty."""
    found = set()
    for field in FIELDS:
        for parameter in ("weight", "bias"):
            parts = field.path.strip("/").replace("PARAMETER", parameter).split("/")
            whole = tuple("" if part.isupper() else part for part in parts)
            found |= {whole[at:end] for at in range(len(whole)) for end in range(at + 1, len(whole) + 1)}
    return frozenset(found)


@cache
def names_a_field(literal: str) -> bool:
    """Whether a literal with a slash is part of a field's path, its own parts in a row; `*` stands for anything."""
    parts = tuple(part for part in literal.split("/") if part)
    if "/" not in literal or not set(parts) - {"*"}:
        return False
    return any(
        len(parts) == len(row)
        and all(theirs in ("", ours) or ours == "*" for ours, theirs in zip(parts, row, strict=True))
        and any(ours == theirs for ours, theirs in zip(parts, row, strict=True))
        for row in parts_of_paths()
    )


class Texts:
    """Strings that a source can make of its literals: joined, added, filled into f-strings, by constants' names too.

    What nobody can tell by reading is `*`.
    """

    MOST = 400
    """Combinations of one expression that are looked at."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self._named: defaultdict[str, list[ast.expr]] = defaultdict(list)
        self._members: defaultdict[str, list[ast.expr]] = defaultdict(list)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self._bind(target, node.value)
            elif isinstance(node, ast.For | ast.comprehension):
                self._bind_members(node.target, node.iter)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._named[target.id].append(value)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for one, its in zip(target.elts, value.elts, strict=True):
                self._bind(one, its)

    def _bind_members(self, target: ast.expr, over: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._members[target.id].append(over)
        elif isinstance(target, ast.Tuple) and isinstance(over, ast.Tuple | ast.List):
            for member in over.elts:
                self._bind(target, member)

    def of(self, node: ast.expr | None, seen: frozenset[str] = frozenset()) -> set[str]:
        """What an expression may be."""
        match node:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.FormattedValue(value=value):
                return self.of(value, seen)
            case ast.JoinedStr(values=values):
                return self._joined([self.of(value, seen) for value in values])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([self.of(left, seen), self.of(right, seen)])
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value="/"), attr="join"),
                args=[ast.Tuple(elts=elements) | ast.List(elts=elements)],
            ):
                parts = [self.of(element, seen) for element in elements]
                return self._joined([piece for part in parts for piece in ({"/"}, part)][1:])
            case ast.IfExp(body=body, orelse=other):
                return self.of(body, seen) | self.of(other, seen)
            case ast.Subscript(value=value):
                return self.members(value, seen) or {"*"}
            case ast.Name(id=name) if name not in seen:
                seen |= {name}
                found = {text for value in self._named[name] for text in self.of(value, seen)}
                return found | {text for over in self._members[name] for text in self.members(over, seen)} or {"*"}
        return {"*"}

    def members(self, node: ast.expr, seen: frozenset[str]) -> set[str]:
        """What the members of a tuple or list, the keys and the values of a dictionary may be."""
        match node:
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                return {text for element in elements for text in self.of(element, seen)}
            case ast.Dict(keys=keys, values=values):
                return {text for element in (*keys, *values) for text in self.of(element, seen)}
            case ast.Name(id=name) if name not in seen:
                return {text for value in self._named[name] for text in self.members(value, seen | {name})}
        return set()

    def _joined(self, parts: list[set[str]]) -> set[str]:
        if math.prod(map(len, parts)) > self.MOST:
            parts = [part if len(part) == 1 else {"*"} for part in parts]
        return {"".join(row) for row in itertools.product(*parts)}


def literals_of(tree: ast.Module) -> Iterator[str]:
    """Strings of a source but for docstrings, once for each expression that makes them; what is not known is `*`."""
    texts = Texts(tree)
    passed = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if id(node) in passed or not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call):
            continue
        if isinstance(node, ast.Constant) and not isinstance(node.value, str):
            continue
        found = texts.of(node) - {"*"}
        if named := sorted(filter(names_a_field, found)):
            yield named[0]
            passed |= {id(part) for part in ast.walk(node)}  # counted once
        elif isinstance(node, ast.JoinedStr):
            passed |= {id(part) for part in node.values}
            yield from sorted(found)[:1]


def test_paths_of_the_store_are_named_where_they_may_be() -> None:
    named = [
        f"{module.path.relative_to(ROOT)}: {literal}"
        for module in modules()
        if not is_below(module.room, MAY_NAME_PATHS)
        for literal in literals_of(module.parse())
        if names_a_field(literal)
    ]
    assert named == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("run['validation/loss']", 1),
        ("layer[f'{parameter}/edges']", 1),
        ("f'attacks/{name}/confidence'", 1),
        ("x = 'spectrum/sigma/'", 1),
        ('"""validation/loss"""', 0),
        ("'and/or'", 0),
        ("'loss'", 0),
        ("f'{a}/{b}'", 0),
        ("'media/films'", 0),
        ("'validation' + '/' + 'loss'", 1),
        ("'/'.join(('validation', key))", 1),
        ("part = 'validation'\nx = f'{part}/{key}'", 1),
        ("for part in ('train', 'validation'):\n    x = part + '/' + 'loss'", 1),
        ("parts = {'val': 'validation'}\nx = [f'{parts[p]}/loss' for p in parts]", 1),
        ("spectrum = 'spectrum'\nx = f'{spectrum if a else b}/alpha'", 1),
        ("root = f'{folder}/films'\nx = f'{root}/{name}'", 0),
    ],
)
def test_literals_that_name_a_field_are_counted(source: str, count: int) -> None:
    assert sum(map(names_a_field, literals_of(ast.parse(source)))) == count


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


VOICES = ("scenes.kit.espeak",)
"""What is imported only where a voice speaks, whose extra not everybody has."""


def test_films_and_their_kit_load_without_torch() -> None:
    names = [m.name for m in modules() if m.room.startswith("scenes") and m.room not in VOICES]
    code = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = run(code, *names)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_store_loads_without_torch_and_manim() -> None:
    unwanted = {*DRAWING, *HEAVY, "scipy"}
    done = run(f"import sys, weightreel.analysis.store.reader\nprint(*({unwanted!r} & sys.modules.keys()))")
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
    code = without(absent) + "from weightreel.cli import main\nsys.exit(main(sys.argv[1:]))"
    arguments = [str(tmp_path) if word == "FOLDER" else word for word in command]
    done = run(code, arguments[0], str(small_store), *arguments[1:])
    # `check` may find fault with a made-up store; without a module that it needs it would leave with 2 or a traceback.
    assert done.returncode in ((0, 1) if arguments[0] == "check" else (0,)), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_showing_a_store_waits_for_nothing_that_it_does_not_need(small_store: Path) -> None:
    code = "import sys\nfrom weightreel.cli import main\nmain(sys.argv[1:])\n"
    code += f"print(*(name for name in {(*HEAVY, *DRAWING[:3], 'scipy')!r} if name in sys.modules), file=sys.stderr)"
    done = run(code, "show", str(small_store))
    assert done.returncode == 0 and done.stderr.split() == [], done.stderr


WRITERS = {
    "print": {"analysis/notices.py", "analysis/store/schema/document.py", "scenes/making/gallery.py",
              "scenes/making/manim_alone.py", "scenes/making/verbs.py", "scenes/kit/film.py", "weightreel/cli.py"},
    "click.secho": {"weightreel/cli.py"},
    "click.echo": set(),
    "csv.writer": {"analysis/export/formats.py"},
    "Markup": {"page/build.py", "page/tables.py"},
    "RevealJS": {"scenes/making/deck.py"},
}  # fmt: skip
"""What writes a name where it could be more than text, as it is called, and the modules that call it: each does so
through `weightreel.analysis.plain_text` or a library's own escaping. A page's `Markup` is of our own sources alone."""


@pytest.mark.parametrize("name", WRITERS)
def test_names_are_written_in_few_places(name: str) -> None:
    called = {
        str(module.path.relative_to(ROOT))
        for module in modules()
        if any(isinstance(node, ast.Call) and ast.unparse(node.func) == name for node in ast.walk(module.parse()))
    }
    assert called == WRITERS[name]


def test_tables_on_a_terminal_are_drawn_in_one_place() -> None:
    found = {
        str(module.path.relative_to(ROOT))
        for module in modules()
        if "rich.table" in imports_of(module.parse(), module.package, frozenset({"rich.table"}))
    }
    assert found == {"analysis/tables/grid.py", "scenes/viewing/look.py"}


WRITTEN_ELSEWHERE = {
    "findings.words.numbers": "the room of numbers",
    "scenes.kit.type": "a width in Typst's source",
    "scenes.instruments.networks.layer_stack": "a power of ten without decimals, 3e20, in four characters",
    "page.build": "a size within an error, which are in English",
    "scenes.making": "what is told while it renders, in English",
    "scenes.viewing": "reports of `look` for who writes films, in English",
    "scenes.camera": "errors about rates of frames, in English",
}
"""Where an f-string may write a number, and why: of rooms whose text readers see in their language."""
READ = ("findings", "tables", "stills", "scenes", "page")
SPEC = re.compile(r"[,_]|\.\d|\.$|[efgn%]$", re.IGNORECASE)
"""Formats that write decimals, groups, powers or percent."""


def numbers_in(tree: ast.Module) -> Iterator[int]:
    """Lines on which an f-string, `format` or `%` writes a number as English does."""
    for node in ast.walk(tree):
        match node:
            case ast.FormattedValue(format_spec=ast.expr() as spec):
                fixed = "".join(str(part.value) for part in ast.walk(spec) if isinstance(part, ast.Constant))
                found = SPEC.search(fixed) is not None
            case ast.Call(func=ast.Name(id="format"), args=[_, ast.Constant()]):
                found = True
            case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str())):
                found = True
            case ast.Attribute(attr="format", value=ast.Constant(value=str(text))):
                found = re.search(r"\{\w*:", text) is not None
            case _:
                found = False
        if found:
            yield node.lineno  # type: ignore[attr-defined]


def test_numbers_for_readers_are_written_in_one_place() -> None:
    found = {
        (module.room, line)
        for module in modules()
        if is_below(module.room, READ)
        for line in numbers_in(module.parse())
    }
    assert sorted(place for place in found if not is_below(place[0], tuple(WRITTEN_ELSEWHERE))) == []
    rooms = {room for room, _ in found}
    assert [room for room in WRITTEN_ELSEWHERE if not any(is_below(one, (room,)) for one in rooms)] == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("f'{x:.2f}'", 1),
        ("f'{x:,}'", 1),
        ("f'{x:g}'", 1),
        ("f'{x:+.{places}f}'", 1),
        ("f'{x:.0%} of {y:,.0f}'", 2),
        ("'%.2f' % x", 1),
        ("'{:.2f}'.format(x)", 1),
        ("format(x, '.2f')", 1),
        ("f'{x} {y!r} {z:02d} {w:>8}'", 0),
        ("'{a}'.format(a=x)", 0),
        ("x % 2", 0),
    ],
)
def test_numbers_that_are_written_in_place_are_noticed(source: str, count: int) -> None:
    assert len(list(numbers_in(ast.parse(source)))) == count
