"""Names that would be something else where they are not written as text, and a store that has them everywhere."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.made.store import synthetic_store
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write

SCRIPT = "</script><script>window.__ran=1</script><img src=http://evil.example/a.png onerror=window.__ran=2>"
PAYLOADS = (
    SCRIPT,
    "<!--<script>",
    '" onmouseover="window.__ran=3" x="',
    "<svg onload=window.__ran=4><iframe src=javascript:window.__ran=5>",
    "![](http://evil.example/b.png) | a | [x](javascript:window.__ran=6) `c`",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    '#read("/etc/passwd") $x$ \\") #panic("no")',
    "</text><script>window.__ran=7</script>",
    "$\\frac{1}$ $\\undefined{$",
    "[red]x[/red][/nope][link=file:///etc]x",
    "\x1b[2J\x1b]0;pwned\x07\x1b]8;;http://evil.example\x07\x9b31m",
    "-->\n00:00.000 --> 00:10.000 <b>a</b> {\\an8}",
    "a\n\n99\n00:00:00,000 --> 00:00:10,000\nhi",
    "\u202egnp.exe\u2066\u200b\u2028\u2029]]>",
    "{title} {0} %s %(name)s {{}} ${x}",
    "z" + "\u0301\u0322" * 60,
    "x" * 5000,
    " ",
    "../../x",
    "__proto__",
    "constructor",
    "飞机 👩\u200d🔬 हवाई",
)
"""Each is what it looks like, and no more."""
RENAMED = ("smooth-noise", "gaussian-noise")
"""Attacks that a store may call otherwise."""


def store_named(path: Path, payloads: Sequence[str] = PAYLOADS, *, models: bool = True, **made: object) -> Path:
    """A made-up store of two networks with a payload in every field that holds a name.

    Args:
        path: the file to write.
        payloads: go round over the fields.
        models: whether the models and their runs are named so too; else they are the report's.
        made: as `synthetic_store` takes it.
    """
    small = {"epochs": 4, "n_layers": 2, "trials": 200, "history_trials": 50, "sample": 4}
    synthetic_store(path, **{**small, **made})  # type: ignore[arg-type]
    with Store(path) as store:
        contents = store.contents()
        seeds = {run.path: run.seed for run in store.runs.values()}
        layers = [
            (run.path, i, layer.path) for run in store.runs.values() for i, layer in enumerate(run.layers.values())
        ]
    given = itertools.cycle(payloads)

    def key() -> str:
        """A name of a group, which can hold neither a slash nor NUL, and is no path."""
        name = next(given).replace("/", "∕").replace("\0", "")[:200]
        return name if name.strip(" .") else key()

    for run in seeds:
        attacks = f"{run}/attacks"
        contents = moved(contents, {f"{attacks}/{kind}": f"{attacks}/{key()} {kind}" for kind in RENAMED})
        metric = f"{run}/metrics/{key()}"
        contents.datasets[metric] = np.linspace(0, 1, len(contents.datasets[f"{run}/epoch"]), dtype=np.float32)
    contents = moved(contents, {layer: f"{run}/layers/{key()} {i}" for run, i, layer in layers})
    if models:
        for run in seeds:
            contents.describe(run, model=key())
        contents = moved(contents, {run: f"/runs/{contents.attributes[run]['model']}-s{seeds[run]}" for run in seeds})
    classes = contents.datasets["/dataset/classes"]
    contents.datasets["/dataset/classes"] = np.array([next(given).replace("\0", "") for _ in classes], object)
    recipe = json.loads(str(contents.attributes["/"]["recipe"]))
    recipe["title"] = next(given)
    contents.describe("/", recipe=json.dumps(recipe), licence=next(given), created=next(given))
    contents.describe("/dataset", name=next(given), digest=next(given))
    for name, about in list(contents.attributes.items()):
        for field in ("title", "device", "method"):
            if field in about:
                contents.describe(name, **{field: next(given)})
    write(path, contents)
    return path


def moved(contents: Contents, renamed: Mapping[str, str]) -> Contents:
    """The contents with groups under other paths."""

    def new(path: str) -> str:
        old = next((old for old in renamed if path == old or path.startswith(f"{old}/")), "")
        return renamed[old] + path.removeprefix(old) if old else path

    return Contents(
        {new(path): values for path, values in contents.datasets.items()},
        {new(path): about for path, about in contents.attributes.items()},
    )
