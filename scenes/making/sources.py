"""What a film's file imports of this project, and what stands in these files: chapters and texts."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from weightreel.analysis.places import SCENES

BEGINS = ("beat", "take_away")
"""Methods of films whose first argument is the name of a chapter."""
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where statements stand in a statement."""
OF_THE_KIT = {"ask": "Question", "conclude": "Answer", "data_card": "Data", "end_card": "Data"}
"""Chapters that methods of films begin, where they are given no other name."""


def sources_of(path: Path, root: Path, beside: Path | None = None) -> list[Path]:
    """The file and all that it imports of this project, packages' `__init__.py` included, sorted.

    Args:
        path: a Python file below `root`, or one of one's own below `beside`.
        root: the folder that holds the package `weightreel`.
        beside: the folder that imports of one's own film are found in too.
    """
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            home = root if beside is None or not current.is_relative_to(beside) else beside
            waiting += _imported(current, home, root, state_of(current))
    return sorted(found)


def state_of(file: Path) -> tuple[int, ...]:
    """What the system changes whenever somebody writes into a file: within one process, its content is read once."""
    now = file.stat()
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns


@cache
def _content(path: Path, _state: tuple[int, ...]) -> bytes:
    return path.read_bytes()


def content_of(path: Path) -> bytes:
    """A source as it is now; films share most of theirs, which are read once."""
    return _content(path, state_of(path))


@cache
def _imported(path: Path, home: Path, root: Path, state: tuple[int, ...]) -> tuple[Path, ...]:
    """Files of this project, and of `home`, that a file imports."""
    sought: set[str] = set()
    found: list[Path] = []
    for module in _imported_modules(_content(path, state), path.parent.relative_to(home).parts):
        # `from a.b import c` may name a module a/b/c.py or something inside a/b.py: take what exists.
        ours = module.split(".")[0] == "weightreel"
        while module and module not in sought and (ours or home != root):
            sought.add(module)
            base = (root if ours else home).joinpath(*module.split("."))
            found += [file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()]
            module = module.rpartition(".")[0]
    return tuple(found)


def _imported_modules(source: bytes, package: tuple[str, ...]) -> Iterator[str]:
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            yield from (f"{module}.{alias.name}".strip(".") for alias in node.names)
        for block in _BLOCKS:  # no expression imports anything
            waiting += getattr(node, block, ())


def chapters_in(sources: Iterable[Path]) -> list[str] | None:
    """English names of all chapters that these files can begin; None where a name is made while a film is told."""
    found: dict[str, None] = {}
    for path in sources:
        if path.is_relative_to(SCENES) and path.relative_to(SCENES).parts[0] in ("kit", "making", "viewing"):
            continue
        for name in _chapters(path, path.stat().st_mtime_ns):
            if name is None:
                return None
            found[name] = None
    return list(found)


@cache
def _chapters(path: Path, changed: int) -> tuple[str | None, ...]:
    """Names of chapters in a file, None for each that is no literal; read again where it changed, in ns."""
    calls = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    return tuple(name for call in calls for name in _named_by(call))


def _named_by(call: ast.Call) -> Iterator[str | None]:
    if not isinstance(call.func, ast.Attribute):
        return
    named = next((keyword.value for keyword in call.keywords if keyword.arg == "name"), None)
    if call.func.attr in BEGINS and (call.args or named is not None):
        yield _literal(call.args[0] if call.args else named)
    elif call.func.attr in OF_THE_KIT:
        named = named if call.func.attr == "conclude" else None
        yield OF_THE_KIT[call.func.attr] if named is None else _literal(named)


def _literal(node: ast.expr | None) -> str | None:
    """A string as it stands, or as the argument of `phrase`."""
    if isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def texts_in(sources: Iterable[Path]) -> frozenset[str]:
    """Every text that stands in these files."""
    return frozenset[str]().union(*(_texts(path, path.stat().st_mtime_ns) for path in sources))


@cache
def _texts(path: Path, changed: int) -> frozenset[str]:
    nodes = ast.walk(ast.parse(path.read_bytes()))
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
