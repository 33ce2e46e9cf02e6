"""Groups of a store: runs, layers, attacks, certificates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.plain_text import all_visible, cut, one_line, visible
from weightreel.analysis.segments import name_of, segment_of
from weightreel.analysis.store.frame import frame_of
from weightreel.analysis.store.schema.fields import AttackKind

if TYPE_CHECKING:
    import pandas

    from weightreel.analysis.store.reader import Store

Array = NDArray[Any]
T = TypeVar("T")
N = TypeVar("N", bound="Node")

JSON = ("recipe", "parameters", "attacks", "skipped", "defence", "software")
"""Attributes that are read as JSON, whose own escapes are none of a text's."""


class Node:
    """A group of the store: `node["train/loss"]` is an array, `node.attributes["title"]` an attribute."""

    def __init__(self, store: Store, path: str) -> None:
        self._store = store
        self._path = path

    @property
    def path(self) -> str:
        """Full path of the group in the store."""
        return self._path

    @property
    def name(self) -> str:
        """The run's, layer's or attack's name as it was given, as text: what the path's last part stands for."""
        return visible(name_of(self._path.rsplit("/", 1)[-1]))

    def __getitem__(self, key: str) -> Array:
        """The whole dataset at `key`, relative to this group; strings as an object array of one-line texts.

        Raises:
            WeightreelError: there is no such dataset, or it cannot be read.
        """
        found = self.as_stored(key)
        return _texts(found) if found.dtype == object else found

    def as_stored(self, key: str) -> Array:
        """The dataset at `key` with its strings as they stand in the file. Raises as `[key]`."""
        try:
            return self._store.view.read(self._at(key))
        except KeyError:
            raise WeightreelError(
                f"{self._store.path} holds no {self.path}/{key}; "
                f"`weightreel check {self._store.path}` says what is missing."
            ) from None
        except (OSError, RuntimeError, ValueError, TypeError, MemoryError) as error:
            raise WeightreelError(
                f"{self._store.path} is damaged at {self.path}/{key}; `weightreel rescue {self._store.path} --out NEW` "
                "writes what can still be read."
            ) from error

    def has(self, key: str) -> bool:
        """Whether a dataset or group stands at `key`, relative to this group."""
        return self._store.view.has(self._at(key))

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """Attributes of the group; NumPy scalars as Python ones, texts on one line but for `JSON`."""
        return self.attributes_of("")

    def attributes_of(self, key: str) -> dict[str, Any]:
        """Attributes of the dataset or group at `key` (of this group if empty), empty where there is none."""
        found = self._store.view.attributes(self._at(key) if key else self._path)
        return {name: value if name in JSON else all_visible(value) for name, value in found.items()}

    def _at(self, key: str) -> str:
        return f"{self._path.rstrip('/')}/{key}"

    def _children(self, key: str) -> list[str]:
        """Paths of the groups below `key`, by their `order` attribute where they have one, else by name."""
        view = self._store.view
        paths = [f"{self._at(key)}/{name}" for name in view.members(self._at(key))]
        groups = [path for path in paths if view.shape(path) is None]
        return sorted(groups, key=lambda path: (int(view.attributes(path).get("order", 0)), path))


class Layer(Node):
    """One layer: `layer["weight/counts"]`, `layer["spectrum/alpha"]`."""

    @property
    def kind(self) -> str:
        """conv2d, linear, batchnorm, …"""
        return str(self.attributes["kind"])

    @property
    def layer_id(self) -> int:
        """WeightWatcher's number of the layer."""
        return int(self.attributes["layer_id"])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the weight."""
        return tuple(int(n) for n in np.atleast_1d(self.attributes["shape"]))

    @property
    def top(self) -> int | None:
        """How many of the largest eigenvalues are known, where not all of them are."""
        return self.attributes_of("spectrum").get("top")


class Attack(Node):
    """One attack: per-trial outcomes; rates are derived by `weightreel.analysis.findings.attacks.noise`."""

    @property
    def kind(self) -> AttackKind:
        """What a trial is; noise where the store is older than the distinction."""
        return AttackKind(self.attributes.get("kind", AttackKind.NOISE))

    @property
    def threshold(self) -> float:
        """Confidence from which a trial is a success."""
        return float(self.attributes["threshold"])

    @property
    def n_classes(self) -> int:
        """Real classes; an answer beyond them is that there is nothing."""
        return len(self._store.classes)

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the method."""
        return dict(all_visible(json.loads(self.attributes["parameters"])))


class Certificate(Node):
    """Randomised smoothing at one sigma: votes, certified classes and radii."""

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise, pixels in [0,1]."""
        return float(self.attributes["sigma"])


class Run(Node):
    """One training: `run["train/loss"]`, `run.layers["features.0"]`, `run.attacks["uniform-noise"]`."""

    @cached_property
    def title(self) -> str:
        """Name of the network for people; a shorter one where a film has set it."""
        return cut(str(self.attributes["title"])).strip() or self.name

    @property
    def model(self) -> str:
        """Model, as in the run's name before the seed."""
        return str(self.attributes["model"])

    @property
    def seed(self) -> int:
        """Seed, as in the run's name."""
        return int(self.attributes["seed"])

    @property
    def complete(self) -> bool:
        """False while the training goes on."""
        return bool(self.attributes["state"] == "complete")

    @property
    def clock(self) -> str:
        """What its records are counted by: epoch, step or checkpoint."""
        return str(self.attributes.get("clock", "epoch"))

    @property
    def skipped(self) -> dict[str, str]:
        """Modules, tensors and epochs that were not recorded, with the reason."""
        return dict(all_visible(json.loads(self.attributes.get("skipped", "{}"))))

    @cached_property
    def epochs(self) -> Array:
        """Where its clock stood at each record, ascending, shape (E,): epochs, unless `clock` says otherwise."""
        return self["step" if self.clock == "step" else "epoch"]

    @property
    def metrics(self) -> list[str]:
        """Names of further numbers that the training's code handed over, at `metrics/`."""
        return sorted(map(name_of, self._store.view.members(self._at("metrics"))))

    def metric(self, name: str) -> Array:
        """One of the `metrics`, (E,).

        Raises:
            WeightreelError: there is none of that name.
        """
        return self[f"metrics/{segment_of(name)}"]

    def to_frame(self) -> pandas.DataFrame:
        """A tidy table, a row a record of the network or of a layer, a column a quantity; docs/data.md says more.

        Raises:
            WeightreelError: pandas is not installed, or the store is damaged.
        """
        return frame_of(self)

    @cached_property
    def network(self) -> dict[str, Layer]:
        """Every layer in the order of the network, by module path."""
        return by_name(Layer(self._store, path) for path in self._children("layers"))

    @cached_property
    def layers(self) -> dict[str, Layer]:
        """The layers of `network`; those alone that `choose_layers` left, where it was called."""
        return self.network

    @property
    def chosen(self) -> bool:
        """Whether `layers` are some of the network's only."""
        return len(self.layers) < len(self.network)

    def choose_layers(self, patterns: Sequence[str]) -> None:
        """Leave in `layers` those that a name or a pattern of the shell (`features.*`) stands for.

        Raises:
            WeightreelError: one stands for none; the sentence names what is spelt alike, or how the layers are called.
        """
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in self.network):
                alike = get_close_matches(pattern, self.network, n=3) or [*self.network][:3]
                there = f"such as {', '.join(alike)}" if alike else "none at all"
                raise WeightreelError(
                    f"{self.name} in {self._store.path} has no layer {pattern!r}; it has {len(self.network)}, {there}."
                )
        self.layers = {
            name: layer
            for name, layer in self.network.items()
            if any(fnmatchcase(name, pattern) for pattern in patterns)
        }

    @cached_property
    def attacks(self) -> dict[str, Attack]:
        """Attacks by name."""
        return by_name(Attack(self._store, path) for path in self._children("attacks"))

    def attacks_of(self, *kinds: AttackKind) -> dict[str, Attack]:
        """Attacks of some kinds, by name."""
        return {name: attack for name, attack in self.attacks.items() if attack.kind in kinds}

    @property
    def noise_attacks(self) -> dict[str, Attack]:
        """Attacks by inputs drawn from a distribution, the report's first."""
        return self.attacks_of(AttackKind.NOISE)

    @cached_property
    def certificates(self) -> dict[str, Certificate]:
        """Certificates by name, by ascending sigma."""
        return by_name(Certificate(self._store, path) for path in self._children("certificates"))

    @cached_property
    def defence(self) -> dict[str, Any]:
        """Settings of a network beyond the report's two, empty for those."""
        return dict(json.loads(self.attributes.get("defence", "{}")))

    @property
    def can_answer_nothing(self) -> bool:
        """Whether the network has one answer more than there are classes: that there is nothing to see."""
        return bool(self.defence.get("nothing", 0))

    def layer(self, name: str) -> Layer:
        """The layer `name`.

        Raises:
            WeightreelError: there is none; the sentence lists those there are.
        """
        return look_up(self.network, visible(name), f"layer of {self.name} in {self._store.path}")

    def attack(self, name: str) -> Attack:
        """The attack `name`.

        Raises:
            WeightreelError: there is none; the sentence lists those there are.
        """
        return look_up(self.attacks, name, f"attack on {self.name} in {self._store.path}")


def by_name(nodes: Iterable[N]) -> dict[str, N]:
    """Nodes by name, in their order; two that read alike once nothing is hidden in their names are numbered."""
    found: dict[str, N] = {}
    for node in nodes:
        name, count = node.name, 1
        while name in found:
            count += 1
            name = f"{node.name} ({count})"
        found[name] = node
    return found


def _texts(found: Array) -> Array:
    """Strings of a dataset as texts, of the same shape."""
    return np.array([one_line(str(text)) for text in found.ravel()], object).reshape(found.shape)


def look_up(found: dict[str, T], name: str, what: str) -> T:
    """The entry `name` of `found`.

    Raises:
        WeightreelError: there is none; the sentence lists those there are.
    """
    if name not in found:
        there = ", ".join(found) or "none"
        raise WeightreelError(f"there is no {what} called {name!r}; there are: {there}.")
    return found[name]
