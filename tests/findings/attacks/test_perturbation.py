"""The film of perturbations: pictures, bars and curves where the numbers say, and claims that the store supports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.edited import edited
from tests.made.store import synthetic_store
from tests.watched import watched
from weightreel.analysis.findings.attacks.gradients import (
    Saliency,
    distances_in_words,
    fooling_in_words,
    fooling_of,
    minimum_distances,
    moved_in_words,
    saliency_in_words,
    saliency_of,
)
from weightreel.analysis.findings.attacks.perturbation import (
    Way,
    answer_in_words,
    bound_in_words,
    confidence_in_words,
    examples_in_words,
    first_wrong_step,
    flip_in_words,
    most_instructive,
    name_of_method,
    path_attack,
    radius_in_words,
    shown_answers,
    steps_in_words,
    turn_in_words,
    ways,
)
from weightreel.analysis.findings.attacks.robustness import (
    Family,
    attacked,
    families,
    intervals_in_words,
    left_in_words,
    panels,
    robust_in_words,
    strongest,
    telling_radius,
)
from weightreel.analysis.findings.statistics import Rate, wilson
from weightreel.analysis.store.reader import Store
from weightreel.scenes.perturbation import Perturbation

ANSWERS = ("cat", "dog", "frog")
PICTURE = np.full((2, 2, 3), 250, np.uint8)


def way(*probabilities: tuple[float, float, float], label: int = 0, epsilon: float = 8 / 255, **more: object) -> Way:
    steps = len(probabilities) - 1
    grown = epsilon * np.linspace(0, 1, steps + 1)[:, None, None, None] * np.ones((1, 2, 2, 3))
    about = {"norm": "linf", "epsilon": epsilon} | more
    return Way("CNN", about, 0, PICTURE, label, grown, np.array(probabilities), ANSWERS)


FLIPS = way((0.9, 0.05, 0.05), (0.6, 0.3, 0.1), (0.2, 0.7, 0.1))
HOLDS = way((0.9, 0.05, 0.05), (0.8, 0.1, 0.1))
WRONG = way((0.1, 0.8, 0.1), (0.05, 0.9, 0.05))


def test_what_the_network_sees_stays_a_picture() -> None:
    images = FLIPS.images
    assert images.min() >= 0
    assert images.max() == 255  # 250 + 8, clipped
    np.testing.assert_allclose(images[0], PICTURE)


def test_the_example_whose_answer_flips_is_told() -> None:
    unsure = way((0.5, 0.4, 0.1), (0.3, 0.6, 0.1))
    assert most_instructive([WRONG, HOLDS, unsure, FLIPS]) is FLIPS
    weaker = way((0.9, 0.05, 0.05), (0.5, 0.3, 0.2))
    assert most_instructive([WRONG, HOLDS, weaker]) is weaker
    assert most_instructive([WRONG]) is WRONG
    assert (FLIPS.flips, HOLDS.flips, WRONG.flips) == (True, False, False)


def test_likely_answers_are_drawn_and_the_true_one() -> None:
    assert shown_answers(way((0.1, 0.8, 0.1), (0.0, 0.2, 0.8)), most=2) == [0, 1]
    assert shown_answers(FLIPS) == [0, 1, 2]


def test_an_answer_that_flips_is_told_with_its_step() -> None:
    assert answer_in_words(FLIPS, 0) == "cat (90 %)"
    assert "from cat (90 %) to dog (70 %)" in flip_in_words(FLIPS)
    assert first_wrong_step(FLIPS) == 2
    assert "after step 2 of 2;" in steps_in_words(FLIPS)
    assert "20 %" in steps_in_words(FLIPS)


def test_a_confidence_is_not_rounded_to_certainty() -> None:
    said = [confidence_in_words(p) for p in (0.0, 0.004, 0.126, 0.9949, 0.9996, 1.0)]
    assert said == ["0 %", "under 1 %", "13 %", "99 %", "over 99 %", "100 %"]


def test_an_answer_that_holds_is_not_told_to_flip() -> None:
    assert flip_in_words(HOLDS).startswith("The attack does not change")
    assert "still cat" in steps_in_words(HOLDS)
    assert "to begin with" in flip_in_words(WRONG)
    assert "before the first step" in steps_in_words(WRONG)
    returns = way((0.9, 0.1, 0.0), (0.4, 0.6, 0.0), (0.6, 0.4, 0.0))
    assert "is right again at the end" in steps_in_words(returns)


def test_a_turn_is_told_in_one_sentence_with_its_bound() -> None:
    assert turn_in_words(FLIPS) == f"cat becomes dog, though {bound_in_words(FLIPS)}."
    assert turn_in_words(HOLDS) == f"The answer stays cat while {bound_in_words(HOLDS)}."


def test_examples_are_counted() -> None:
    assert examples_in_words([FLIPS, FLIPS, HOLDS, WRONG]).endswith("the CNN answers 3 right; 2 of them flip.")
    assert examples_in_words([FLIPS, WRONG]).endswith("1 right; 1 of them flips.")
    assert examples_in_words([HOLDS, HOLDS]).endswith("none of them flips.")
    assert examples_in_words([FLIPS]) == "It is the only example that is kept."


def test_bounds_name_their_norm() -> None:
    assert bound_in_words(FLIPS) == "no value moves by more than 8 of 255 levels"
    assert "Euclidean norm is at most 0.5" in bound_in_words(way((1, 0, 0), (1, 0, 0), norm="l2", epsilon=0.5))
    assert radius_in_words("linf", 4 / 255) == "ε = 4/255"
    assert radius_in_words("linf", 0.5 / 255) == "ε = 0.5/255"
    assert radius_in_words("l2", 0.25) == "ε = 0.25 in L2"
    assert [name_of_method(f) for f in ("fgsm-linf", "pgd40-l2", "autoattack-linf", "deepfool-l2")] == [
        "FGSM",
        "PGD-40",
        "AutoAttack",
        "DeepFool",
    ], "as tables, stills and films call them"


def rate(k: int, n: int = 200) -> Rate:
    return Rate(k, n, k / n, *wilson(k, n))


def family(*counts: int, name: str = "PGD-40", norm: str = "linf") -> Family:
    epsilons = np.array([0, 1, 2, 4, 8])[: len(counts)] / 255
    return Family(name, norm, epsilons, np.arange(200) < np.array(counts)[:, None])


def test_the_smallest_radius_that_leaves_next_to_nothing_is_told() -> None:
    assert telling_radius(family(140, 60, 10, 2, 0)) == 3
    assert telling_radius(family(140, 100, 80, 50)) == 3
    assert telling_radius(family(0, 0, 0)) == 1


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = ("cnn", "spectral-cnn", "gaussian-cnn", "pgd-cnn")
    return synthetic_store(tmp_path_factory.mktemp("perturbation") / "s.h5", epochs=4, models=models, n_layers=3)


def test_robust_accuracy_is_a_recount(store: Path) -> None:
    with Store(store) as opened:
        run = opened.run("cnn-s0")
        found = {f.key: f for f in families(run)}
        names = [("worst case", "linf"), ("FGSM", "linf"), ("PGD-10", "linf"), ("PGD-40", "linf"), ("PGD-40", "l2")]
        assert list(found) == names
        pgd = found["PGD-40", "linf"]
        np.testing.assert_allclose(255 * pgd.epsilons, [0, 1, 2, 4, 8])
        attack = run.attack("pgd40-linf-2")
        clean, label = attack["clean/prediction"], attack["label"]
        assert pgd.rates[0].successes == (clean == label).sum()
        assert pgd.rates[2].successes == ((clean == label) & (attack["prediction"] == label)).sum()
        assert pgd.rates[2].low < pgd.rates[2].value < pgd.rates[2].high


def test_an_image_that_was_wrong_without_an_attack_stays_wrong(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "lucky.h5"
    with edited(store, path) as file:
        attack = file["runs/cnn-s0/attacks/fgsm-linf-8"]
        attack["prediction"][...] = attack["label"][()]  # as if a perturbation had mended every answer
    with Store(path) as opened:
        fgsm = families(opened.run("cnn-s0"))[1]  # the worst case is before it
        assert fgsm.name == "FGSM"
        assert fgsm.rates[-1].successes == fgsm.rates[0].successes < fgsm.rates[0].trials


def test_claims_of_networks_quote_the_store(store: Path) -> None:
    with Store(store) as opened:
        runs = list(opened.runs.values())
        networks = attacked(runs[:2], runs[2:])
        assert [n.run.model for n in networks] == ["cnn", "spectral-cnn", "gaussian-cnn", "pgd-cnn"]
        assert strongest(networks).key == ("worst case", "linf")
        chosen = strongest(networks)
        place = telling_radius(chosen)
        left = [
            n.family(strongest(networks).key).rates[telling_radius(strongest(networks))].successes for n in networks
        ]
        short = left_in_words(networks)
        assert f"{min(left)} to {max(left)}" in short if min(left) < max(left) else f"{left[0]} of" in short
        said, four = robust_in_words(networks[:2]), robust_in_words(networks)
        for network in networks[:2]:
            rates = network.family(chosen.key).rates
            part = f"{rates[place].successes} right in the {network.run.title} ({rates[0].successes} without it)"
            assert part in said
        assert all(network.run.title in four for network in networks)
        assert "one seed of each network" in intervals_in_words(networks)
        assert "one seed of one network" in intervals_in_words(networks[:1])
        names = [("worst case", "linf"), ("FGSM", "linf"), ("PGD-10", "linf"), ("PGD-40", "linf"), ("PGD-40", "l2")]
        assert panels(networks) == names
        distances = minimum_distances(runs[0])
        assert distances is not None
        assert (distances.name, distances.norm) == ("DeepFool", "l2")
        assert f"{np.median(distances.found):.2g}"[:4] in distances_in_words(runs[:1])


def test_one_seed_of_a_model_beyond_the_chosen_is_added(store: Path) -> None:
    with Store(store) as opened:
        runs = list(opened.runs.values())
        assert len(attacked(runs[:1], [runs[2], runs[2]])) == 2
        assert attacked([]) == []


def test_unknown_distances_lie_beyond_every_known_one(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "far.h5"
    with edited(store, path) as file:
        file["runs/cnn-s0/attacks/deepfool-l2/distance"][...] = np.nan
    with Store(path) as opened:
        run = opened.run("cnn-s0")
        assert "beyond its reach (CNN)" in distances_in_words([run])


def test_a_way_is_read_in_pixels_and_with_the_answer_nothing(store: Path, tmp_path: Path) -> None:
    with Store(store) as opened:
        run = opened.run("cnn-s0")
        found = ways(run, opened)
        attack = path_attack(run)
        assert attack is not None
        stored = attack["path/perturbation"][0] * attack.attributes_of("path/perturbation")["scale"]
        np.testing.assert_allclose(found[0].perturbation, stored)
        assert np.abs(found[0].perturbation).max() <= 8 / 255 + 1e-6
        assert found[0].answers == tuple(opened.classes)
    path = tmp_path / "nothing.h5"
    with edited(store, path) as file:
        file["runs/cnn-s0"].attrs["defence"] = json.dumps({"nothing": 0.1})
        file["runs/cnn-s0/attacks/pgd10-linf-8/path/probabilities"][...] *= 0.3
    with Store(path) as opened:
        found = ways(opened.run("cnn-s0"), opened)
        assert found[0].answers[-1] == "nothing"
        assert answer_in_words(found[0], 0) == "nothing (70 %)"


def test_saliency_has_its_unit(store: Path) -> None:
    with Store(store) as opened:
        run = opened.run("cnn-s0")
        saliency = saliency_of(run, 2)
        assert saliency is not None
        raw = run["saliency/gradient"][:, 2].astype(float) * run["saliency/scale"][:, 2][:, None, None, None]
        np.testing.assert_allclose(saliency.gradient, raw)
        np.testing.assert_allclose(np.abs(saliency.scaled()).max((1, 2, 3)), 1)
        assert saliency_of(run, 99) is None
    flat = Saliency(np.array([0, 5]), np.zeros((2, 2, 2, 3)))
    assert (flat.scaled() == 0).all()
    steep = replace(flat, gradient=np.array([0.5, 2.0])[:, None, None, None] * np.ones((2, 2, 2, 3)))
    assert saliency_in_words(steep).endswith("of this image: 0.50 at epoch 0, 2.0 nat at epoch 5.")
    three = replace(steep, epochs=np.array([0, 5, 9]), gradient=np.array([1e-6, 2, 0.1]).reshape(3, 1, 1, 1))
    assert saliency_in_words(three).endswith("1.0 × 10⁻⁶ at epoch 0, 2.0 at epoch 5, 0.10 nat at epoch 9.")
    assert saliency_in_words(replace(three, epochs=three.epochs[:1], gradient=steep.gradient[:1])).endswith(
        "is 0.50 nat at epoch 0."
    )


def test_fooling_images_are_counted(store: Path) -> None:
    with Store(store) as opened:
        fooling = fooling_of(opened.run("cnn-s0"), opened.classes)
        assert fooling is not None
        assert "99 % sure of all 10 of these classes after" in fooling_in_words("CNN", fooling)
        some = replace(fooling, reached=np.arange(10) < 3)
        assert "sure of 3 of 10" in fooling_in_words("CNN", some)
        none = replace(fooling, reached=np.zeros(10, bool))
        moved = np.abs(fooling.end.astype(int) - fooling.start).mean()
        assert f"moved by {moved:.1f} of 255" in moved_in_words(fooling)
        assert moved_in_words(replace(fooling, steps=np.arange(10))).endswith("without any step: airplane.")
        assert fooling_in_words("CNN", none) == "None of 10 ascents comes to 99 % confidence."


@pytest.mark.usefixtures("last_frames")
def test_the_film_keeps_to_the_safe_area_with_four_networks(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTREEL_STORE", str(store))
    film = watched(Perturbation)
    film.render()
    assert film.outside == []
    assert list(film.told) == [
        "Question", "Its answer", "Which way", "Step by step", "Where it turns", "Before and after", "Next to nothing",
        "Fooling images", "How many are left", "One attack alone", "Answer",
    ]  # fmt: skip


@pytest.mark.usefixtures("last_frames")
def test_the_film_leaves_out_what_a_store_lacks(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bare.h5"
    with edited(store, path) as file:
        for run in file["runs"].values():
            del run["saliency"], run["attacks/pgd10-linf-8/path"]
    monkeypatch.setenv("WEIGHTREEL_STORE", str(path))
    film = watched(Perturbation)
    film.render()
    assert list(film.told) == ["Question", "How many are left", "One attack alone", "Answer"]
