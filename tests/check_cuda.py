"""`make test-cuda`: the recorded step on a GPU, where no test suite may be installed. Exit code 1: something failed.

Both networks in both precisions train plainly and by the recorded step, through epochs that end with a short batch,
with a learning rate changed on the way, and once resumed; weights, momenta and losses must be equal to the bit. A step
that cannot be recorded must go on plainly. A recipe of digits runs to its end both ways, and the stores must be equal.
Then steps a second: the plain loop, the loop with the recorded step, and the graph alone.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor, nn

from weightreel.analysis.datasets import Images
from weightreel.analysis.networks.cnn import build
from weightreel.analysis.networks.device import choose_device
from weightreel.analysis.networks.pixels import Normaliser
from weightreel.analysis.recipe.defence import REPORTED, DefenceRecipe
from weightreel.analysis.recipe.recipe import DatasetRecipe, NetworkRecipe, TrainingRecipe
from weightreel.analysis.training.loop import optimiser_of, train_epoch
from weightreel.analysis.training.step import CudaRecorder, GraphedStep, PlainStep, step_of

CLASSES, SIZE = 10, 32
ROOT = Path(__file__).resolve().parents[1]
RATES = (0.05, 0.05, 0.01, 0.01, 0.01)
"""Learning rates of the epochs."""
RESUMED_AFTER = 3
DIGITS = (
    "training.epochs=2", "training.device=cuda", "network.width=4", "dataset.n_train=400", "spectra.resamples=10",
    'noise.kinds=["uniform"]', "noise.trials=100", "noise.history=100", "gradient.images=20",
    'gradient.attacks=["fgsm"]', "fooling.steps=20", "certificate.images=2", "certificate.n_estimation=100",
    'models=["spectral-cnn"]', "record.weights=false",
)  # fmt: skip
TIMED_STEPS = 40


class Training:
    """One network in training on random images, by the recorded step or plainly."""

    def __init__(self, model: str, count: int, width: int, device: torch.device, **settings: object) -> None:
        self.recipe = TrainingRecipe.model_validate({"device": "cuda", **settings})
        self.defence: DefenceRecipe = REPORTED[model]
        generator = torch.Generator().manual_seed(0)
        pixels = torch.randint(0, 256, (count, 3, SIZE, SIZE), dtype=torch.uint8, generator=generator)
        self.images = Images(pixels, torch.randint(0, CLASSES, (count,), generator=generator)).to(device)
        self.normalise = Normaliser.of(DatasetRecipe(kind="cifar10"), device)
        self.model: nn.Module = build(self.defence, NetworkRecipe(width=width), CLASSES, SIZE, seed=0)
        self.model.to(device, memory_format=torch.channels_last)
        self.optimiser = optimiser_of(self.model, self.recipe)
        self.step: PlainStep | GraphedStep = step_of(self.model, self.optimiser, self.recipe, self.defence)

    def epoch(self, seed: int) -> float:
        return train_epoch(
            self.model, self.optimiser, self.images, self.normalise, self.recipe, seed, defence=self.defence,
            step=self.step,
        )  # fmt: skip

    def epochs(self, first: int = 0, last: int = len(RATES)) -> list[float]:
        losses = []
        for epoch in range(first, last):
            self.optimiser.param_groups[0]["lr"] = RATES[epoch]
            losses.append(self.epoch(seed=epoch))
        return losses

    def state(self) -> list[Tensor]:
        momenta = [state["momentum_buffer"] for state in self.optimiser.state.values()]
        return [*self.model.state_dict().values(), *momenta]


def equal(one: Training, other: Training) -> bool:
    """Whether weights, buffers and momenta are equal to the bit."""
    return all(torch.equal(a, b) for a, b in zip(one.state(), other.state(), strict=True))


def check_equality(model: str, precision: str, device: torch.device) -> dict[str, bool]:
    """The recorded step against the plain one."""

    def training(**settings: object) -> Training:
        return Training(model, count=270, width=16, device=device, precision=precision, batch_size=64, **settings)

    plain, graphed, first, second = training(cuda_graph=False), training(), training(), training()
    losses = plain.epochs()
    found = {"equal": graphed.epochs() == losses and equal(plain, graphed)}
    first.epochs(last=RESUMED_AFTER)
    second.model.load_state_dict(first.model.state_dict())
    second.optimiser.load_state_dict(first.optimiser.state_dict())
    second.epochs(first=RESUMED_AFTER)
    recorded = isinstance(graphed.step, GraphedStep) and graphed.step.is_recorded
    return {**found, "resumed, equal": equal(plain, second), "recorded": recorded}


def check_fallback(device: torch.device) -> dict[str, bool]:
    """A network that waits for the GPU within the step cannot be recorded; others can, after it."""
    told: list[str] = []
    plain, waiting = (Training("cnn", 270, 16, device, batch_size=64, cuda_graph=False) for _ in range(2))
    waiting.model.register_forward_hook(lambda model, inputs, logits: logits + 0 * float(logits.detach().sum()))
    step = PlainStep(waiting.model, waiting.optimiser, waiting.defence, bfloat16=False)
    waiting.step = GraphedStep(step, CudaRecorder(device), told.append)
    plain.epochs(), waiting.epochs()
    after = Training("cnn", 270, 16, device, batch_size=64)
    after.epochs()
    print(*told, sep="\n")
    return {
        "told once": len(told) == 1,
        "goes on plainly": equal(plain, waiting),
        "others after it": equal(plain, after),
    }


def check_digits() -> dict[str, bool]:
    """A recipe of digits, both ways; measured times and the recipe itself may differ."""
    with tempfile.TemporaryDirectory() as folder:
        stores = {setting: Path(folder) / f"{setting}.h5" for setting in ("true", "false")}
        running = []
        for setting, store in stores.items():
            options = [f"--set={text}" for text in (*DIGITS, f"training.cuda_graph={setting}")]
            command = [sys.executable, "-m", "analysis", "run", "data/digits.toml", "--out", str(store), *options]
            running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL))
        found = {"runs to its end": {process.wait() for process in running} == {0}}
        if all(found.values()):
            command = [sys.executable, "-m", "analysis", "check", str(stores["true"])]
            found["clean"] = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL).returncode == 0
            found["stores equal"] = arrays_of(stores["true"]) == arrays_of(stores["false"])
    return found


def arrays_of(store: Path) -> dict[str, bytes]:
    """Every data set but times, by path."""
    found: dict[str, bytes] = {}

    def add(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and not name.endswith("seconds"):
            values = np.asarray(item[()])
            found[name] = repr(values.tolist()).encode() if values.dtype.kind == "O" else values.tobytes()

    with h5py.File(store, "r") as file:
        file.visititems(add)
    return found


def rates(model: str, batch: int, device: torch.device) -> tuple[float, float, float]:
    """Steps a second of the report's network in bfloat16: the plain loop, the recorded step's, the graph alone."""

    def training(**settings: object) -> Training:
        return Training(model, batch * TIMED_STEPS, 64, device, precision="bfloat16", batch_size=batch, **settings)

    plain, graphed = training(cuda_graph=False), training()
    loops = [timed(training.epoch, TIMED_STEPS) for training in (plain, graphed)]
    assert isinstance(graphed.step, GraphedStep)
    return loops[0], loops[1], timed(lambda _: graphed.step.replay_alone(TIMED_STEPS), TIMED_STEPS)


def timed(work: Callable[[int], object], steps: int) -> float:
    """Steps a second, the best of two after one that is not counted."""
    found = []
    for seed in range(3):
        torch.cuda.synchronize()
        began = time.perf_counter()
        work(seed)
        torch.cuda.synchronize()
        found.append(steps / (time.perf_counter() - began))
    return max(found[1:])


def main() -> int:
    """Check, measure and print."""
    if not torch.cuda.is_available():
        print("test-cuda: PyTorch finds no CUDA device; run it where there is one.", file=sys.stderr)
        return 2
    began = time.perf_counter()
    device = choose_device(TrainingRecipe(device="cuda"))
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name(device)}")
    results: dict[str, bool] = {}

    def note(what: str, found: dict[str, bool]) -> None:
        for key, passed in found.items():
            results[f"{what}: {key}"] = passed
            print(
                f"{'ok    ' if passed else 'FAILED'} {what}: {key}  [{time.perf_counter() - began:.1f} s]", flush=True
            )

    for model in REPORTED:
        for precision in ("float32", "bfloat16"):
            note(f"{model}, {precision}", check_equality(model, precision, device))
    note("a step that waits", check_fallback(device))
    print("steps/s in bfloat16     plain   graph   graph alone   graph/alone")
    for model in REPORTED:
        for batch in (64, 128):
            plain, graph, alone = rates(model, batch, device)
            print(
                f"{model:>14}, batch {batch:>3}{plain:8.0f}{graph:8.0f}{alone:14.0f}{graph / alone:14.2f}", flush=True
            )
    note("digits", check_digits())
    print(f"{sum(results.values())} of {len(results)} passed in {time.perf_counter() - began:.0f} s")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
