"""The notebooks, executed from top to bottom: on the store that ships, and on others that hold less or more."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import av
import nbformat
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from PIL import Image

from scripts.notebooks import FOLDER, METADATA, execute, films_in, for_reading
from tests.made.store import synthetic_store

NOTEBOOKS = [FOLDER / "part1.ipynb", FOLDER / "part2.ipynb"]
LARGEST = 1.5e6
"""Bytes of a notebook in the repository."""
SHORTEST_FILM = 4.0
"""Seconds."""
LIT = 96
"""Grey level, of 255, that curves surpass and a film's background does not."""

by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def outputs_of(notebook: NotebookNode) -> list[NotebookNode]:
    """The outputs of all cells."""
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def pictures_in(notebook: NotebookNode) -> list[Image.Image]:
    """The pictures, decoded."""
    found = (output.get("data", {}).get("image/png") for output in outputs_of(notebook))
    return [Image.open(io.BytesIO(base64.b64decode(png))) for png in found if png]


def texts_in(notebook: NotebookNode) -> list[str]:
    """What the cells say."""
    found = (output.get("data", {}).get("text/markdown", "") for output in outputs_of(notebook))
    return [text for text in found if text]


def check_pictures(notebook: NotebookNode, at_least: int) -> None:
    """Assert that there are as many pictures, each of which shows something and says what."""
    pictures = pictures_in(notebook)
    assert len(pictures) >= at_least
    assert all(np.asarray(picture.convert("L")).std() > 5 for picture in pictures)
    shown = [output for output in outputs_of(notebook) if "image/png" in output.get("data", {})]
    assert all(output.metadata["image/png"]["alt"] for output in shown)


def check_film(notebook: NotebookNode) -> None:
    """Assert that the notebook's last cell but one of code has made a film that plays and moves."""
    films = [film for output in outputs_of(notebook) for film in films_in(output)]
    assert len(films) == 1
    with av.open(io.BytesIO(films[0])) as container:
        rate = float(container.streams.video[0].average_rate)
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert frames[0].shape == (480, 854)
    assert len(frames) / rate >= SHORTEST_FILM
    middle, last = frames[len(frames) // 2], frames[-1]
    assert np.percentile(last, 99.5) > LIT
    assert np.abs(last.astype(int) - middle).max() > LIT


@by_name
def test_runs_on_the_store_that_ships_and_says_what_the_repository_holds(path: Path) -> None:
    fresh = execute(path)
    check_pictures(fresh, at_least=10)
    check_film(fresh)
    kept = nbformat.read(path, as_version=4)
    remedy = f"{path.name} does not hold what its cells say; run `python -m scripts.notebooks`."
    assert texts_in(for_reading(fresh)) == texts_in(kept), remedy
    assert len(pictures_in(for_reading(fresh))) == len(pictures_in(kept)), remedy


@by_name
def test_what_the_repository_holds_is_small_and_the_same_from_every_machine(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.stat().st_size <= LARGEST
    assert notebook.metadata == METADATA
    assert not [film for output in outputs_of(notebook) for film in films_in(output)]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count is None and not cell.metadata for cell in code)
    assert not [output for output in outputs_of(notebook) if output.output_type in ("error", "stream")]
    check_pictures(notebook, at_least=10)


@pytest.mark.slow
@by_name
def test_a_small_store_of_both_networks(path: Path, small_store: Path) -> None:
    notebook = execute(path, small_store)
    check_pictures(notebook, at_least=8)
    check_film(notebook)


@pytest.mark.slow
@by_name
class TestStoresThatHoldLess:
    """What is not there is said in a sentence."""

    def test_no_attacks_and_two_layers(self, path: Path, tmp_path: Path) -> None:
        store = synthetic_store(tmp_path / "bare.h5", epochs=2, models=("perceptron",), n_layers=2, attacks=False)
        notebook = execute(path, store)
        check_film(notebook)
        if path.stem == "part1":
            assert any("holds nothing for the figure" in text for text in texts_in(notebook))
            assert any("none of the report's networks" in text for text in texts_in(notebook))

    def test_training_goes_on(self, path: Path, tmp_path: Path) -> None:
        store = synthetic_store(tmp_path / "young.h5", epochs=3, n_layers=3, complete=False, attacks=True)
        check_film(execute(path, store))

    def test_only_the_initialisation(self, path: Path, tmp_path: Path) -> None:
        store = synthetic_store(tmp_path / "new.h5", epochs=1, n_layers=2, complete=False)
        notebook = execute(path, store)
        check_pictures(notebook, at_least=1)

    def test_seeds(self, path: Path) -> None:
        check_film(execute(path, Path("data/digits-seeds.h5")))

    def test_defences(self, path: Path) -> None:
        check_film(execute(path, Path("data/digits-defences.h5")))


def test_a_store_that_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError) as failure:
        execute(FOLDER / "part2.ipynb", tmp_path / "missing.h5")
    told = str(failure.value)
    assert "there is no store" in told
    assert "Traceback" not in told and "analysis/store/reader.py" not in told
