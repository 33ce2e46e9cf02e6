"""Attacks on imported networks, whose code the user names and whose input are images of a data set."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from weightreel.analysis.datasets import Dataset, load_dataset
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.measures.attacks.plan import Attacks
from weightreel.analysis.measures.attacks.probe import Targets
from weightreel.analysis.measures.evaluation import on_test_images
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.checkpoints.read import open_checkpoint
from weightreel.analysis.networks.layers import FLOATS, plain_names
from weightreel.analysis.networks.pixels import Network, Normaliser, logits_of
from weightreel.analysis.recipe.recipe import Recipe

Array = NDArray[Any]


class Attacker:
    """A network that takes each checkpoint's parameters in turn, and the attacks of a recipe on it.

    Args:
        factory: `module:function`, which gives the network without arguments.
        recipe: its data set's images and the attacks' settings.
        first: a checkpoint to try it with.

    Raises:
        WeightreelError: there is no such function, what it gives is no network, or the network does not take the
            checkpoint's parameters, the images, or answers with another number of classes.
    """

    def __init__(self, factory: str, recipe: Recipe, first: Checkpoint) -> None:
        self.factory = factory
        self.model = _made(factory)
        self.dataset: Dataset = load_dataset(recipe.dataset)
        classes, side, channels = len(self.dataset.classes), recipe.dataset.size, recipe.dataset.channels
        self.network = Network(self.model, Normaliser.of(recipe.dataset, torch.device("cpu")), classes)
        self._load(first)
        try:
            answers = self.network.whole(np.zeros((1, side, side, channels), np.uint8)).shape
        except (RuntimeError, TypeError, ValueError, AttributeError) as error:
            raise WeightreelError(
                f"the network of {factory} does not take images of {channels}×{side}×{side} "
                f"({str(error).splitlines()[0]}); set their size with --set dataset.size=…, one channel with "
                "--set dataset.mean=[0.5] --set dataset.std=[0.5], or leave out --model."
            ) from error
        if answers != (1, classes):
            raise WeightreelError(
                f"the network of {factory} answers with {answers[-1]} numbers, and {self.dataset.name} has {classes} "
                "classes; choose the data set that it was trained on, or leave out --model."
            )
        self.attacks = Attacks(recipe, Targets.of(self.dataset))

    def fixed(self) -> dict[str, Array]:
        """What no checkpoint changes, by path below the run."""
        return self.attacks.fixed()

    def described(self) -> dict[str, dict[str, Any]]:
        """Attributes of the groups, by path below the run."""
        return self.attacks.described(self.network)

    def record(self, checkpoint: Checkpoint) -> dict[str, Array]:
        """What is measured of every checkpoint, by path below the run."""
        self._load(checkpoint)
        return self.attacks.epoch(self.network)

    def final(self, checkpoint: Checkpoint) -> dict[str, Callable[[dict[str, Array]], dict[str, Array]]]:
        """Works that measure what is measured of the last checkpoint alone, by name; each takes what is known then."""
        self._load(checkpoint)
        return {"test": self._test, **{k: partial(task, self.network) for k, task in self.attacks.final().items()}}

    def about_dataset(self, name: str) -> dict[str, Any]:
        """What the store says of the images; `name` replaces the data set's own."""
        own = self.dataset
        return {
            "name": name or own.name, "digest": own.digest, "classes": own.classes,
            "n_train": len(own.train), "n_validation": len(own.validation), "n_test": len(own.test),
            "example_pixels": own.example_pixels, "example_labels": own.example_labels,
        }  # fmt: skip

    def _test(self, _: dict[str, Array]) -> dict[str, Array]:
        """The answers to the test images."""
        labels = self.dataset.test.labels
        logits = logits_of(self.model, self.dataset.test.pixels, self.network.normalise)
        return on_test_images(logits, labels, self.network.classes)

    def _load(self, checkpoint: Checkpoint) -> None:
        headers, sources = open_checkpoint(checkpoint)
        wanted = self.model.state_dict()
        own = plain_names(wanted)
        tensors = {
            own[name]: torch.from_numpy(np.array(sources[raw].read(raw)))
            for name, raw in plain_names(headers).items()
            if name in own and headers[raw].dtype in FLOATS
        }
        missing = [name for name, like in wanted.items() if name not in tensors and like.is_floating_point()]
        if missing:
            raise WeightreelError(
                f"{checkpoint.files[0]} lacks {missing[0]}, which the network of {self.factory} has"
                f"{f' ({len(missing) - 1} more)' if len(missing) > 1 else ''}; name the code that made the checkpoint."
            )
        try:
            self.model.load_state_dict(tensors, strict=False)
        except RuntimeError as error:
            raise WeightreelError(
                f"the network of {self.factory} does not take {checkpoint.files[0]} "
                f"({str(error).splitlines()[-1].strip()}); name the code that made the checkpoint."
            ) from error
        self.model.eval()


def _made(factory: str) -> nn.Module:
    name, _, function = factory.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        made = getattr(importlib.import_module(name), function)()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise WeightreelError(
            f"--model {factory} gives no network ({error}); write MODULE:FUNCTION, a function without arguments of a "
            "module that can be imported from here."
        ) from error
    if not isinstance(made, nn.Module):
        raise WeightreelError(f"--model {factory} gives a {type(made).__name__}, and not a network of PyTorch.")
    return made
