"""Every attack of a recipe on a network: what is measured at each epoch, and what once, at the last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from weightreel.analysis.measures.attacks.probe import Link, Record, Targets, Task, known, registry
from weightreel.analysis.networks.pixels import Network
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.store.schema.fields import AttackKind


class Attacks:
    """The attacks of a recipe.

    Args:
        recipe: which, and their settings.
        targets: the images that they are on.
        only: names of those that are measured; None for all that the recipe asks for.

    Raises:
        WeightreelError: the recipe names an attack that does not exist, or settings do not fit the images.
    """

    def __init__(self, recipe: Recipe, targets: Targets, only: Iterable[str] | None = None) -> None:
        known(recipe.attacks, "the recipe's table attacks names")
        chosen = None if only is None else set(only)
        probes = [probe(recipe, targets) for name, probe in registry().items() if chosen is None or name in chosen]
        self._asked, self._probes = probes, [probe for probe in probes if probe.wanted]

    def fixed(self) -> Record:
        """What no epoch changes: the inputs of the first trials, and which examples are looked at."""
        return {key: value for probe in self._probes for key, value in probe.fixed().items()}

    def epoch(self, network: Network) -> Record:
        """What is measured at every epoch: answers to the first trials of noise, its place, input gradients."""
        return {key: value for probe in self._probes for key, value in probe.epoch(network).items()}

    def final(self) -> dict[str, Link]:
        """What is measured at the last epoch, by name, in this order: a work of minutes can be interrupted.

        Each takes what was measured before it, those before it in an earlier sitting too, as some attacks go on where
        others ended.
        """
        alone = {name: _linked(task) for probe in self._probes for name, task in probe.final().items()}
        return alone | {name: link for probe in self._probes for name, link in probe.chain().items()}

    def described(self, network: Network) -> dict[str, dict[str, Any]]:
        """Attributes of every group, by path below the run."""
        found = {path: about for probe in self._probes for path, about in probe.described(network).items()}
        attacks = (path for path in found if path.startswith("attacks/") and path.count("/") == 1)
        for order, path in enumerate(attacks):
            found[path]["order"] = order
        return found

    def stale(self, attacks: Mapping[str, AttackKind]) -> list[str]:
        """Paths below a run of what these attacks write anew, as they may have had other settings before.

        Args:
            attacks: those that the run has, by name.
        """
        groups: dict[str, AttackKind | None] = {f"attacks/{name}": kind for name, kind in attacks.items()}
        groups |= dict.fromkeys(("saliency", "certificates", "masking"))
        return [path for path, kind in groups.items() if any(probe.owns(path, kind) for probe in self._asked)]


def _linked(task: Task) -> Link:
    """A task that needs nothing before it."""
    return lambda network, _: task(network)
