"""The smallest experiment that exercises every stage: seconds, not minutes."""

from __future__ import annotations

from typing import Any

from weightreel.analysis.recipe.recipe import Recipe, parse_recipe

TINY: dict[str, Any] = {
    "models": ["cnn", "spectral-cnn"],
    "seeds": [0],
    "dataset": {"kind": "digits", "n_train": 96, "n_validation": 40, "n_test": 50, "examples": 3, "size": 16},
    "network": {"width": 2, "depth": 4, "dropout": [0.2, 0.1]},
    "training": {
        "epochs": 2,
        "batch_size": 32,
        "learning_rate": 0.02,
        "augmentation": "flip+crop",
        "threads": 1,
        "device": "cpu",
    },
    "record": {"sample": 8, "bins": 32, "train_images": 40},
    "spectra": {"resamples": 20, "interval_resamples": 20, "interval_epochs": 2},
    "gradient": {
        "attacks": ["fgsm", "pgd2", "pgd2-l2", "deepfool"],
        "epsilons": [8],
        "radii": [0.5],
        "images": 6,
        "path_steps": 2,
        "examples": 2,
        "saliency_epochs": 2,
    },
    "worst_case": {"steps": 3, "targets": 2, "fab_steps": 2, "queries": 4},
    "masking": {"images": 4, "steps": 2, "queries": 3},
    "fooling": {"steps": 5, "confidence": 0.2},
    "certificate": {"sigmas": [0.25], "images": 3, "n_selection": 10, "n_estimation": 40},
    "noise": {"trials": 60, "history": 20, "preview": 3, "gallery": 4, "threshold": 0.12},
}


def tiny_recipe(**changes: Any) -> Recipe:
    """The tiny recipe with some of its top-level settings replaced; tables are merged."""
    table = {
        key: {**TINY.get(key, {}), **value} if isinstance(value, dict) else value for key, value in changes.items()
    }
    return parse_recipe({**TINY, **table}, "the tiny recipe")


class Silent:
    """A watcher that keeps what it was told."""

    def __init__(self) -> None:
        self.epochs: list[tuple[str, int]] = []

    def begin(self, runs: list[str], epochs: int) -> None:
        """Nothing to show."""

    def progress(self, run: str, done: int, part: float) -> None:
        """Nothing to show."""

    def waiting(self, run: str, what: str) -> None:
        """Nothing to show."""

    def stored(self, run: str, epoch: int, record: dict[str, Any]) -> None:
        """Remember the epoch."""
        self.epochs.append((run, epoch))
