"""Names as a store gives them: text that can be shown, each by itself, and the file's own where it is written again."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.made.names import PAYLOADS, store_named
from weightreel.analysis.findings.attacks.noise import name_of_kind
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import titles_apart
from weightreel.analysis.plain_text import LONGEST_NAME, visible
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_named(tmp_path_factory.mktemp("named") / "s.h5", PAYLOADS[12:] + PAYLOADS[:12])


def test_every_name_can_be_shown_and_leads_to_what_it_names(named: Path) -> None:
    assert check(named) == []
    with Store(named) as store:
        for run in store.runs.values():
            names = [run.name, run.title, run.model, *run.layers, *run.attacks, *store.classes]
            assert [visible(name) for name in names] == names
            assert all(layer["weight/mean"].size for layer in run.layers.values() if layer.has("weight/mean"))
            assert store.run(run.name) is run
        assert visible(str(store.recipe["title"])) == store.recipe["title"]


def test_a_store_is_written_again_with_the_names_that_it_has(named: Path, tmp_path: Path) -> None:
    with Store(named) as store:
        first = store.contents()
        write(tmp_path / "again.h5", store.contents())
    with Store(tmp_path / "again.h5") as store:
        again = store.contents()
    assert first.datasets.keys() == again.datasets.keys()
    assert list(first.datasets["/dataset/classes"]) == list(again.datasets["/dataset/classes"])
    assert any("\x1b" in str(about.get("title", "")) + path for path, about in again.attributes.items())


def test_classes_and_networks_of_one_name_are_told_apart(named: Path, tmp_path: Path) -> None:
    with Store(named) as store:
        contents = store.contents()
        for run in store.runs.values():
            contents.describe(run.path, title="")
    contents.datasets["/dataset/classes"] = np.array(["cat", "", "cat", " ", "x" * 900, *"abcde"], object)
    write(tmp_path / "s.h5", contents)
    with Store(tmp_path / "s.h5") as store:
        assert store.classes[:4] == ["cat", "#1", "cat #2", "#3"]
        assert len(store.classes[4]) == LONGEST_NAME
        assert [run.title for run in store.runs.values()] == list(store.runs), (
            "one without a title is called as its run"
        )
        for run in store.runs.values():
            run.title = "net"
        assert len(set(titles_apart(list(store.runs.values())))) == 2


def test_text_that_is_no_utf_8_is_read(named: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s.h5"
    copy.write_bytes(named.read_bytes())
    with h5py.File(copy, "r+") as file:
        group = next(iter(file["runs"].values()))
        group.attrs.create("title", b"\xff\x1b[31m", dtype=h5py.string_dtype())
    with Store(copy, sealed=False) as store:
        assert r"\udcff\x1b[31m" in [run.title for run in store.runs.values()]


def test_clocks_and_kinds_of_noise_of_any_name_are_words() -> None:
    assert phrase("Every {clock}", clock="<b>{0}") == "Every record"
    assert name_of_kind("{0}-{x}-noise") == "{0} {x}"
