"""Every film, rendered small from made-up stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.films import check_film, render
from tests.made.store import synthetic_store
from weightreel.scenes.making.orders import find_films

FILMS = sorted(find_films())
AT_ONCE = ("adversarial", "esd", "trailer", "weights")
"""Rendered in the quick tests; layout is looked at in all of them there."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store like the one that ships: both networks, 50 epochs."""
    return synthetic_store(tmp_path_factory.mktemp("films") / "whole.h5")


@pytest.mark.parametrize(
    "film", [film if film in AT_ONCE else pytest.param(film, marks=pytest.mark.slow) for film in FILMS]
)
def test_film(film: str, store: Path, tmp_path: Path) -> None:
    done = render(film, store, tmp_path)
    assert done.returncode == 0, done.stderr
    check_film(tmp_path / "whole" / "t", film, "t")


@pytest.fixture(scope="module")
def long_and_deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of one network of 60 layers over 1,000 epochs and the initialisation."""
    path = tmp_path_factory.mktemp("long") / "long.h5"
    return synthetic_store(path, 1001, models=("cnn",), n_layers=60, batchnorm=False, sample=64, drawn=256)


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of five networks."""
    models = ("cnn", "spectral-cnn", "wide-cnn", "deep-cnn", "perceptron")
    return synthetic_store(tmp_path_factory.mktemp("five") / "five.h5", 11, models=models, n_layers=4, drawn=512)


@pytest.mark.slow
@pytest.mark.parametrize("film", FILMS)
class TestOtherStores:
    """Films of stores that hold less than the one that ships, or far more."""

    def test_a_thousand_epochs_of_sixty_layers(self, film: str, tmp_path: Path, long_and_deep: Path) -> None:
        done = render(film, long_and_deep, tmp_path)
        assert done.returncode == 0, done.stderr
        check_film(tmp_path / "long" / "t", film, "t")

    def test_five_networks(self, film: str, tmp_path: Path, five: Path) -> None:
        done = render(film, five, tmp_path)
        assert done.returncode == 0, done.stderr
        check_film(tmp_path / "five" / "t", film, "t")

    def test_training_goes_on(self, film: str, tmp_path: Path) -> None:
        path = synthetic_store(tmp_path / "young.h5", epochs=4, complete=False, attacks=True)
        done = render(film, path, tmp_path, "t", "--if-possible")
        assert done.returncode == 0, done.stderr
        if film in ("certificate", "perturbation"):  # of a training's last epoch
            assert "passed over" in done.stdout
            return
        check_film(tmp_path / "young" / "t", film, "t")

    def test_one_network(self, film: str, tmp_path: Path) -> None:
        path = synthetic_store(tmp_path / "alone.h5", epochs=11, models=("spectral-cnn",))
        done = render(film, path, tmp_path)
        assert done.returncode == 0, done.stderr
        check_film(tmp_path / "alone" / "t", film, "t")


@pytest.mark.parametrize("film", ["certificate", "perturbation"])
def test_a_film_that_the_store_holds_nothing_for_is_an_error_alone_and_passed_over_with_others(
    film: str, tmp_path: Path
) -> None:
    path = synthetic_store(tmp_path / "bare.h5", epochs=2, n_layers=2, attacks=False)
    alone = render(film, path, tmp_path)
    assert alone.returncode == 2
    assert "weightreel attack" in alone.stderr
    assert "Traceback" not in alone.stderr
    among_others = render(film, path, tmp_path, "t", "--if-possible")
    assert among_others.returncode == 0, among_others.stderr
    assert "passed over" in among_others.stdout
