"""The faces of a store that print or write, each as the text that its command gives."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from matplotlib.figure import Figure

from tests.snapshots.digests import of_csv, of_json
from tests.snapshots.stills import of_figure
from weightreel.cli import main

ROOT = Path(__file__).parents[2]
WIDTH = "240"
"""Columns of a terminal in which no table is cut."""
MARKDOWN = ("report", "defences", "seeds")


def command(*arguments: str) -> str:
    """What `weightreel …` prints, in the checkout's root, without colours; of a refusal its sentence too."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("WEIGHTREEL_", "FORCE_COLOR"))}
    printed = io.StringIO()
    with (
        contextlib.chdir(ROOT),
        mock.patch.dict(os.environ, clean | {"COLUMNS": WIDTH, "NO_COLOR": "1"}, clear=True),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        code = main(list(arguments))
    return printed.getvalue() + (f"exit code {code}\n" if code else "")


def show(store: str) -> str:
    """`weightreel show`, its columns close together, so that a longer name moves nothing below it."""
    lines = command("show", store).splitlines()
    return "".join(re.sub("─+", "─", re.sub(" {3,}", "   ", line)).rstrip() + "\n" for line in lines)


def markdown(store: str) -> str:
    """Every table of `weightreel show --markdown`."""
    return "\n".join(f"# {table}\n\n{command('show', store, '--markdown', table)}" for table in MARKDOWN)


def exported_json(store: str) -> str:
    """`weightreel export --to json`, digested."""
    return _exported(store, "json", of_json)


def exported_csv(store: str) -> str:
    """`weightreel export --to csv`, digested table by table."""
    return _exported(store, "csv", of_csv)


def figures(store: str) -> str:
    """Every still that `weightreel figures` draws, in its order."""
    lines: list[str] = []

    def noted(figure: Figure, path: Path, *_: Any, format: str, **__: Any) -> None:
        path.touch()
        if format == "png":
            # It is written beside the file that it will replace, as .NAME.png.PROCESS.tmp.
            lines.extend(of_figure(path.name[1:].rpartition(".png.")[0], figure))

    with tempfile.TemporaryDirectory() as folder, mock.patch.object(Figure, "savefig", noted):
        told = command("figures", store, "--out", folder)
        return (
            "\n".join(lines)
            + "\n"
            + "".join(
                f"{line.replace(folder, 'FOLDER')}\n" for line in told.splitlines() if not line.startswith(folder)
            )
        )


def _exported(store: str, to: str, digested: Callable[[Path], Iterator[str]]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        told = command("export", store, "--to", to, "--out", folder)
        written = [Path(line) for line in told.splitlines() if line.startswith(folder)]
        if not written:
            return told
        return "".join(f"{line}\n" for path in written for line in digested(path))
