"""Numbers that a training's own code handed over are called by the names that it gave, wherever they are shown."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from weightreel.analysis.export.csv import tables
from weightreel.analysis.export.json import as_json, page_data
from weightreel.analysis.findings.own_numbers import (
    course_of,
    course_of_number_in_words,
    names_of_courses,
    names_of_numbers,
    on_common_clock,
)
from weightreel.analysis.segments import segment_of
from weightreel.analysis.stills.own_numbers import metric_figures
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.analysis.tables.overview import show

NAMES = ("grad/x", "a.b", "100% sure", "tokens seen", "λ_max", "../up", "$x$", "[bold]b")
VALUES = np.array([np.nan, 3, 1, np.nan, 4, 2, np.nan, *[2] * 3, np.nan], np.float32)


@pytest.fixture(scope="module")
def store(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One network with numbers of many names, and one that was measured once."""
    path = tmp_path_factory.mktemp("own") / "s.h5"
    with Store(small_store) as known:
        contents = known.contents()
    contents.drop("/runs/spectral-cnn-s0")
    contents.describe("/runs/cnn-s0", source="recorded while other code trained it")
    for i, name in enumerate(NAMES):
        contents.datasets[f"/runs/cnn-s0/metrics/{segment_of(name)}"] = VALUES + i
    once = np.where(np.arange(11) == 4, 7, np.nan)
    contents.datasets["/runs/cnn-s0/metrics/once"] = once
    write(path, contents)
    return path


def test_names_stay_as_given(store: Path) -> None:
    with Store(store) as opened:
        run = opened.run("cnn-s0")
        assert set(run.metrics) == {*NAMES, "once"}
        out = io.StringIO()
        show(opened, Console(file=out, width=100, color_system=None))
        rows = {row[2] for table in tables(opened, [run]) if table.name == "metrics" for row in table.rows}
        told = json.loads(as_json(page_data(opened, [run])))
        charts = {axes.get_title() for _, figure in metric_figures([run]) for axes in figure.axes}
        columns = set(run.to_frame().columns)
        said = [course_of_number_in_words(run, name) for name in NAMES]
    for i, name in enumerate(NAMES):
        assert f" {name} " in out.getvalue()
        assert name in rows and name in charts and name in columns
        assert name in told["runs"][0]["metrics"]
        assert said[i].startswith(
            f"{name}: {3 + i} at epoch 1, {2 + i} at 9; lowest {1 + i} at 2, highest {4 + i} at 4"
        )


def test_where_a_number_stood_is_said_with_it(store: Path) -> None:
    with Store(store) as opened:
        run = opened.run("cnn-s0")
        course = course_of(run, "grad/x")
        assert course is not None
        assert [(known.clock, known.value) for known in course] == [(1, 3), (9, 2), (2, 1), (4, 4)]
        assert course_of(run, "absent") is None and course_of_number_in_words(run, "absent") == ""
        assert "once" in names_of_numbers([run]) and "once" not in names_of_courses([run])
        bridged = on_common_clock(run, "grad/x", run.epochs)
    assert np.isnan(bridged[[0, 10]]).all()
    assert bridged[3] == 2.5
