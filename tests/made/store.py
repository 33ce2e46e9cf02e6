"""Plausible stores made of nothing but NumPy, so that films and their tests need no training."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.made.attacks import Subject, add_attacks
from tests.made.spectra import add_spectrum
from weightreel.analysis.store.schema.fields import Phase
from weightreel.analysis.store.writer import Contents, write

Array = np.ndarray[Any, Any]

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
TITLES = {
    "cnn": "CNN",
    "spectral-cnn": "Spectral CNN",
    "gaussian-cnn": "CNN trained in noise",
    "pgd-cnn": "CNN trained on PGD",
}
DEFENCES: dict[str, dict[str, Any]] = {
    "gaussian-cnn": {"robust": 0.1, "settings": {"gaussian": 0.25}},
    "pgd-cnn": {"robust": 0.5, "settings": {"adversarial": "pgd", "epsilon": 8.0}},
}
"""Models beyond the report's two: how much strong attacks leave of them, and what the store says of them."""
QUANTILES = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
CHANNELS = (3, 64, 64, 128, 128, 256, 256, 512, 512)
HIDDEN = (2048, 1024, 1024, 512, 512, 256)
DRAWN = 4096
"""Entries drawn of each parameter; its histogram counts each for several."""
VALIDATION_IMAGES = 1000
"""At most so many; a multiple of the number of classes."""


@dataclass(frozen=True)
class FakeLayer:
    """A layer's place, shape and width of its initial weights."""

    name: str
    layer_id: int
    kind: str
    shape: tuple[int, ...]
    side: int = 0
    """Rows and columns of a convolution's input."""

    @property
    def size(self) -> int:
        """Entries of the weight."""
        return int(np.prod(self.shape))

    @property
    def fan_in(self) -> int:
        """Inputs of one output."""
        return int(np.prod(self.shape[1:]))

    @property
    def has_spectrum(self) -> bool:
        """Convolutions and linear layers have."""
        return self.kind in ("conv2d", "linear")


def report_layers(n_classes: int = 10, *, batchnorm: bool = True) -> list[FakeLayer]:
    """The report's CNN: 8 convolutions, 6 linear layers, numbered as WeightWatcher does."""
    layers, index = [], 0
    for i, (fan, out) in enumerate(itertools.pairwise(CHANNELS)):
        layers.append(FakeLayer(f"features.{index}", index + 2, "conv2d", (out, fan, 3, 3), 32 >> i // 2))
        if batchnorm:
            layers.append(FakeLayer(f"features.{index + 1}", index + 3, "batchnorm", (out,)))
        index += 3 + i % 2  # convolution, BatchNorm, ReLU, and a pool after every second
    for i, (fan, out) in enumerate(zip(HIDDEN, (*HIDDEN[1:], n_classes), strict=True)):
        layers.append(FakeLayer(f"classifier.{3 * i}", 31 + 3 * i, "linear", (out, fan)))
    return layers


def narrow_layers(n_layers: int, n_classes: int, *, batchnorm: bool) -> list[FakeLayer]:
    """A narrow network of `n_layers` convolutions and linear layers, half of each."""
    layers = []
    for i in range(n_layers // 2):
        layers.append(FakeLayer(f"blocks.{i}.conv", 2 * i + 2, "conv2d", (16, 16 if i else 3, 3, 3), 32))
        if batchnorm:
            layers.append(FakeLayer(f"blocks.{i}.norm", 2 * i + 3, "batchnorm", (16,)))
    n_linear = n_layers - n_layers // 2
    for i in range(n_linear):
        out = n_classes if i == n_linear - 1 else 64
        layers.append(FakeLayer(f"head.{i}", n_layers + 2 + i, "linear", (out, 64)))
    return layers


def synthetic_store(
    path: str | Path,
    epochs: int = 51,
    seed: int = 0,
    models: tuple[str, ...] = ("cnn", "spectral-cnn"),
    complete: bool = True,
    n_layers: int | None = None,
    *,
    seeds: tuple[int, ...] = (0,),
    batchnorm: bool = True,
    attacks: bool | None = None,
    trials: int = 10_000,
    history_trials: int = 1_000,
    n_classes: int = 10,
    success: float = 0.3,
    examples: int = 20,
    sample: int = 512,
    drawn: int = DRAWN,
    every: int = 1,
    titles: Mapping[str, str] = TITLES,
) -> Path:
    """Write a store with every group of the schema.

    Args:
        path: the file to write.
        epochs: records, the initialisation included, at least 1.
        seed: of everything drawn.
        models: one run for each model and each of `seeds`.
        complete: False gives a training that still goes on: no `test/`, and no attacks unless asked for.
        n_layers: convolutions and linear layers of a narrow network; None gives the report's CNN.
        batchnorm: whether convolutions are followed by one.
        attacks: whether to write attacks; None means where complete. Gradients and certificates need that too.
        success: about the share of noise trials answered with at least 0.9 confidence at the end.
        sample: entries followed of each parameter.
        drawn: entries drawn of each parameter; with fewer, long and deep stores are made in seconds.
        every: epochs from one record to the next.
        titles: names of models, for people; a model that has none is called by its own.
    """
    path = Path(path)
    rng = np.random.default_rng(seed)
    layers = (
        report_layers(n_classes, batchnorm=batchnorm)
        if n_layers is None
        else narrow_layers(n_layers, n_classes, batchnorm=batchnorm)
    )
    store = Contents()
    recipe = {
        "title": "A made-up study",
        "models": list(models),
        "seeds": list(seeds),
        "training": {"epochs": 50, "batch_size": 64, "learning_rate": 0.01, "momentum": 0.9, "augmentation": "flip"},
    }
    store.describe(
        "/", recipe=json.dumps(recipe), software="{}",
        created="2025-11-01T00:00:00Z", licence="CC BY 4.0",
    )  # fmt: skip
    n_validation = n_classes * (VALIDATION_IMAGES // n_classes)
    store.describe(
        "/dataset", name="synthetic CIFAR-10", digest="0" * 64, n_train=5000, n_validation=n_validation,
        n_test=10 * n_validation,
    )  # fmt: skip
    store.add(
        "/dataset",
        {
            "classes": np.array(CLASSES[:n_classes], object),
            "examples/pixels": _pictures(rng, examples),
            "examples/label": np.arange(examples) % n_classes,
        },
    )
    order = 0
    for model in models:
        for run_seed in seeds:
            root = f"/runs/{model}-s{run_seed}"
            spectral = model.startswith("spectral")
            store.describe(
                root, title=titles.get(model, model), model=model, seed=run_seed, pair=f"s{run_seed}", order=order,
                n_parameters=sum(layer.size for layer in layers), device="cpu",
                state="complete" if complete else "training", epochs_planned=every * (epochs - 1) if complete else 50,
            )  # fmt: skip
            order += 1
            _training(store, root, rng, epochs, n_classes, complete, spectral, every)
            _parameters(store, root, rng, epochs, layers, sample, drawn, spectral, complete)
            if complete if attacks is None else attacks:
                accuracy = float(store.datasets[f"{root}/validation/accuracy"][-1])
                norms = tuple(layer.name for layer in layers if layer.kind == "batchnorm")
                subject = Subject(root, epochs, n_classes, accuracy, norms, DEFENCES.get(model, {}).get("robust", 0.0))
                add_attacks(store, subject, rng, trials, history_trials,
                            success * (0.4 if spectral else 1.0), final=complete)  # fmt: skip
            if model in DEFENCES:
                store.describe(root, defence=json.dumps(DEFENCES[model]["settings"]))
    write(path, store)
    return path


def _pictures(rng: np.random.Generator, n: int) -> Array:
    """Blobs of colour, (n, 32, 32, 3)."""
    y, x = np.mgrid[0:32, 0:32]
    centre, colour = rng.uniform(8, 24, (n, 2)), rng.uniform(60, 255, (n, 3))
    blob = np.exp(-((x - centre[:, :1, None]) ** 2 + (y - centre[:, 1:, None]) ** 2) / 60)
    return (blob[..., None] * colour[:, None, None, :]).astype(np.uint8)


def _confusion(accuracy: Array, n_classes: int) -> Array:
    """Confusion matrices (E, C, C) of about these accuracies (E,), equally many images a class; errors go round."""
    images = VALIDATION_IMAGES // n_classes
    hits = np.round(accuracy * images).astype(int)
    confusion = np.zeros((len(accuracy), n_classes, n_classes), int)
    true = np.arange(n_classes)
    confusion[:, true, true] = hits[:, None]
    for wrong in range(images):
        confusion[:, true, (true + 1 + wrong % max(n_classes - 1, 1)) % n_classes] += (wrong < images - hits)[:, None]
    return confusion


def _training(
    store: Contents, root: str, rng: np.random.Generator, epochs: int, n_classes: int, complete: bool, spectral: bool,
    every: int,
) -> None:  # fmt: skip
    """Losses that fall, then part; accuracies; confusion; learning rate; phases."""
    t = np.arange(epochs, dtype=float)
    chance = np.log(n_classes)
    wobble = rng.normal(0, 0.02, (2, epochs)) * (t > 0)
    train = chance * np.exp(-t / 12) + 0.04 + wobble[0] * 0.4
    validation = chance * np.exp(-t / 9) + 0.9 * (1 - np.exp(-t / 9)) + 0.012 * np.maximum(t - 15, 0) + wobble[1]
    accuracy = {
        "train": 1 - (1 - 1 / n_classes) * np.exp(-t / 10),
        "validation": 1 / n_classes + (0.62 + 0.02 * spectral) * (1 - np.exp(-t / 7)),
    }
    phases = {"validation": _phases(t, 4, 16), "spectral": _phases(t, 6, 19)}
    confusion = _confusion(accuracy["validation"], n_classes)
    accuracy["validation"] = confusion.trace(axis1=1, axis2=2) / confusion.sum((1, 2))
    store.add(
        root,
        {
            "epoch": every * t,
            "step": every * t * 79,
            "learning_rate": np.where(t < 30, 0.01, 0.001),
            "seconds": np.full(epochs, 80.0),
            "running_loss": np.where(t > 0, train + 0.15, np.nan),
            "train/loss": train,
            "train/accuracy": accuracy["train"],
            "validation/loss": validation,
            "validation/accuracy": accuracy["validation"],
            "validation/confusion": confusion,
        },
    )
    _rules(store, root, phases, accuracy["validation"])
    if complete:
        store.add(
            root,
            {
                "test/loss": np.float32(validation[-1]),
                "test/accuracy": np.float32(accuracy["validation"][-1]),
                "test/confusion": confusion[-1] * 10,
                **_test_outcomes(rng, confusion[-1] * 10, n_classes),
            },
        )


def _test_outcomes(rng: np.random.Generator, confusion: Array, n_classes: int) -> dict[str, Array]:
    """Label, answer and confidence of every test image behind a confusion matrix (C, C)."""
    true, predicted = np.divmod(np.arange(n_classes**2).repeat(confusion.ravel()), n_classes)
    right = true == predicted
    return {
        "test/label": true,
        "test/prediction": predicted,
        "test/confidence": np.maximum(rng.beta(np.where(right, 8, 3), 1.5), 1 / n_classes),
    }


def _phases(t: Array, generalising: int, over_fitting: int) -> Array:
    """Phase of epochs (E,), from the first of each of the later phases on."""
    return np.where(t < generalising, 0, np.where(t < over_fitting, 1, 2))


def _rules(store: Contents, root: str, phases: dict[str, Array], accuracy: Array) -> None:
    """Phases by both rules, how well they agree, and where they would stop the training."""
    for kind, phase in phases.items():
        store.add(root, {f"phase/{kind}": phase})
        store.describe(f"{root}/phase/{kind}", rule="made up: the phases begin at fixed epochs")
        over = np.flatnonzero(phase == Phase.OVER_FITTING)
        epoch = int(over[0]) if len(over) else -1
        left = accuracy[epoch]
        store.add(
            f"{root}/stop/{kind}",
            {"epoch": np.int32(epoch), "accuracy": np.float32(left), "cost": np.float32(accuracy.max() - left)},
        )
    one, other = phases.values()
    share = float(np.mean(one == other))
    chance = sum(float(np.mean(one == phase) * np.mean(other == phase)) for phase in (0, 1, 2))
    kappa = (share - chance) / (1 - chance) if chance < 1 else float("nan")
    store.describe(f"{root}/phase/spectral", agreement=share, kappa=kappa)


def _parameters(
    store: Contents, root: str, rng: np.random.Generator, epochs: int, layers: list[FakeLayer], sample: int,
    drawn: int, spectral: bool, complete: bool,
) -> None:  # fmt: skip
    """Every layer's weights, biases and spectrum, and all layers' together."""
    progress = 1 - np.exp(-np.arange(epochs) / 18)  # (E,)
    together: dict[str, list[tuple[Array, int]]] = {"weight": [], "bias": []}
    has_norm = any(layer.kind == "batchnorm" for layer in layers)
    first = True
    for order, layer in enumerate(layers):
        at = f"{root}/layers/{layer.name}"
        store.describe(at, layer_id=layer.layer_id, kind=layer.kind, shape=np.array(layer.shape), order=order)
        weight = _weights(rng, layer, min(drawn, layer.size), progress)
        bias = _biases(rng, layer, min(drawn, layer.shape[0]), progress, stands_still=has_norm)
        for name, values, size in (("weight", weight, layer.size), ("bias", bias, layer.shape[0])):
            store.add(f"{at}/{name}", {**_describe([(values, size)]), "sample": values[:, :sample]})
            store.describe(f"{at}/{name}", quantiles=np.array(QUANTILES))
            if layer.has_spectrum:
                together[name].append((values, size))
        if layer.kind == "conv2d" and first:
            store.add(at, {"filters": np.resize(weight, (epochs, *layer.shape))})
            first = False
        if layer.has_spectrum:
            norm = layers[order + 1] if layer.kind == "conv2d" and order + 1 < len(layers) else layer
            followed = norm.kind == "batchnorm"
            if layer.side:
                store.describe(at, feature_map=np.array([layer.side, layer.side]))
            if followed:
                store.describe(at, batchnorm=norm.name)
            add_spectrum(
                store, f"{at}/spectrum", rng, layer, progress, order, normalised=spectral and layer.kind == "conv2d",
                folded=followed, complete=complete,
            )  # fmt: skip
    for name, parts in together.items():
        store.add(f"{root}/parameters/{name}", _describe(parts))
        store.describe(f"{root}/parameters/{name}", quantiles=np.array(QUANTILES))


def _weights(rng: np.random.Generator, layer: FakeLayer, n: int, progress: Array) -> Array:
    """PyTorch's uniform initialisation drifting to a heavy-tailed bell, (E, n); scales of BatchNorm start at 1."""
    if layer.kind == "batchnorm":
        return 1 + progress[:, None] * rng.normal(-0.1, 0.15, n)
    bound = layer.fan_in**-0.5
    start = rng.uniform(-bound, bound, n)
    drift = rng.standard_t(5, n) * bound * rng.uniform(0.3, 0.8)
    return start * (1 - 0.5 * progress[:, None]) + drift * progress[:, None]


def _biases(rng: np.random.Generator, layer: FakeLayer, n: int, progress: Array, *, stands_still: bool) -> Array:
    """Convolutions before a BatchNorm keep theirs, (E, n)."""
    if layer.kind == "batchnorm":
        return progress[:, None] * rng.normal(-0.05, 0.12, n)
    bound = layer.fan_in**-0.5
    start = rng.uniform(-bound, bound, n)
    moving = not (stands_still and layer.kind == "conv2d")
    return start + moving * progress[:, None] * rng.normal(0.3 * bound, bound, n)


def _whole(counts: Array) -> Array:
    """Counts (B,) as whole numbers of the same sum, each the nearest but for as few as that takes."""
    found = np.round(counts)
    missing = round(float(counts.sum() - found.sum()))
    if missing:
        found[np.argsort(np.sign(missing) * (found - counts), kind="stable")[: abs(missing)]] += np.sign(missing)
    return np.asarray(found)


def _describe(parts: list[tuple[Array, int]], bins: int = 256) -> dict[str, Array]:
    """Histogram and moments of samples (E, n), each standing for `size` entries."""
    values = np.concatenate([v for v, _ in parts], 1)  # (E, n)
    weight = np.concatenate([np.full(v.shape[1], size / v.shape[1]) for v, size in parts])
    low, high = float(values.min()), float(values.max())
    width = max(high - low, 1e-3)
    edges = np.linspace(low - 0.01 * width, low + 1.01 * width, bins + 1)
    counts = np.stack([_whole(np.histogram(row, edges, weights=weight)[0]) for row in values])
    share = weight / weight.sum()
    mean = values @ share
    centred = values - mean[:, None]
    std = np.sqrt(centred**2 @ share)
    safe = np.maximum(std, 1e-12)
    return {
        "edges": edges,
        "counts": counts,
        "mean": mean,
        "std": std,
        "skewness": (centred**3 @ share) / safe**3,
        "kurtosis": (centred**4 @ share) / safe**4 - 3,
        "minimum": values.min(1),
        "maximum": values.max(1),
        "quantiles": np.quantile(values, QUANTILES, axis=1).T,
    }
