"""Networks of one channel and of other sizes, 1×28×28 as in MNIST: trained by a recipe, attacked, imported, drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.made.recipe import Silent, tiny_recipe
from weightreel.analysis.datasets import greyed, load_dataset
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.attacks.gradients import fooling_of, saliency_of
from weightreel.analysis.findings.attacks.masking import masking_of
from weightreel.analysis.findings.attacks.noise import gallery_of
from weightreel.analysis.findings.attacks.perturbation import example_pixels, ways
from weightreel.analysis.findings.attacks.worst_case import worst_case_of
from weightreel.analysis.importing.attack import Attacker
from weightreel.analysis.networks.checkpoints.find import find_checkpoints
from weightreel.analysis.recipe.recipe import Recipe, parse_recipe
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store
from weightreel.analysis.training.experiment import run_experiment
from weightreel.analysis.training.remeasure import remeasure_attacks

GREY = {"mean": [0.3], "std": [0.38], "size": 28}


def recipe_of(**changes: object) -> Recipe:
    return tiny_recipe(models=["cnn"], dataset=GREY, training={"epochs": 1}, **changes)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("grey") / "grey.h5"
    run_experiment(recipe_of(), at, Silent())
    return at


def test_every_attack_of_a_grey_network_is_in_a_store_without_fault(path: Path) -> None:
    assert check(path) == []
    with Store(path) as store:
        run = store.run("cnn-s0")
        assert run.layers["features.0"].shape[1] == 1
        assert store.dataset["examples/pixels"].shape[1:] == (28, 28, 1)
        assert run.attack("uniform-noise")["preview/pixels"].shape[1:] == (28, 28, 1)
        assert run.attack("fooling")["pixels"].shape[1:] == (28, 28, 1)
        assert run["saliency/gradient"].shape[2:] == (28, 28, 1)
        assert worst_case_of(run) is not None
        assert masking_of(run) is not None or run.has("masking/image")


def test_faces_get_colours(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        way = ways(run, store)[0]
        fooling, saliency = fooling_of(run, store.classes), saliency_of(run, 0)
        assert fooling is not None
        assert saliency is not None
        gallery = gallery_of(run.attack("uniform-noise"))
        pictures = [example_pixels(store), way.images, fooling.start, fooling.end, saliency.gradient]
        pictures += [gallery.pixels] if gallery is not None else []
        for picture in pictures:
            assert picture.shape[-1] == 3
            assert np.array_equal(picture[..., 0], picture[..., 2])


def test_attacks_are_measured_again_from_raw_weights(path: Path) -> None:
    remeasure_attacks(
        path, ["worst_case.steps=2"], ["noise", "saliency", "gradient", "fooling", "worst-case", "masking"]
    )
    assert check(path) == []


def test_grey_is_the_luma_of_pillow() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 9, 7, 3), dtype=np.uint8)
    for ours, image in zip(greyed(pixels), pixels, strict=True):
        assert np.array_equal(ours[..., 0], np.asarray(Image.fromarray(image).convert("L")))


def test_a_grey_data_set_has_one_channel_and_other_pixels_for_a_digest() -> None:
    grey, colour = (load_dataset(tiny_recipe(dataset=about).dataset) for about in (GREY, {"size": 28}))
    assert grey.train.pixels.shape[1:] == (1, 28, 28)
    assert torch.equal(grey.test.pixels[:, 0], colour.test.pixels[:, 0])
    assert grey.digest != colour.digest


def test_mean_and_std_must_agree() -> None:
    with pytest.raises(WeightreelError, match=r"three for colours, one for grey"):
        parse_recipe({"dataset": {"kind": "digits", "mean": [0.5], "std": [0.2, 0.2, 0.2]}}, "here")


def small() -> nn.Module:
    """A network of somebody else's for MNIST."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))


def test_an_imported_network_of_one_channel_is_attacked(tmp_path: Path) -> None:
    torch.save(small().state_dict(), tmp_path / "epoch-1.pt")
    (checkpoint,) = find_checkpoints([str(tmp_path / "epoch-1.pt")])
    attacker = Attacker("tests.end_to_end.test_grey:small", recipe_of(), checkpoint)
    found = attacker.record(checkpoint)
    for task in attacker.final(checkpoint).values():
        found |= task(found)
    assert found["attacks/worst-case/fallen/radius"].shape == (6,)
    assert found["attacks/fgsm-linf-8/prediction"].shape == (6,)
    assert found["certificates/sigma-0.25/votes"].shape[1] == 10


def test_a_network_of_colours_is_refused_in_a_sentence_that_names_the_remedy(tmp_path: Path) -> None:
    torch.save(small().state_dict(), tmp_path / "epoch-1.pt")
    (checkpoint,) = find_checkpoints([str(tmp_path / "epoch-1.pt")])
    with pytest.raises(WeightreelError, match=r"3×28×28.*dataset\.mean=\[0\.5\]"):
        Attacker("tests.end_to_end.test_grey:small", tiny_recipe(dataset={"size": 28}), checkpoint)
