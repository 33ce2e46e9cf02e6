"""What an attack is to whoever measures a network, and the registry of all attacks.

Each attack is a file of this package with a `Probe` in it, under the name by which recipes and `weightreel attack
--only` ask for it. To add one, add its file.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.datasets import Dataset, Images
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.measures import attacks
from weightreel.analysis.networks.pixels import Network
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]
Record = dict[str, Array]
Task = Callable[[Network], Record]
Link = Callable[[Network, Record], Record]
"""A task that goes on from what was measured before it of the same network, by path below the run."""


@dataclass(frozen=True)
class Targets:
    """Images that are attacked, pixels uint8 (n, H, W, 3) and labels (n,)."""

    classes: tuple[str, ...]
    test: tuple[Array, Array]
    validation: tuple[Array, Array]
    examples: tuple[Array, Array]

    @classmethod
    def of(cls, dataset: Dataset) -> Targets:
        """Those of a data set."""
        examples = dataset.example_pixels, np.asarray(dataset.example_labels)
        return cls(tuple(dataset.classes), _arrays(dataset.test), _arrays(dataset.validation), examples)


def _arrays(images: Images) -> tuple[Array, Array]:
    return images.pixels.permute(0, 2, 3, 1).contiguous().numpy(), images.labels.numpy()


class Probe:
    """One attack of a recipe on whatever network it is handed. What it gives are arrays by path below a run.

    Attributes:
        name: by which it is asked for.
        order: its place among the attacks of a run; those without one come last, by name.
        last_epoch_alone: whether it looks at no other epoch.
        wanted: whether its recipe asks for anything of it.

    Args:
        recipe: kinds, radii, numbers of images. Settings of an attack that has no table of its own in recipes stand
            under `attacks.NAME`.
        targets: the images that it is on.

    Raises:
        WeightreelError: its settings do not fit the images.
    """

    name: ClassVar[str]
    order: ClassVar[int] = 100
    last_epoch_alone: ClassVar[bool] = False
    wanted: bool

    def __init__(self, recipe: Recipe, targets: Targets) -> None:
        self.recipe, self.targets = recipe, targets
        self.settings: Mapping[str, Any] = recipe.attacks.get(self.name, {})
        self.wanted = self.name in recipe.attacks

    def fixed(self) -> Record:
        """What no epoch changes."""
        return {}

    def epoch(self, network: Network) -> Record:
        """What is measured at every epoch."""
        return {}

    def final(self) -> dict[str, Task]:
        """What is measured at the last epoch, by name, each on its own: a work of minutes can be interrupted."""
        return {}

    def chain(self) -> dict[str, Link]:
        """What is measured after all that `final` names, in this order, each from what those before it gave."""
        return {}

    def described(self, network: Network) -> dict[str, dict[str, Any]]:
        """Attributes of every group that it writes, by path below the run."""
        return {}

    def owns(self, path: str, kind: AttackKind | None) -> bool:
        """Whether it wrote a group of a store, which is forgotten where it is measured again.

        Args:
            path: below the run.
            kind: of the attack that the group is; None of groups that are none.
        """
        return path.removeprefix("attacks/") == self.name


_REGISTRY: dict[str, type[Probe]] = {}


def register(probe: type[Probe]) -> type[Probe]:
    """Make an attack known under its name, as a decorator of its class.

    Raises:
        ValueError: another has that name.
    """
    if _REGISTRY.setdefault(probe.name, probe).__qualname__ != probe.__qualname__:
        raise ValueError(f"two attacks are called {probe.name!r}")
    _REGISTRY[probe.name] = probe
    return probe


def registry() -> dict[str, type[Probe]]:
    """Every attack by its name, in the order of a run: those of all files in this package."""
    for module in pkgutil.iter_modules(attacks.__path__, f"{attacks.__name__}."):
        importlib.import_module(module.name)
    return dict(sorted(_REGISTRY.items(), key=lambda item: (item[1].order, item[0])))


def known(names: Mapping[str, Any], where: str) -> None:
    """Refuse attacks that do not exist.

    Raises:
        WeightreelError: there is one; the message names `where` it stands.
    """
    there = registry()
    if unknown := [name for name in names if name not in there]:
        raise WeightreelError(f"{where} {unknown[0]!r}: there is no such attack; there are: {', '.join(there)}.")


def as_json(values: Mapping[str, Any] | list[str]) -> str:
    """Parameters of an attack as a store keeps them, with sorted keys."""
    return json.dumps(values, sort_keys=True)


def sample_of_test(n_images: int, n: int, seed: int) -> NDArray[np.int64]:
    """Numbers of n of `n_images` images (of all, if there are fewer), drawn without replacement, ascending."""
    return np.sort(np.random.default_rng(seed).permutation(n_images)[:n])
