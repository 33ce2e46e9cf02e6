"""Every film is looked at, beat by beat, on the shipped store and on stores of other shapes."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.settings import current
from weightreel.scenes.making.orders import ROOT, find_films
from weightreel.scenes.viewing.look import look_at
from weightreel.scenes.viewing.shown import Fault
from weightreel.scenes.viewing.stillness import KINDS
from weightreel.scenes.viewing.watch import check

FILMS = find_films()
SHIPPED = ROOT / "data" / "cifar10.h5"
SMALL: dict[str, Any] = {"sample": 64, "drawn": 256, "trials": 2000, "history_trials": 200}
SHAPES: dict[str, dict[str, Any]] = {
    "two epochs, two layers, one run, two classes": {"epochs": 2, "n_layers": 2, "models": ("cnn",), "n_classes": 2},
    "sixty layers": {"epochs": 6, "n_layers": 60},
    "five seeds": {"epochs": 11, "n_layers": 6, "seeds": (0, 1, 2, 3, 4)},
    "four networks": {"epochs": 11, "n_layers": 6, "models": ("cnn", "spectral-cnn", "gaussian-cnn", "pgd-cnn")},
    "still training": {"epochs": 7, "n_layers": 6, "complete": False},
    "a hundred classes of long names": {"epochs": 5, "n_layers": 4, "n_classes": 100},
}
LENGTHS = (22, 32, 113)
"""Characters of networks' titles: as long as people make them, and far longer."""
TITLE = (
    "Bounded in every layer, then hardened by noise and by ten steps of gradient ascent on a half of every batch, run"
)
NETWORKS = ("cnn", "spectral-cnn", "gaussian-cnn", "pgd-cnn", "wide-cnn")
NEED_ATTACKS = {"adversarial", "noise", "perturbation", "certificate"}


@pytest.fixture(scope="session")
def store_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Made-up stores by the name of their shape, each made once."""
    made: dict[str, Path] = {}

    def find(shape: str) -> Path:
        if shape not in made:
            path = tmp_path_factory.mktemp("shape") / "made-up.h5"
            with pytest.MonkeyPatch.context() as patch:
                if shape == "a hundred classes of long names":
                    names = tuple(f"a very long class name {i:03d}" for i in range(100))
                    patch.setattr("tests.made.store.CLASSES", names)
                made[shape] = synthetic_store(path, **SMALL, **SHAPES[shape])
        return made[shape]

    return find


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: what is the same in two films is set once."""
    return tmp_path_factory.mktemp("type")


MANY_NAMES = ("noise", "spectral_norm")
"""Films that write networks' names beside their numbers: looked at with titles of every length."""
TOLD = ("adversarial", "biases", "esd", "noise", "trailer", "weight_bias", "weights")
"""Films that tell: they ask first, keep moving and fill their floor, and are held to it here. `weightreel look` reports
these faults of every film, and the others of before have all of them until they are remade."""


def held(film: str, faults: Iterable[Fault]) -> list[str]:
    """One line for each of a film's faults, but for those of movement where it has not been remade."""
    return [str(fault) for fault in faults if film in TOLD or fault.kind not in KINDS]


def faults_of(film: str, store: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, runs: str = "") -> list[str]:
    """What a viewer would stumble over, one line each; `runs` are compared where a film compares."""
    monkeypatch.setenv("WEIGHTREEL_STORE", str(store))
    monkeypatch.setenv("WEIGHTREEL_IF_POSSIBLE", "1")
    monkeypatch.setenv("WEIGHTREEL_RUN", runs)
    scene = getattr(importlib.import_module(f"weightreel.scenes.{film}"), FILMS[film].scene)
    return held(film, check(scene, folder, film).faults)


@pytest.mark.parametrize("film", FILMS)
def test_films_of_the_shipped_store(film: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not faults_of(film, SHIPPED, folder, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("film", FILMS)
def test_films_of_stores_of_other_shapes(
    film: str, shape: str, store_of: Callable[[str], Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        assert not faults_of(film, store_of(shape), folder, monkeypatch)
    except NothingToShow:
        assert (film in NEED_ATTACKS, shape) == (True, "still training")


@pytest.fixture(scope="session")
def titled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], Path]:
    """Made-up stores by how long their networks' titles are, and how many there are, each made once."""
    made: dict[tuple[int, int], Path] = {}

    def find(length: int, n: int) -> Path:
        if (length, n) not in made:
            models = NETWORKS[:n]
            titles = {model: f"{TITLE[: length - 2]} {i}".ljust(length, ".") for i, model in enumerate(models, 1)}
            path = tmp_path_factory.mktemp("titled") / "titled.h5"
            made[length, n] = synthetic_store(path, 11, models=models, n_layers=6, titles=titles, **SMALL)
        return made[length, n]

    return find


@pytest.mark.slow
@pytest.mark.parametrize(
    ("film", "length", "n"),
    [
        (film, length, n)
        for film in FILMS
        for length, n in (*((length, 2) for length in LENGTHS), (32, 5))
        if film in MANY_NAMES or length == max(LENGTHS) or n > 2
    ],
)
def test_films_of_networks_with_titles_of_any_length(
    film: str, length: int, n: int, titled: Callable[[int, int], Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = ",".join(f"{model}-s0" for model in NETWORKS[:n])
    assert not faults_of(film, titled(length, n), folder, monkeypatch, runs)


@pytest.mark.slow
@pytest.mark.parametrize("film", FILMS)
def test_films_in_the_light_theme_and_in_another_script(film: str) -> None:
    """Theme and language are chosen when they are imported, so this runs in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.end_to_end.test_layout", str(SHIPPED), film],
        env=os.environ | {"WEIGHTREEL_THEME": "light", "WEIGHTREEL_LANG": "hi", "WEIGHTREEL_RUN": "", "COLUMNS": "200"},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    found = look_at(sys.argv[2:], replace(current(), store=sys.argv[1]))
    sys.exit("\n".join(line for film, report in found.items() for line in held(film, report.faults)) or 0)
