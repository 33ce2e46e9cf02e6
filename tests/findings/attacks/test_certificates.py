"""The film of randomised smoothing: the ball, the votes, the radius, and claims that the store supports."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from tests.edited import edited
from tests.made.attacks import FAILURE, N_ESTIMATION, SIGMAS, lower_bound
from tests.made.store import synthetic_store
from tests.watched import watched
from weightreel.analysis.findings.attacks.certificates import (
    Smoothed,
    abstained,
    abstention_in_words,
    abstentions_in_words,
    bound_in_words,
    certified_accuracy_in_words,
    certified_in_words,
    failure_in_words,
    in_digits,
    limit_in_words,
    most_telling,
    networks,
    radius_in_words,
    shown_image,
    shown_votes,
    smoothed,
    telling,
    trained_noise,
    training_in_words,
    votes_in_words,
)
from weightreel.analysis.store.reader import Store
from weightreel.scenes.certificate import Smoothing

MODELS = ("cnn", "spectral-cnn", "gaussian-cnn", "pgd-cnn")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    return synthetic_store(folder / "s.h5", epochs=3, models=MODELS, n_layers=2)


def changed(store: Path, target: Path, run: str = "cnn-s0", sigma: float = 0.25, **values: object) -> Path:
    """A copy of the store with other values in one run's certificates at one sigma."""
    with edited(store, target) as file:
        for name, value in values.items():
            file[f"runs/{run}/certificates/sigma-{sigma:g}/{name}"][...] = value
    return target


def one(path: Path, run: str = "cnn-s0", sigma: float = 0.25) -> Smoothed:
    return next(s for s in smoothed(Store(path).run(run)) if s.sigma == sigma)


def test_the_bound_behind_a_radius_is_clopper_and_pearsons(store: Path) -> None:
    smoothing = one(store)
    for image in np.flatnonzero(np.isfinite(smoothing.radius))[:5]:
        votes = int(smoothing.votes[image, smoothing.chosen[image]])
        assert smoothing.bound(image) == pytest.approx(lower_bound(votes, N_ESTIMATION, FAILURE), abs=1e-6)
    most = lower_bound(N_ESTIMATION, N_ESTIMATION, FAILURE)
    assert smoothing.limit == pytest.approx(0.25 * NormalDist().inv_cdf(most), rel=1e-6)


def test_certified_accuracy_is_a_recount_in_which_abstentions_are_wrong(store: Path) -> None:
    smoothing = one(store)
    node = smoothing.node
    for radius in (0.0, 0.1, 0.3):
        right = node["certified_class"] == node["label"]
        hits = sum(bool(r) and float(x) >= radius for r, x in zip(right, node["radius"], strict=True))
        assert smoothing.accuracy(radius).successes == hits
        assert smoothing.accuracy(radius).trials == len(node["label"])


def test_networks_trained_in_noise_stand_beside_the_first(store: Path) -> None:
    with Store(store) as opened:
        runs = list(opened.runs.values())
        found = networks(runs[:2], runs[2:])
        assert [network[0].run.model for network in found] == ["cnn", "gaussian-cnn", "spectral-cnn"]
        assert [s.sigma for s in found[0]] == list(SIGMAS)
        assert [network[0].run.model for network in networks(runs[1:2], [])] == ["spectral-cnn"]
        assert [trained_noise(run) for run in runs] == [0, 0, 0.25, 0]
        assert networks([], []) == []
        said = training_in_words(found)
        assert said == "Gaussian noise in training: none (CNN, Spectral CNN) and σ = 0.25 (CNN trained in noise)."


def test_the_copies_of_a_rightly_certified_image_are_told(store: Path, tmp_path: Path) -> None:
    label = int(one(store).label[0])
    with Store(store) as opened:
        found = networks(list(opened.runs.values())[:2], [])
        chosen = most_telling(found)
        right = [
            s for network in found for s in network if shown_image(s) == s.copied_image and s.certified[0] == s.label[0]
        ]
        assert any(chosen is s for s in right)
    radius = one(store).radius.copy()
    radius[0] = 0.6
    certified = one(store).certified.copy()
    certified[0] = label
    path = changed(store, tmp_path / "sure.h5", radius=radius, certified_class=certified)
    with Store(path) as opened:
        chosen = most_telling(networks([opened.run("cnn-s0")], []))
        assert (chosen.sigma, shown_image(chosen)) == (0.25, 0)


def test_another_image_is_told_where_the_copies_abstain(store: Path, tmp_path: Path) -> None:
    radius = one(store).radius.copy()
    radius[0] = np.nan
    smoothing = one(changed(store, tmp_path / "abstains.h5", radius=radius))
    image = shown_image(smoothing)
    assert image not in (None, 0)
    assert smoothing.certified[image] == smoothing.label[image]
    nothing = one(changed(store, tmp_path / "none.h5", radius=np.nan, certified_class=-1))
    assert shown_image(nothing) is None


def test_an_abstention_is_the_one_with_the_most_votes(store: Path, tmp_path: Path) -> None:
    with Store(store) as opened:
        found = networks([opened.run("cnn-s0")], [])
        smoothing, image = abstained(found, found[0][1])
        assert smoothing is found[0][1]
        assert smoothing.certified[image] == -1
        assert smoothing.share[image] == smoothing.share[smoothing.certified == -1].max()
        assert str((smoothing.certified == -1).sum()) + " at σ = 0.25" in abstentions_in_words(found)
        for own in found[0]:
            own.certified[:] = 0
        assert abstained(found, found[0][0]) is None


def test_votes_are_drawn_where_there_are_some(store: Path) -> None:
    smoothing = one(store)
    smoothing.votes[0] = 0
    smoothing.votes[0, [3, 5, 7]] = [10, 0, 990]
    smoothing.chosen[0] = 7
    assert shown_votes(smoothing, 0) == [3, 7]
    smoothing.votes[0] = np.arange(10)
    assert shown_votes(smoothing, 0, most=3) == [7, 8, 9]
    smoothing.chosen[0] = 0
    assert shown_votes(smoothing, 0, most=3) == [0, 8, 9]


def test_a_lower_bound_is_never_rounded_up() -> None:
    assert [in_digits(p) for p in (0.60199, 0.9931, 0.99969)] == ["0.601", "0.993", "0.9996"]
    assert in_digits(1 - 1e-9) == "0.999999"


def test_claims_quote_the_certificate(store: Path) -> None:
    smoothing = one(store)
    image = shown_image(smoothing)
    assert image is not None
    votes = smoothing.votes[image, smoothing.chosen[image]]
    assert votes_in_words(smoothing, image, "frog") == f"{votes} of 1,000 votes for frog"
    p = float(bound_in_words(smoothing, image).removeprefix("p ≥ "))
    assert p <= smoothing.bound(image) < p + 1e-3
    quoted = radius_in_words(smoothing, image)
    assert quoted.startswith("0.25 × ")
    assert float(quoted.split("= ")[1]) == pytest.approx(smoothing.radius[image], rel=0.06)
    assert certified_in_words(smoothing, image, "frog", "frog").endswith("which is right.")
    assert "though the image shows dog" in certified_in_words(smoothing, image, "frog", "dog")
    assert "0.001" in failure_in_words(smoothing)


def test_a_vote_without_majority_and_one_that_is_too_close_are_told_apart(store: Path) -> None:
    smoothing = one(store)
    for votes, said in ((480, "no majority"), (540, "do not bound")):
        smoothing.votes[0, smoothing.chosen[0]] = votes
        assert said in abstention_in_words(smoothing, 0, "cat")


def test_the_sigma_of_the_training_and_a_radius_that_tells_are_quoted(store: Path) -> None:
    with Store(store) as opened:
        runs = list(opened.runs.values())
        found = networks(runs[:2], runs[2:])
        sigma, radius = telling(found)
        assert sigma == 0.25
        best = max(s.accuracy(radius).value for network in found for s in network if s.sigma == sigma)
        assert best >= 0.2 or radius == 0.05
        said = certified_accuracy_in_words(found)
        for network in found:
            hits = next(s for s in network if s.sigma == sigma).accuracy(radius).successes
            assert str(hits) in said
            assert f"({network[0].run.title})" in said
        assert "1,000 votes" in limit_in_words(found)


@pytest.mark.usefixtures("last_frames")
def test_the_film_keeps_to_the_safe_area(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTREEL_STORE", str(store))
    film = watched(Smoothing)
    film.render()
    assert film.outside == []
    assert list(film.told) == [
        "Title", "Noisy copies", "Votes and radius", "What is certified", "Not enough votes", "Abstention",
        "Certified accuracy", "What is certified of all", "Data",
    ]  # fmt: skip


@pytest.mark.usefixtures("last_frames")
def test_the_film_of_a_network_that_abstains_always_and_may_answer_nothing(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always = changed(store, tmp_path / "always.h5", sigma=0.5, radius=np.nan, certified_class=-1)
    path = tmp_path / "never.h5"
    with edited(always, path) as file:
        run = file["runs/cnn-s0"]
        run.attrs["defence"] = json.dumps({"nothing": 0.1})
        run["certificates/sigma-0.5/sample/prediction"][...] = 10
        for name in ("sigma-0.12", "sigma-0.25"):
            del run["certificates"][name]
    monkeypatch.setenv("WEIGHTREEL_STORE", str(path))
    monkeypatch.setenv("WEIGHTREEL_RUN", "cnn-s0")
    film = watched(Smoothing)
    film.render()
    assert film.outside == []
    assert "Votes and radius" not in film.told
    assert "σ = 0.5 right and certified to radius 0.05: 0 of 50" in film.told["What is certified of all"]
