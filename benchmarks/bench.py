"""`make bench`: our rates beside those of peers, measured in turn in one run, as a table and as media/bench.json.

A ratio above 1 means that ours is better. The bare peers do nothing but the network's own arithmetic on data that lie
ready, so that no loop can beat them by much; the usual peers are what a project would write first.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from benchmarks import attacks, films, measuring, recording, spectra, starts
from weightreel.analysis.datasets import Images
from weightreel.analysis.networks.cnn import ReportCNN, build
from weightreel.analysis.networks.device import choose_device
from weightreel.analysis.networks.pixels import Network, Normaliser
from weightreel.analysis.recipe.defence import CNN
from weightreel.analysis.recipe.recipe import DatasetRecipe, NetworkRecipe, TrainingRecipe
from weightreel.analysis.training.loop import optimiser_of, train_epoch
from weightreel.analysis.training.step import step_of

CLASSES = 10
SIZE = 32
LOADER_WORKERS = 2
OUTPUT = Path(__file__).resolve().parent.parent / "media" / "bench.json"

PARTS = ("training", "recording", "measuring", "starts", "attacks", "spectra", "films")

Work = Callable[[], int]
"""Does some work and returns how many pieces of it were done."""


@dataclass(frozen=True)
class Comparison:
    """Median rates, pieces a second, of ours and of one peer."""

    name: str
    ours: float
    peer: float
    unit: str

    def as_dict(self) -> dict[str, str | float]:
        """What media/bench.json lists."""
        rates = {"ours": float(f"{self.ours:.4g}"), "peer": float(f"{self.peer:.4g}")}
        return {"name": self.name, **rates, "unit": self.unit, "ratio": round(self.ours / self.peer, 3)}


@dataclass(frozen=True)
class Bench:
    """How much is measured, and where."""

    device: torch.device
    repetitions: int
    images: int
    trials: int
    network: NetworkRecipe

    def model(self) -> ReportCNN:
        """The report's CNN on the device."""
        model = build(CNN, self.network, CLASSES, SIZE, seed=0)
        return model.to(self.device, memory_format=torch.channels_last)


def compare(
    bench: Bench, what: str, unit: str, ours: Work, peers: Mapping[str, Work | float], least: int | None = None
) -> list[Comparison]:
    """Time ours and all peers in turn, again and again, so that a machine that slows down slows all of them.

    Args:
        bench: how often.
        what: what ours does.
        unit: of the rates.
        ours: the work.
        peers: other works, or a rate that is given.
        least: repetitions of works so slow that fewer must do; a single one is not repeated to warm up.
    """
    works: dict[str, Work] = {"": ours, **{name: peer for name, peer in peers.items() if callable(peer)}}
    rates: dict[str, list[float]] = {name: [] for name in works}
    repetitions = bench.repetitions if least is None else min(bench.repetitions, least)
    for name, work in works.items():
        if repetitions > 1 or not name:
            work()  # not timed: caches, worker processes, choice of algorithms
    for _ in range(repetitions):
        for name, work in works.items():
            began = time.perf_counter()
            done = work()
            if bench.device.type == "cuda":
                torch.cuda.synchronize()
            rates[name].append(done / (time.perf_counter() - began))
    median = {name: statistics.median(values) for name, values in rates.items()}
    median |= {name: peer for name, peer in peers.items() if not callable(peer)}
    return [Comparison(f"{what} / {peer}", median[""], median[peer], unit) for peer in peers]


def bench_training(bench: Bench, recipe: TrainingRecipe) -> list[Comparison]:
    """Training images a second."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (bench.images, SIZE, SIZE, 3), dtype=np.uint8)
    labels = rng.integers(0, CLASSES, bench.images)
    labels[:CLASSES] = range(CLASSES)  # a folder for each class
    normalise = Normaliser.of(DatasetRecipe(kind="cifar10"), bench.device)
    images = Images(torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels))

    with image_folder(pixels, labels) as folder, usual_loaders(bench, recipe, folder) as loaders:
        peers: dict[str, Work] = {"the bare step": bare_steps(bench, recipe, images, normalise)}
        for name, loader in loaders.items():
            peers[name] = loader_epoch(bench, recipe, loader)
        what = f"training, width {bench.network.width}"
        return compare(bench, what, "images/s", our_epoch(bench, recipe, images, normalise), peers)


def bench_recording(bench: Bench, recipe: TrainingRecipe, count: int) -> list[Comparison]:
    """What a Recorder leaves of the rate of training: its threads work beside the next epoch."""
    epoch, model = epoch_alone(bench, recipe, count)
    with recording.watched(epoch, model) as (ours, peers):
        what = f"an epoch of {count:,} images with a Recorder, width {bench.network.width}"
        return compare(bench, what, "images/s", ours, peers, least=3)


def bench_measuring(bench: Bench, recipe: TrainingRecipe, count: int) -> list[Comparison]:
    """What measuring beside a training on one core gains, with a second core for it."""
    epoch, model = epoch_alone(bench, recipe, count)
    example = torch.zeros(1, 3, SIZE, SIZE, device=bench.device)
    with measuring.measured(epoch, model, example) as (ours, peers):
        what = f"an epoch of {count:,} images and its spectra, width {bench.network.width}, one thread"
        return compare(bench, what, "images/s", ours, peers)


def bench_starts(bench: Bench, count: int) -> list[Comparison]:
    """Images a second of a start on a folder that was decoded before."""
    with starts.starts(count, SIZE) as (ours, peers):
        return compare(bench, f"a second start on {count:,} files", "images/s", ours, peers, least=3)


def epoch_alone(bench: Bench, recipe: TrainingRecipe, count: int) -> tuple[Work, nn.Module]:
    """An epoch of the report's CNN on made-up images, and the network that it trains."""
    rng = np.random.default_rng(0)
    pixels = torch.from_numpy(rng.integers(0, 256, (count, 3, SIZE, SIZE), dtype=np.uint8))
    images = Images(pixels, torch.from_numpy(rng.integers(0, CLASSES, count))).to(bench.device)
    normalise = Normaliser.of(DatasetRecipe(kind="cifar10"), bench.device)
    model = bench.model()
    optimiser = optimiser_of(model, recipe)

    def epoch() -> int:
        train_epoch(model, optimiser, images, normalise, recipe, seed=0)
        return len(images)

    return epoch, model


def our_epoch(bench: Bench, recipe: TrainingRecipe, images: Images, normalise: Normaliser) -> Work:
    """The loop of `weightreel.analysis.training.loop`."""
    model, resident = bench.model(), images.to(bench.device)
    optimiser = optimiser_of(model, recipe)
    step = step_of(model, optimiser, recipe, CNN)

    def work() -> int:
        train_epoch(model, optimiser, resident, normalise, recipe, seed=0, step=step)
        return len(resident)

    return work


def bare_steps(bench: Bench, recipe: TrainingRecipe, images: Images, normalise: Normaliser) -> Work:
    """Forward, backward and update on batches that lie on the device as normalised floats."""
    model, resident = bench.model(), images.to(bench.device)
    optimiser = optimiser_of(model, recipe)
    batches = list(
        zip(normalise(resident.pixels).split(recipe.batch_size), resident.labels.split(recipe.batch_size), strict=True)
    )

    def work() -> int:
        model.train()
        for x, y in batches:
            step(model, optimiser, x, y)
        return len(resident)

    return work


def loader_epoch(bench: Bench, recipe: TrainingRecipe, loader: DataLoader[tuple[torch.Tensor, torch.Tensor]]) -> Work:
    """The loop of the tutorials: a DataLoader, batches moved to the device, the running loss read at every step."""
    model = build(CNN, bench.network, CLASSES, SIZE, seed=0).to(bench.device)
    optimiser = optimiser_of(model, recipe)

    def work() -> int:
        model.train()
        running_loss = 0.0
        for x, y in loader:
            running_loss += step(model, optimiser, x.to(bench.device), y.to(bench.device)).item() * len(y)
        return bench.images

    return work


def step(model: nn.Module, optimiser: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """One step of gradient descent; returns the loss."""
    loss = F.cross_entropy(model(x), y)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
    return loss.detach()


@contextmanager
def image_folder(pixels: np.ndarray, labels: np.ndarray) -> Iterator[Path]:
    """The images as PNG files CLASS/NUMBER.png in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        for number, (picture, label) in enumerate(zip(pixels, labels, strict=True)):
            place = Path(folder) / str(label)
            place.mkdir(exist_ok=True)
            Image.fromarray(picture).save(place / f"{number}.png")
        yield Path(folder)


@contextmanager
def usual_loaders(bench: Bench, recipe: TrainingRecipe, folder: Path) -> Iterator[dict[str, DataLoader]]:
    """ImageFolder with PIL and torchvision's transforms, without and with worker processes."""
    data = DatasetRecipe(kind="cifar10")
    dataset = ImageFolder(
        str(folder),
        transforms.Compose(
            [transforms.RandomHorizontalFlip(), transforms.ToTensor(), transforms.Normalize(data.mean, data.std)]
        ),
    )
    common = {"batch_size": recipe.batch_size, "shuffle": True, "pin_memory": bench.device.type == "cuda"}
    yield {
        "DataLoader, no workers": DataLoader(dataset, **common),
        f"DataLoader, {LOADER_WORKERS} workers": DataLoader(
            dataset,
            num_workers=LOADER_WORKERS,
            persistent_workers=True,
            **common,
        ),
    }


def bench_attacks(bench: Bench) -> list[Comparison]:
    """Noise trials, votes and gradient steps a second, with all that belongs to them."""
    normalise = Normaliser.of(DatasetRecipe(kind="cifar10"), bench.device)
    network = Network(bench.model().eval(), normalise, CLASSES)
    return attacks.comparisons(network, bench.trials, functools.partial(compare, bench))


def show(comparisons: list[Comparison], bench: Bench) -> None:
    """Print the table."""
    threads = f", {torch.get_num_threads()} threads" if bench.device.type == "cpu" else ""
    table = Table(
        "ours / peer",
        title=f"Medians of {bench.repetitions} on {bench.device.type}{threads}; a ratio above 1: ours is better",
        title_justify="left",
    )
    for column in ("ours", "peer", "unit", "ratio"):
        table.add_column(column, justify="left" if column == "unit" else "right")
    for row in comparisons:
        table.add_row(row.name, rate(row.ours), rate(row.peer), row.unit, f"{row.ours / row.peer:.2f}")
    Console().print(table)


def rate(value: float) -> str:
    """A rate to about three digits, without an exponent."""
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description="Measure ours beside peers.")
    parser.add_argument("--repetitions", type=int, default=5, help="timed rounds; the median counts")
    parser.add_argument("--images", type=int, default=256, help="training images a round")
    parser.add_argument("--recorded", type=int, default=recording.IMAGES, help="those of an epoch that is recorded")
    parser.add_argument("--measured", type=int, default=measuring.IMAGES, help="those of an epoch that is measured")
    parser.add_argument("--files", type=int, default=starts.IMAGES, help="images of a folder that is started on")
    parser.add_argument("--trials", type=int, default=500, help="noise trials a round")
    parser.add_argument(
        "--widths", type=int, nargs="+", default=[64, 8], help="first convolutions' channels: the report's, the demo's"
    )
    parser.add_argument("--out", type=Path, default=OUTPUT)
    parser.add_argument(
        "--only", choices=PARTS, nargs="+", default=PARTS, help="measure some; in the file, others' rows stay"
    )
    films.add_options(parser)
    options = parser.parse_args(arguments)

    recipe = TrainingRecipe()
    device = choose_device(recipe)
    benches = [
        Bench(device, options.repetitions, options.images, options.trials, NetworkRecipe(width=width))
        for width in options.widths
    ]
    comparisons: list[Comparison] = []
    if "training" in options.only:
        comparisons += [row for bench in benches for row in bench_training(bench, recipe)]
    if "recording" in options.only:
        comparisons += bench_recording(benches[0], recipe, options.recorded)
    if "measuring" in options.only:
        comparisons += bench_measuring(benches[-1], recipe, options.measured)
    if "starts" in options.only:
        comparisons += bench_starts(benches[0], options.files)
    if "attacks" in options.only:
        comparisons += bench_attacks(benches[0])
    origin = ""
    if "spectra" in options.only:
        rows, origin = spectra.comparisons(functools.partial(compare, benches[0]))
        comparisons += rows
        origin = f"Spectra: {origin}."
    if "films" in options.only:
        plan = films.plan_of(options)
        comparisons += films.comparisons(plan, Comparison)
        origin += f" Films: medians of {plan.repetitions}, each film's busiest {plan.seconds:g} s."
    show(comparisons, benches[0])
    if origin:
        print(origin.strip())
    write(options.out, comparisons, kept=set(options.only) != set(PARTS))
    return 0


def write(path: Path, comparisons: list[Comparison], kept: bool) -> None:
    """Write the rows as JSON; where `kept`, those that were not measured now stay as they were, in their order."""
    found = {row["name"]: row for row in json.loads(path.read_text())} if kept and path.is_file() else {}
    found |= {row.name: row.as_dict() for row in comparisons}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(found.values()), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
