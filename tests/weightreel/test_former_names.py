"""Names of version 0.1 give today's objects in a checkout, and say where they are now."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from weightreel.former_names import FORMER, modules_of

ROOT = Path(__file__).resolve().parents[2]
SAME = {
    "analysis.Recorder": "weightreel.analysis.recording.recorder.Recorder",
    "analysis.WeightreelError": "weightreel.analysis.errors.WeightreelError",
    "analysis.store.Store": "weightreel.analysis.store.reader.Store",
    "analysis.store.Run": "weightreel.analysis.store.nodes.Run",
    "analysis.store.FitStatus": "weightreel.analysis.store.schema.spectra.FitStatus",
    "analysis.store.NothingToShow": "weightreel.analysis.errors.NothingToShow",
    "analysis.store.write": "weightreel.analysis.store.writer.write",
    "analysis.store.schema.FIELDS": "weightreel.analysis.store.schema.fields.FIELDS",
    "analysis.store.reader.Store": "weightreel.analysis.store.reader.Store",
    "analysis.integrations.lightning.WeightreelCallback": "weightreel.analysis.recording.lightning.WeightreelCallback",
    "analysis.watch.Recorder": "weightreel.analysis.recording.recorder.Recorder",
    "analysis.spectra.weightwatcher_scale": "weightreel.analysis.maths.spectrum.weightwatcher_scale",
    "scenes.kit.story.Film": "weightreel.scenes.kit.film.Film",
    "scenes.kit.instruments.curves.Curves": "weightreel.scenes.instruments.axes.curves.Curves",
    "scenes.esd.Esd": "weightreel.scenes.esd.Esd",
}


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "always::DeprecationWarning", "-c", code],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_former_names_give_the_same_objects() -> None:
    lines = ["from importlib import import_module"]
    for former, now in SAME.items():
        (module, name), (new_module, new_name) = former.rsplit(".", 1), now.rsplit(".", 1)
        lines.append(f"from {module} import {name}")
        lines.append(f"assert {name} is getattr(import_module({new_module!r}), {new_name!r}), {former!r}")
    done = run("\n".join(lines))
    assert done.returncode == 0, done.stderr
    for former in ("analysis", "analysis.integrations.lightning", "scenes.kit.story"):
        now = modules_of(former)[0] if "." in former else "weightreel"
        assert f"DeprecationWarning: {former} is {now}" in done.stderr
    told = [line for line in done.stderr.splitlines() if "the old name goes" in line]
    assert all(line.startswith("<string>:") for line in told), "a warning points at who imports"


def test_every_former_module_is_somewhere() -> None:
    missing = [now for former in FORMER for now in modules_of(former) if find_spec(now) is None]
    assert missing == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("from analysis.store import no_such_name", ["analysis.store", "no_such_name"]),
        ("import analysis.no_such_module", ["No module named 'analysis.no_such_module'"]),
        ("import analysis.store\nanalysis.store.no_such_name", ["look for it in weightreel.analysis.store.reader or"]),
    ],
)
def test_what_there_never_was_is_not_found(code: str, words: list[str]) -> None:
    done = run(code)
    assert done.returncode == 1
    assert all(word in done.stderr for word in words), done.stderr


def test_nothing_of_ours_asks_for_them() -> None:
    names = ["weightreel.cli", "weightreel.analysis.store.reader", "weightreel.scenes.esd", "weightreel.page.build"]
    done = run(f"import sys, {', '.join(names)}\nprint({{'analysis', 'scenes', 'page'}} & sys.modules.keys())")
    assert done.stdout == "set()\n", done.stderr
    assert "former_names" not in import_module("weightreel.analysis").__dict__
