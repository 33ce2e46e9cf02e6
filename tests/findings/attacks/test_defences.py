"""Rates under attack, certificates and calibration against counting by hand."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.confidence import THRESHOLDS, calibration, calibration_of, success_curve
from weightreel.analysis.findings.attacks.defences import certified_accuracy, defences
from weightreel.analysis.findings.attacks.gradients import distances_of
from weightreel.analysis.findings.attacks.noise import latest_answers, success_history, successes
from weightreel.analysis.findings.attacks.perturbation import attack_in_words
from weightreel.analysis.findings.attacks.robustness import attacks_by_family, clean_accuracy, robust_accuracy
from weightreel.analysis.findings.attacks.worst_case import worst_case_of
from weightreel.analysis.findings.statistics import counted, rate_of, wilson
from weightreel.analysis.findings.time import LAST_EPOCHS
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write

MODELS = ("cnn", "spectral-cnn", "gaussian-cnn", "pgd-cnn")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four networks; a run that goes on is added by a test."""
    at = tmp_path_factory.mktemp("robustness") / "store.h5"
    return synthetic_store(at, epochs=12, n_layers=2, models=MODELS, sample=4, trials=300, history_trials=60)


@pytest.fixture(scope="module")
def store(path: Path) -> Store:
    return Store(path)


@pytest.fixture
def contents(path: Path) -> Contents:
    with Store(path) as opened:
        return opened.contents()


def test_the_curve_falls_with_the_threshold_and_passes_the_attack_s_own(store: Store) -> None:
    attack = store.run("cnn-s0").attack("uniform-noise")
    rates = success_curve(attack)
    assert all(a.value >= b.value for a, b in itertools.pairwise(rates))
    assert rates[THRESHOLDS.index(0.9)] == rate_of(successes(attack))
    assert rates[0].successes == np.sum(attack["confidence"] >= 0.5)
    assert success_curve(attack, [0.0, 1.1])[0].value == 1
    assert success_curve(attack, [0.0, 1.1])[1].successes == 0


def test_nothing_is_never_a_success(contents: Contents, tmp_path: Path) -> None:
    at = "/runs/cnn-s0/attacks/uniform-noise"
    contents.describe("/runs/cnn-s0", defence=json.dumps({"nothing": 0.5}))
    before = contents.datasets[f"{at}/confidence"] >= 0.9
    for key in ("prediction", "history/prediction"):
        contents.datasets[f"{at}/{key}"][..., ::2] = 10
    contents.drop(f"{at}/gallery")
    write(tmp_path / "nothing.h5", contents)
    with Store(tmp_path / "nothing.h5") as changed:
        attack = changed.run("cnn-s0").attack("uniform-noise")
        odd = np.arange(len(before)) % 2 == 1
        assert np.array_equal(successes(attack), before & odd)
        assert success_curve(attack, [0.9])[0] == rate_of(before & odd)
        assert defences(changed)[0].noise == rate_of(before & odd)
        history = contents.datasets[f"{at}/history/confidence"][:, 1::2] >= 0.9
        assert [rate.successes for rate in success_history(attack)] == history.sum(1).tolist()


def test_noise_without_answers_has_no_curve(contents: Contents, tmp_path: Path) -> None:
    at = "/runs/cnn-s0/attacks/uniform-noise"
    for key in ("prediction", "confidence", "gallery", "history", "preview/probabilities"):
        contents.drop(f"{at}/{key}")
    write(tmp_path / "unanswered.h5", contents)
    with Store(tmp_path / "unanswered.h5") as changed:
        attack = changed.run("cnn-s0").attack("uniform-noise")
        assert latest_answers(attack) is None
        assert success_curve(attack) == []
        assert successes(attack).shape == (0,)
        row = defences(changed)[0]
        assert (row.noise, row.noise_range) == (None, None)


def test_families_ascend_by_radius_and_hold_neither_noise_nor_minimum_norms(store: Store) -> None:
    found = attacks_by_family(store.run("cnn-s0"))
    assert list(found) == ["fgsm-linf", "pgd10-linf", "pgd40-linf", "pgd40-l2"]
    assert [round(255 * attack.parameters["epsilon"]) for attack in found["pgd10-linf"]] == [1, 2, 4, 8]
    assert [attack.parameters["epsilon"] for attack in found["pgd40-l2"]] == [0.25, 0.5, 1.0]


def test_robust_means_right_before_and_after(contents: Contents, tmp_path: Path) -> None:
    at = "/runs/cnn-s0/attacks/pgd10-linf-8"
    n = len(contents.datasets[f"{at}/label"])
    clean = np.arange(n) < 150
    contents.datasets[f"{at}/clean/prediction"] = (contents.datasets[f"{at}/label"] + ~clean) % 10
    contents.datasets[f"{at}/prediction"] = contents.datasets[f"{at}/clean/prediction"].copy()
    contents.datasets[f"{at}/prediction"][:100] = (contents.datasets[f"{at}/label"][:100] + 1) % 10
    # An attack may by chance turn a wrong answer into the right one: that image was not robust.
    contents.datasets[f"{at}/prediction"][150:] = contents.datasets[f"{at}/label"][150:]
    write(tmp_path / "robust.h5", contents)
    with Store(tmp_path / "robust.h5") as changed:
        attack = changed.run("cnn-s0").attack("pgd10-linf-8")
        assert clean_accuracy(attack) == counted(150, n)
        assert robust_accuracy(attack) == counted(50, n)
        assert robust_accuracy(attack)[3:] == wilson(50, n)


def test_a_minimum_norm_attack_gives_robust_accuracy_at_every_radius(contents: Contents, tmp_path: Path) -> None:
    at = "/runs/cnn-s0/attacks/deepfool-l2"
    label = contents.datasets[f"{at}/label"]
    contents.datasets[f"{at}/clean/prediction"] = np.where(np.arange(len(label)) < 4, label, (label + 1) % 10)
    contents.datasets[f"{at}/distance"] = np.zeros(len(label))
    contents.datasets[f"{at}/distance"][:4] = [0.25, 0.5, 1.0, np.nan]
    write(tmp_path / "distances.h5", contents)
    with Store(tmp_path / "distances.h5") as changed:
        rates = distances_of(changed.run("cnn-s0").attack("deepfool-l2")).robust_at([0, 0.25, 0.5, 0.7, 1.0, 99])
        assert [rate.successes for rate in rates] == [4, 3, 2, 2, 1, 1]
        assert {rate.trials for rate in rates} == {len(label)}


def test_certified_accuracy_counts_right_classes_whose_radius_reaches(contents: Contents, tmp_path: Path) -> None:
    at = "/runs/cnn-s0/certificates/sigma-0.25"
    n = len(contents.datasets[f"{at}/label"])
    contents.datasets[f"{at}/label"] = np.zeros(n, int)
    contents.datasets[f"{at}/certified_class"] = np.r_[0, 0, 0, 1, np.full(n - 4, -1)]
    contents.datasets[f"{at}/radius"] = np.r_[0.1, 0.5, 0.75, 9.0, np.full(n - 4, np.nan)]
    write(tmp_path / "certified.h5", contents)
    with Store(tmp_path / "certified.h5") as changed:
        rates = certified_accuracy(changed.run("cnn-s0").certificates["sigma-0.25"], [0, 0.25, 0.5, 0.75, 1.0])
    assert [rate.successes for rate in rates] == [3, 2, 2, 1, 0]
    assert {rate.trials for rate in rates} == {n}


answers = st.lists(st.tuples(st.booleans(), st.floats(0, 1, width=32)), min_size=1, max_size=200)


@given(answers, st.integers(1, 20))
def test_calibration_is_counted_bin_by_bin(found: list[tuple[bool, float]], bins: int) -> None:
    right, sure = np.array([r for r, _ in found]), np.array([c for _, c in found], np.float32)
    result = calibration(right.astype(int), np.ones(len(right), int), sure, bins)
    assert result.images.sum() == len(found)
    error = 0.0
    for i in range(bins):
        low, high = result.edges[i], result.edges[i + 1]
        inside = (sure > low) & (sure <= high) | (i == 0) & (sure == 0)
        assert result.images[i] == inside.sum()
        if inside.any():
            assert result.accuracy[i] == pytest.approx(right[inside].mean())
            assert result.confidence[i] == pytest.approx(sure[inside].mean(), abs=1e-6)
            error += inside.sum() * abs(right[inside].mean() - sure[inside].astype(float).mean()) / len(found)
        else:
            assert np.isnan(result.accuracy[i])
    assert result.error == pytest.approx(error, abs=1e-9)


def test_what_is_as_often_right_as_it_is_sure_is_calibrated() -> None:
    right = np.arange(1000) % 10 < 7
    assert calibration(right, np.ones(1000, bool), np.full(1000, 0.7)).error == pytest.approx(0, abs=1e-12)
    assert calibration(right, np.ones(1000, bool), np.full(1000, 0.9)).error == pytest.approx(0.2)
    assert np.isnan(calibration(np.zeros(0), np.zeros(0), np.zeros(0)).error)
    diverged = calibration(np.zeros(2), np.zeros(2), np.array([np.nan, 0.75]))
    assert (diverged.images.sum(), diverged.error) == (1, pytest.approx(0.25))


def test_calibration_of_a_run(store: Store) -> None:
    run = store.run("cnn-s0")
    found = calibration_of(run)
    assert found is not None
    assert found.images.sum() == len(run["test/label"])
    assert np.nansum(found.images * found.accuracy) / found.images.sum() == pytest.approx(float(run["test/accuracy"]))


def test_defences_are_beside_each_other_by_the_same_measure(store: Store) -> None:
    rows = defences(store)
    assert [row.model for row in rows] == list(MODELS)
    for row in rows:
        run = store.run(f"{row.model}-s0")
        worst = worst_case_of(run)
        assert worst is not None
        assert row.attacked == worst.rate(4 / 255)
        assert row.certified == certified_accuracy(run.certificates["sigma-0.25"], [0.25])[0]
        assert row.noise == rate_of(successes(run.attack("uniform-noise")))
        assert row.clean is not None
        assert row.clean.value == pytest.approx(float(run["test/accuracy"]))
        late = [rate.value for rate in success_history(run.attack("uniform-noise"))[-LAST_EPOCHS:]]
        assert row.noise_range == (min(late), max(late))
        said = (row.clean_is, row.noise_is, row.attacked_is, row.certified_is)
        assert said == ("test accuracy", "confidence ≥ 0.9", "worst case, ε = 4/255", "σ = 0.25, radius ≥ 0.25")


def test_defences_pool_seeds_and_leave_out_what_is_not_there(tmp_path: Path) -> None:
    path = synthetic_store(
        tmp_path / "seeds.h5", epochs=3, n_layers=2, seeds=(3, 4), sample=4, trials=50, history_trials=20
    )
    with Store(path) as store:
        contents = store.contents()
        parts = [rate_of(successes(store.run(f"cnn-s{seed}").attack("uniform-noise"))) for seed in (3, 4)]
    contents.drop("/runs/cnn-s3/certificates")
    for key in ("attacks", "certificates", "test"):
        contents.drop(f"/runs/spectral-cnn-s3/{key}")
    contents.describe("/runs/spectral-cnn-s4", state="training", epochs_planned=50)
    write(tmp_path / "pooled.h5", contents)
    with Store(tmp_path / "pooled.h5") as store:
        both, bare = defences(store)
    assert both.seeds == (3, 4)
    assert both.noise == counted(sum(part.successes for part in parts), 100)
    assert both.certified is not None
    assert both.certified.trials == 50, "one seed has certificates"
    assert bare.seeds == (3,), "the other still trains"
    assert (bare.clean, bare.noise, bare.attacked, bare.certified, bare.noise_range) == (None,) * 5


def test_attacks_in_words(store: Store) -> None:
    attacks = store.run("cnn-s0").attacks
    assert attack_in_words(attacks["fgsm-linf-1"]) == "FGSM, ε = 1/255"
    assert attack_in_words(attacks["pgd40-l2-0.5"]) == "PGD-40, ε = 0.5 in L2"
    assert attack_in_words(attacks["deepfool-l2"]) == "DeepFool"
