"""What a run is: how it is called, who trained it, and what was measured of it by which settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.recipe.attacks import GradientRecipe
from weightreel.analysis.recipe.recipe import RecordRecipe, SpectraRecipe


@dataclass(frozen=True)
class RunAbout:
    """What a run is.

    Attributes:
        name: of the run: `model`-s`seed`.
        title: of the network, for people.
        model, seed: the parts of the name.
        clock: what its records are counted by: epoch, step or checkpoint.
        layers: of the network, in its order; the weights of those that are `tied` are not measured.
        n_parameters: trainable ones.
        device: that trains it, for people.
        source: who trained it and how it was recorded, in words.
        skipped: what is not recorded, with the reason.
        dataset_name: what it is trained on, for people; empty where nobody said.
        recipe: settings of the recording, as JSON takes them.
        spectra: how spectra are measured.
        saliency: at how many records input gradients are kept, where they are measured.
        whole: whether eigenvalues, samples and filters are kept.
        dataset: as `runs.stack.describe_experiment` takes it, where the network is attacked with its images.
        described: attributes of further groups, by path below the run.
    """

    name: str
    title: str
    model: str
    seed: int
    clock: str
    layers: tuple[LayerInfo, ...]
    n_parameters: int
    device: str
    source: str
    skipped: Mapping[str, str] = field(default_factory=dict)
    dataset_name: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    sample: int = RecordRecipe().sample
    bins: int = RecordRecipe().bins
    spectra: SpectraRecipe = field(default_factory=SpectraRecipe)
    saliency: int = GradientRecipe().saliency_epochs
    whole: bool = True
    dataset: Mapping[str, Any] | None = None
    described: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def attributes(self) -> dict[str, Any]:
        """Attributes of the run's group."""
        about = {
            "title": self.title, "model": self.model, "seed": self.seed, "pair": f"s{self.seed}", "clock": self.clock,
            "n_parameters": self.n_parameters, "device": self.device, "source": self.source,
        }  # fmt: skip
        return about | ({"skipped": json.dumps(dict(self.skipped))} if self.skipped else {})
