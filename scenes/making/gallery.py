"""The page of all instruments: `python -m weightreel.scenes.making.gallery` writes docs/instruments.md from docstrings.

Each comes with its example and the golden frame of it, which the tests hold.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from dataclasses import dataclass

from manim import Mobject

from weightreel.analysis.places import ROOT
from weightreel.scenes import instruments
from weightreel.scenes.kit.clock import Clocked

PAGE = ROOT / "docs" / "instruments.md"
EXAMPLE = re.compile(r"Example \(kept as (?P<frame>[\w/.-]+)\):\n(?P<code>(?:[ ]{4}.*\n?)+)")
HEAD = """# Instruments

What films are made of: Mobjects that hold a history, epoch first, and draw themselves at any epoch (`.at(t)`).
The pictures are the golden frames that `tests/golden` holds; this page is written by
`python -m weightreel.scenes.making.gallery`.

"""


@dataclass(frozen=True)
class Entry:
    """An instrument on the page.

    Attributes:
        name: of the class.
        module: where it is.
        about: its docstring up to the arguments.
        arguments: name and what it is, in the docstring's words.
        code: its example; empty where there is none.
        frame: the golden frame of it, relative to the project; empty where there is none.
        kind: the class itself.
    """

    name: str
    module: str
    about: str
    arguments: list[tuple[str, str]]
    code: str
    frame: str
    kind: type[Mobject]


def entries() -> list[Entry]:
    """All instruments, by name: what follows a clock, and whatever else of the instruments has an example."""
    found = []
    for info in pkgutil.walk_packages(instruments.__path__, f"{instruments.__name__}."):
        module = importlib.import_module(info.name)
        for name, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__ != module.__name__ or not issubclass(kind, Mobject):
                continue
            text = inspect.getdoc(kind) or ""
            example = EXAMPLE.search(text)
            if example is None and not issubclass(kind, Clocked):
                continue
            about = re.split(r"\n\n(?=Args:|Raises:|Attributes:|Example )", text)[0]
            code = inspect.cleandoc(example["code"]) if example else ""
            frame = example["frame"] if example else ""
            found.append(Entry(name, module.__name__, about, arguments_of(text), code, frame, kind))
    return sorted(found, key=lambda entry: entry.name)


def arguments_of(text: str) -> list[tuple[str, str]]:
    """Name and meaning of each argument that a docstring lists; several names where they are told together."""
    section = re.search(r"^Args:\n((?:[ ]{4}.*\n?)+)", text, re.MULTILINE)
    items = re.split(r"\n(?=\S)", inspect.cleandoc(section[1])) if section else []
    return [(name, " ".join(meaning.split())) for name, _, meaning in (item.partition(": ") for item in items)]


def page() -> str:
    """The page as Markdown."""
    parts = []
    for entry in entries():
        listed = "".join(f"- `{name}`: {meaning}\n" for name, meaning in entry.arguments) + "\n"
        picture = f"![{entry.name}](../{entry.frame})\n\n" if entry.frame else ""
        parts.append(
            f"## {entry.name}\n\n`{entry.module}`\n\n{entry.about}\n\n{listed}{picture}```python\n{entry.code}\n```\n"
        )
    return HEAD + "\n".join(parts)


def main() -> int:
    """Write the page; returns the exit code."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(entries())} instruments")
    return 0


if __name__ == "__main__":
    sys.exit(main())
