"""The worst case beside an attack that we do not use: torchattacks' APGD-CE and APGD-T (Kim 2020), on trained networks.

torchattacks pins an old `requests`, so that it is installed without what it asks for, in a folder of this test's own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.made.recipe import Silent
from weightreel.analysis.datasets import Dataset, load_dataset
from weightreel.analysis.measures.attacks.plan import Attacks
from weightreel.analysis.measures.attacks.probe import Record, Targets
from weightreel.analysis.networks.cnn import ReportCNN
from weightreel.analysis.networks.pixels import Network, Normaliser
from weightreel.analysis.recipe.recipe import Recipe, parse_recipe
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.runs.raw_weights import stored_weights
from weightreel.analysis.runs.same_weights import Recorded
from weightreel.analysis.store.reader import Store
from weightreel.analysis.training.experiment import run_experiment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
IMAGES, RADIUS, STEPS = 500, 16, 20
MODELS = ("cnn", "spectral-cnn", "pgd-trained", "gaussian")
THEIRS = """
import sys

sys.path.insert(0, sys.argv[1])
import numpy as np
import torch
import torchattacks

network, x, labels, steps, radius = torch.load(sys.argv[2], weights_only=False)
torch.set_num_threads(1)
stands = network(x).argmax(1) == labels
attacks = (
    torchattacks.APGD(network, eps=radius, steps=steps, loss="ce"),
    torchattacks.APGDT(network, eps=radius, steps=steps, n_classes=10),
)
for attack in attacks:
    for part in torch.nonzero(stands)[:, 0].split(50):
        adversarial = attack(x[part], labels[part])
        assert (adversarial - x[part]).abs().max() <= radius + 1e-6
        with torch.no_grad():
            stands[part] &= network(adversarial).argmax(1) == labels[part]
np.save(sys.argv[3], stands.numpy())
"""


class InPixels(torch.nn.Module):
    """A network as torchattacks takes it: images in [0,1] to logits."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.model, self.network = network.model, network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, C)."""
        return self.network.logits(x)


@pytest.fixture(scope="module")
def torchattacks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that it was installed into."""
    target = tmp_path_factory.mktemp("torchattacks")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
    done = subprocess.run([*command, "torchattacks==3.5.1"], capture_output=True, text=True, check=False)
    if done.returncode and any(word in done.stderr for word in ("No matching distribution", "connection", "resolve")):
        pytest.skip("the package index cannot be reached")
    assert not done.returncode, done.stderr
    return target


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return parse_recipe(
        {
            "models": list(MODELS),
            "dataset": {"kind": "digits", "n_validation": 200, "mean": [0.3] * 3, "std": [0.38] * 3},
            "network": {"width": 8, "depth": 4, "dropout": [0.2, 0.1]},
            "training": {
                "epochs": 6, "batch_size": 32, "learning_rate": 0.03, "augmentation": "none", "threads": 1,
                "device": "cpu",
            },
            "defences": {
                "pgd-trained": {"adversarial": "pgd", "epsilon": 16, "steps": 7}, "gaussian": {"gaussian": 0.25},
            },
            "spectra": {"resamples": 0},
            "noise": {"kinds": ["uniform"], "trials": 20, "history": 20},
            "gradient": {"images": 0, "examples": 0},
            "fooling": {"classes": []},
            "certificate": {"images": 0},
            "worst_case": {"images": IMAGES, "epsilons": [RADIUS], "steps": STEPS, "fab_steps": 10, "queries": 50},
            "masking": {"images": 0},
        },
        "here",
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("digits") / "digits.h5"
    calm = recipe.model_copy(update={"worst_case": recipe.worst_case.model_copy(update={"images": 0})})
    run_experiment(calm, path, Silent())
    return path


@pytest.fixture(scope="module")
def dataset(recipe: Recipe) -> Dataset:
    return load_dataset(recipe.dataset)


@pytest.mark.parametrize("model", MODELS)
def test_at_most_a_point_above_torchattacks(
    model: str, recipe: Recipe, store: Path, dataset: Dataset, torchattacks: Path, tmp_path: Path
) -> None:
    with Store(store) as opened:
        run = opened.run(f"{model}-s0")
        _, read = stored_weights(ExperimentFiles(store), run.name, Recorded(run))
        state = read(len(run.epochs) - 1)
    plain = ReportCNN(recipe.network, 10, 32, recipe.defence(model))
    plain.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    network = Network(plain.eval(), Normaliser.of(recipe.dataset, torch.device("cpu")), 10)
    tested = Targets.of(dataset)
    pixels, labels = (
        np.concatenate([a, b])[:IMAGES] for a, b in zip(tested.test, tested.validation, strict=True)
    )  # 360 test images are too few
    assert len(labels) == IMAGES
    targets = Targets(tested.classes, (pixels, labels), tested.validation, tested.examples)
    found: Record = {}
    for task in Attacks(recipe, targets, ("worst-case",)).final().values():
        found |= task(network, found)
    ours = np.mean(np.isnan(found["attacks/worst-case/fallen/radius"]))

    for parameter in plain.parameters():
        parameter.requires_grad_(False)
    given = (InPixels(network).eval(), network.tensor(pixels), torch.from_numpy(labels), STEPS, RADIUS / 255)
    torch.save(given, tmp_path / "given.pt")
    command = [sys.executable, "-c", THEIRS, torchattacks, tmp_path / "given.pt", tmp_path / "stands.npy"]
    # With -c the working folder is searched for modules: the pickle names this one.
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    theirs = np.load(tmp_path / "stands.npy").mean()
    print(f"{model}: ours {ours:.3f}, torchattacks {theirs:.3f}")
    assert ours <= theirs + 0.01
