"""Where the scalars of a training stand below its run, by what programs call them: losses, accuracies and others."""

from __future__ import annotations

import re
from collections.abc import Container

from weightreel.analysis.segments import segment_of

_PARTS = {"": "train", "train_": "train", "val_": "validation", "validation_": "validation", "eval_": "validation"}
_QUANTITIES = {"loss": "loss", "accuracy": "accuracy", "acc": "accuracy"}
RECORDED = {f"{part}{name}": f"{_PARTS[part]}/{_QUANTITIES[name]}" for part in _PARTS for name in _QUANTITIES} | {
    "learning_rate": "learning_rate",
    "lr": "learning_rate",
    "running_loss": "running_loss",
}
"""Paths by the names that a training loop gives to what it records."""
LOGGED = {
    "train/loss": ("loss", "train_loss", "training_loss", "train_loss_epoch", "loss_train"),
    "train/accuracy": ("accuracy", "acc", "train_accuracy", "train_acc", "training_accuracy", "accuracy_train"),
    "validation/loss": ("val_loss", "validation_loss", "valid_loss", "eval_loss", "test_loss", "loss_val"),
    "validation/accuracy": ("val_accuracy", "val_acc", "validation_accuracy", "valid_accuracy", "valid_acc",
                            "eval_accuracy", "eval_acc", "accuracy_val"),
    "learning_rate": ("learning_rate", "lr", "train_learning_rate", "train_lr"),
}  # fmt: skip
"""Names that logs have, by path, the likeliest first: a log is read whole, so that more may be guessed."""
_NOT_NAMED = re.compile(r"[^a-z0-9]+")


def path_of_recorded(name: str) -> str:
    """Where a number goes that a training loop records under this name, `/` read as `_`; a name of its own is kept."""
    return RECORDED.get(name.replace("/", "_")) or path_of_metric(name)


def path_of_metric(name: str) -> str:
    """Where a number stands under its own name, which may hold anything."""
    return f"metrics/{segment_of(name)}"


def path_of_logged(name: str, taken: Container[str] = ()) -> str:
    """Where a column of a log goes; `taken` are paths that other columns of it have."""
    plain = _NOT_NAMED.sub("_", name.lower()).strip("_")
    for path, names in LOGGED.items():
        if plain in names and path not in taken:
            return path
    return f"metrics/{plain or 'metric'}"
