"""Trainings that are not over, or that lack the answers to the test images, are told as what they are by every face."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.defences import left_out_in_words
from weightreel.analysis.findings.attacks.verdict import verdict
from weightreel.analysis.findings.time import unfinished_in_words
from weightreel.analysis.stills.style import run_at_end
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.analysis.tables.markdown import comparison, defences_markdown, seeds_markdown
from weightreel.analysis.tables.overview import show
from weightreel.page.build import Charts, page_html

ON_ITS_WAY = "spectral-cnn-s1 is not over: epoch 2 of 50 is its last so far."
AT_ITS_END = "spectral-cnn-s0 is not over: of what is measured after epoch 2 some is missing."
UNTESTED = "cnn-s1 has no answers to the test images."


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks, two seeds."""
    path = tmp_path_factory.mktemp("unfinished") / "whole.h5"
    return synthetic_store(path, epochs=3, n_layers=2, seeds=(0, 1), sample=4, trials=60, history_trials=20)


@pytest.fixture(scope="module")
def store(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One on its way, one that lacks its last measurements, one that was never tested, one whole."""
    with Store(whole) as found:
        contents = found.contents()
    contents.describe("/runs/spectral-cnn-s1", state="training", epochs_planned=50)
    contents.describe("/runs/spectral-cnn-s0", state="training", epochs_planned=2)
    for run in ("spectral-cnn-s1", "spectral-cnn-s0", "cnn-s1"):
        contents.drop(f"/runs/{run}/test")
    path = tmp_path_factory.mktemp("unfinished") / "some.h5"
    write(path, contents)
    return Store(path)


def test_each_is_named_with_what_it_lacks(store: Store) -> None:
    said = list(unfinished_in_words(list(store.runs.values())))
    assert {ON_ITS_WAY, AT_ITS_END, UNTESTED} <= set(said)
    assert not any("cnn-s0 " in sentence.replace("spectral-cnn-s0", "") for sentence in said)
    assert list(unfinished_in_words([store.run("cnn-s1")])) == [], "where none was tested, that is no lack"


def test_one_without_a_plan_says_how_far_it_is(whole: Path, tmp_path: Path) -> None:
    with Store(whole) as found:
        contents = found.contents()
    contents.describe("/runs/cnn-s0", state="training")
    del contents.attributes["/runs/cnn-s0"]["epochs_planned"]
    write(tmp_path / "open.h5", contents)
    with Store(tmp_path / "open.h5") as found:
        assert list(unfinished_in_words([found.run("cnn-s0")])) == ["cnn-s0 is not over: epoch 2 is its last so far."]


def test_tables_say_so(store: Store) -> None:
    out = io.StringIO()
    show(store, Console(file=out, width=200, color_system=None))
    text = out.getvalue()
    assert "2/50, not over" in text
    for sentence in (ON_ITS_WAY, AT_ITS_END, UNTESTED):
        assert text.count(f"• {sentence}") == 1, sentence
    assert f"\n\n- {AT_ITS_END}" in comparison(store), "the lowest seeds are compared"
    assert "| Spectral CNN, seed 0, epoch 2, not over |" in comparison(store)
    left_out = "Not beside the others, since their training is not over: spectral-cnn-s0 and spectral-cnn-s1."
    assert left_out_in_words(store.runs.values()) == left_out
    assert f"\n\n- {left_out}" in defences_markdown(store)
    until = "All are compared up to epoch 2, which each has reached; not over: spectral-cnn-s0 and spectral-cnn-s1."
    assert seeds_markdown(store).endswith(f"\n- {until}")


def test_answers_that_cannot_be_paired_are_no_pair(store: Store, tmp_path: Path) -> None:
    contents = store.contents()
    noise = "/runs/spectral-cnn-s1/attacks/uniform-noise"
    for key in ("confidence", "prediction"):
        contents.datasets.pop(f"{noise}/{key}")
    write(tmp_path / "short.h5", contents)
    with Store(tmp_path / "short.h5") as found:
        judged = verdict(list(found.runs.values()))
    assert judged is not None
    assert any("of the 1 pair" in sentence for sentence in judged.sentences)


def test_stills_and_the_page_say_so(store: Store, tmp_path: Path) -> None:
    assert run_at_end(store.run("spectral-cnn-s0")) == "spectral-cnn-s0, epoch 2, not over"
    assert run_at_end(store.run("cnn-s1")) == "cnn-s1, epoch 2"
    page = page_html(store, [], Charts("", "0"), tmp_path / "index.html")
    for sentence in (ON_ITS_WAY, AT_ITS_END, UNTESTED):
        assert f"{sentence}" in page


def test_where_all_are_over_nothing_is_said(whole: Path, tmp_path: Path) -> None:
    with Store(whole) as found:
        texts = [comparison(found), defences_markdown(found), seeds_markdown(found)]
        texts.append(page_html(found, [], Charts("", "0"), tmp_path / "index.html"))
    assert not any("not over" in text.lower() for text in texts)
