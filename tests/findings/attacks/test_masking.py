"""Signs of hidden gradients: counted over right images, and each told where it is there and not where it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.masking import SOME, hidden_in_words, masking_in_words, masking_of
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write

AT = "/runs/cnn-s0/masking"
N = 100


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("masking") / "store.h5"
    return synthetic_store(at, epochs=4, n_layers=2, models=("cnn",), sample=4, trials=200)


@pytest.fixture
def contents(path: Path) -> Contents:
    with Store(path) as opened:
        made = opened.contents()
    label = np.zeros(N, np.uint8)
    wrong = np.ones(N, np.uint8)
    made.datasets |= {
        f"{AT}/{key}": value
        for key, value in {
            "image": np.arange(N, dtype=np.uint32), "label": label, "clean": label.copy(),
            "slope/loss": np.full(N, 1.0, np.float32), "slope/margin": np.full(N, 5.0, np.float32),
            "loss": np.tile(np.linspace(0.1, 3, 11), (N, 1)), "single_step": label.copy(), "many_steps": wrong.copy(),
            "black_box": label.copy(), "unbounded/pgd": wrong.copy(), "unbounded/apgd": wrong.copy(),
        }.items()
    }  # fmt: skip
    return made


def said(contents: Contents, folder: Path) -> tuple[Any, str]:
    write(folder / "changed.h5", contents)
    with Store(folder / "changed.h5") as store:
        return masking_of(store.run("cnn-s0")), masking_in_words(store.run("cnn-s0"))


def test_an_honest_network_shows_no_sign(contents: Contents, tmp_path: Path) -> None:
    found, words = said(contents, tmp_path)
    assert (found.images, found.vanishing, found.flat, found.single, found.many, found.black) == (N, 0, 0, 0, N, 0)
    assert found.signs == ()
    assert "no sign of hidden gradients on 100 images" in words


@pytest.mark.parametrize(
    ("sign", "key", "few", "words"),
    [
        ("vanishing", "slope/loss", 20, "vanishes in float32 at 20"),
        ("flat", "loss", 20, "does not rise along PGD at 20"),
        ("unbounded", "unbounded/pgd", 1, "without a bound PGD leaves 1 and Auto-PGD 0 right"),
        ("unbounded", "unbounded/apgd", 1, "without a bound PGD leaves 0 and Auto-PGD 1 right"),
    ],
)
def test_each_sign_is_told_alone(sign: str, key: str, few: int, words: str, contents: Contents, tmp_path: Path) -> None:
    contents.datasets[f"{AT}/{key}"][:few] = 0
    found, sentence = said(contents, tmp_path)
    assert found.signs == (sign,)
    assert words in sentence


@pytest.mark.parametrize(("sign", "key"), [("single step", "single_step"), ("black box", "black_box")])
def test_what_should_be_weaker_than_pgd_is_a_sign_where_it_is_stronger(
    sign: str, key: str, contents: Contents, tmp_path: Path
) -> None:
    contents.datasets[f"{AT}/many_steps"][:40] = 0  # fells 60
    contents.datasets[f"{AT}/{key}"][:60] = 1
    assert said(contents, tmp_path)[0].signs == ()
    contents.datasets[f"{AT}/{key}"][:61] = 1
    found, sentence = said(contents, tmp_path)
    assert found.signs == (sign,)
    assert "61" in sentence
    assert "60" in sentence


def test_images_that_are_wrong_without_attack_do_not_count(contents: Contents, tmp_path: Path) -> None:
    contents.datasets[f"{AT}/clean"][:30] = 1
    contents.datasets[f"{AT}/slope/loss"][:30] = 0
    contents.datasets[f"{AT}/loss"][:30] = 0
    found, _ = said(contents, tmp_path)
    assert (found.images, found.vanishing, found.flat) == (N - 30, 0, 0)


def test_a_few_vanishing_gradients_are_counted_and_no_sign(contents: Contents, tmp_path: Path) -> None:
    contents.datasets[f"{AT}/slope/loss"][: int(SOME * N)] = 0
    found, sentence = said(contents, tmp_path)
    assert found.signs == ()
    assert "hardly a sign" in sentence
    assert "vanishes at 5" in sentence


def test_a_store_that_was_not_looked_at_says_nothing(contents: Contents, tmp_path: Path) -> None:
    contents.drop(AT)
    assert said(contents, tmp_path) == (None, "")
    with Store(tmp_path / "changed.h5") as store:
        assert hidden_in_words(list(store.runs.values())) == ""
