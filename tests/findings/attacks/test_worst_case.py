"""The worst case and PGD beside it against counting by hand, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.defences import defences
from weightreel.analysis.findings.attacks.robustness import attacked, robust_in_words, strongest
from weightreel.analysis.findings.attacks.worst_case import (
    alone_in_words,
    beside,
    contrast_in_words,
    felled_by,
    kind_of_bound_in_words,
    worst_case_of,
)
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write

AT = "/runs/cnn-s0/attacks/worst-case"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("worst") / "store.h5"
    return synthetic_store(at, epochs=8, n_layers=2, models=("cnn", "spectral-cnn"), sample=4, trials=200)


@pytest.fixture
def contents(path: Path) -> Contents:
    with Store(path) as opened:
        return opened.contents()


def written(contents: Contents, folder: Path) -> Store:
    write(folder / "changed.h5", contents)
    return Store(folder / "changed.h5")


def test_an_image_stands_where_it_fell_at_a_larger_radius_or_nowhere(contents: Contents, tmp_path: Path) -> None:
    n = len(contents.datasets[f"{AT}/label"])
    radius = np.full(n, np.nan)
    radius[:10], radius[10:30], radius[30:60] = 0.0, 1 / 255, 4 / 255
    contents.datasets[f"{AT}/fallen/radius"] = radius
    label = contents.datasets[f"{AT}/label"]
    for name in ("fgsm", "pgd10", "pgd40"):  # what they felled counts too: here nothing
        for k in (1, 2, 4, 8):
            contents.datasets[f"/runs/cnn-s0/attacks/{name}-linf-{k}/prediction"] = label.copy()
    contents.datasets["/runs/cnn-s0/attacks/pgd40-linf-2/prediction"][40] = (label[40] + 1) % 10
    with written(contents, tmp_path) as store:
        worst = worst_case_of(store.run("cnn-s0"))
        assert worst is not None
        assert [worst.rate(k / 255).successes for k in (1, 2, 4, 8)] == [n - 30, n - 31, n - 60, n - 60]
        assert worst.clean.successes == n - 10
        assert not worst.has(3 / 255)


def test_pgd_is_counted_on_the_same_images_by_its_most_steps(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        worst = worst_case_of(run)
        assert worst is not None
        for found, k in zip(beside(run), (1, 2, 4, 8), strict=True):
            attack = run.attack(f"pgd40-linf-{k}")
            right = (attack["prediction"] == attack["label"]) & (attack["clean/prediction"] == attack["label"])
            assert (found.name, found.alone) == ("PGD-40", rate_of(right))
            assert found.worst == worst.rate(k / 255)
            assert found.worst.successes <= found.alone.successes


def test_the_sentence_names_the_radius_where_pgd_flatters_most(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        found = max(beside(run), key=lambda b: b.alone.successes - b.worst.successes)
        said = contrast_in_words(run)
        assert f"{found.worst.successes} of {found.worst.trials}" in said
        assert f"PGD-40 alone would have said {found.alone.successes}" in said
        assert f"{round(255 * found.epsilon)}/255" in said
        assert f"left {found.alone.successes}, not {found.worst.successes}, of" in alone_in_words([run])


def test_where_pgd_says_the_same_the_sentence_says_so(contents: Contents, tmp_path: Path) -> None:
    for k in (1, 2, 4, 8):
        at = f"/runs/cnn-s0/attacks/pgd40-linf-{k}"
        fell = contents.datasets[f"{AT}/fallen/radius"] <= k / 255 + 1e-9
        label = contents.datasets[f"{at}/label"]
        contents.datasets[f"{at}/prediction"] = np.where(fell, (label + 1) % 10, label)
        contents.datasets[f"{at}/clean/prediction"] = label.copy()
    with written(contents, tmp_path) as store:
        assert "as many as PGD-40 alone" in contrast_in_words(store.run("cnn-s0"))
        assert alone_in_words([store.run("cnn-s0")]) == ""


def test_defences_are_beside_each_other_in_the_worst_case_where_all_have_one(
    path: Path, contents: Contents, tmp_path: Path
) -> None:
    with Store(path) as store:
        rows = defences(store)
        for row, run in zip(rows, store.runs.values(), strict=True):
            worst = worst_case_of(run)
            assert worst is not None
            assert (row.attacked, row.attacked_is) == (worst.rate(4 / 255), "worst case, ε = 4/255")
    contents.drop(AT)
    with written(contents, tmp_path) as store:
        assert {row.attacked_is for row in defences(store)} == {"PGD-40, ε = 4/255"}
        said = kind_of_bound_in_words(list(store.runs.values()))
        assert "cnn-s0 has none" in said
        assert "upper bound" in said


def test_the_strongest_attack_is_the_worst_case(path: Path) -> None:
    with Store(path) as store:
        networks = attacked(list(store.runs.values()))
        assert strongest(networks).worst
        assert "the worst case" in robust_in_words(networks)


def test_a_store_without_a_worst_case_says_so(contents: Contents, tmp_path: Path) -> None:
    for run in ("cnn-s0", "spectral-cnn-s0"):
        contents.drop(f"/runs/{run}/attacks/worst-case")
    with written(contents, tmp_path) as store:
        runs = list(store.runs.values())
        assert worst_case_of(runs[0]) is None
        assert contrast_in_words(runs[0]) == ""
        assert "no worst case over stronger ones" in kind_of_bound_in_words(runs)
        assert "no worst case" in alone_in_words(runs)
        assert strongest(attacked(runs)).name == "PGD-40"


def test_those_that_fell_are_counted_by_what_felled_them(path: Path) -> None:
    with Store(path) as store:
        worst = worst_case_of(store.run("cnn-s0"))
        assert worst is not None
        fell = np.sum(worst.radius > 0)
        assert sum(n for _, n in felled_by(worst)) == fell
