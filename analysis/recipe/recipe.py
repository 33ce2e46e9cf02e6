"""The recipe of an experiment: frozen models, read from TOML, every setting checked and overridable."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from weightreel.analysis.recipe.attacks import (
    CertificateRecipe,
    FoolingRecipe,
    GradientRecipe,
    MaskingRecipe,
    NoiseRecipe,
    WorstCaseRecipe,
)
from weightreel.analysis.recipe.checked import checked
from weightreel.analysis.recipe.defence import REPORTED, DefenceRecipe
from weightreel.analysis.recipe.part import Count, Part, Positive, Repeats, Seed, Share, Steps, Text
from weightreel.analysis.recipe.toml import override, read_toml

Level = Annotated[float, Field(ge=-1000, le=1000)]
Spread = Annotated[float, Field(le=1000)]


class DatasetRecipe(Part):
    """Which images, how many, and how pixels in [0,1] are normalised before they enter the network."""

    kind: Literal["cifar10", "folder", "digits"]
    path: str = ""
    """Folder of images, or where CIFAR-10 is kept; empty for `data/cache`. `~` is the home folder."""
    name: Text = ""
    """What films and tables call the data; empty for a name by kind."""
    n_train: Positive | None = None
    """Training images, stratified; None for all that validation leaves."""
    n_validation: Positive = 5000
    n_test: Positive | None = None
    """Test images, stratified; None for all."""
    split_seed: Seed = 0
    size: Annotated[int, Field(ge=4, le=512)] = 32
    """Rows and columns; other images are resized."""
    mean: tuple[Level, Level, Level] | tuple[Level] = (0.4914, 0.4822, 0.4465)
    """Of each colour; a single entry makes images grey, of one channel."""
    std: tuple[Spread, Spread, Spread] | tuple[Spread] = (0.2470, 0.2435, 0.2616)
    examples: Annotated[int, Field(ge=0, le=200)] = 20
    """Example images kept in the store; 0 keeps no pixels of the data."""
    examples_from: Literal["validation", "foolbox"] = "validation"
    """`foolbox`: the 20 CIFAR-10 test images that foolbox carries (MIT licence)."""

    @field_validator("std")
    @classmethod
    def _positive_std(cls, std: tuple[float, ...]) -> tuple[float, ...]:
        if min(std) < 0.0001:
            raise ValueError("every entry must be above 0, and 0.0001 at least")
        return std

    @model_validator(mode="after")
    def _folder_has_path(self) -> DatasetRecipe:
        if self.kind == "folder" and not self.path:
            raise ValueError("path must name the folder of images when kind is 'folder'")
        return self

    @model_validator(mode="after")
    def _as_many_means_as_deviations(self) -> DatasetRecipe:
        if len(self.mean) != len(self.std):
            raise ValueError("mean and std must have as many entries each: three for colours, one for grey images")
        return self

    @property
    def channels(self) -> int:
        """Channels of the images: 3 colours, or 1 of grey."""
        return len(self.mean)


class NetworkRecipe(Part):
    """The report's network; `width` and `depth` scale it."""

    width: Annotated[int, Field(ge=1, le=1024)] = 64
    """Channels of the first convolution; 64 is the report's."""
    depth: Literal[2, 4, 6, 8] = 8
    """Convolutions; a 2×2 max-pooling follows every second."""
    dropout: tuple[Share, Share] = (0.4, 0.2)
    """Dropout of the first and the last hidden Linear layer; even steps between."""


class TrainingRecipe(Part):
    """Stochastic gradient descent, as in the report."""

    epochs: Annotated[int, Field(ge=1, le=100_000)] = 50
    batch_size: Annotated[int, Field(ge=1, le=100_000)] = 64
    learning_rate: Annotated[float, Field(gt=0, le=1000)] = 0.01
    momentum: Share = 0.9
    weight_decay: Annotated[float, Field(ge=0, le=1000)] = 0.0
    patience: Repeats = 5
    """Epochs without a lower validation loss after which the learning rate falls."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    augmentation: Literal["none", "flip", "flip+crop"] = "flip"
    precision: Literal["float32", "bfloat16"] = "float32"
    """`bfloat16`: autocast of the training steps; parameters and every measurement stay float32."""
    stop: Literal["none", "validation", "spectral"] = "none"
    """Stop a run at the first epoch that this rule of phases calls over-fitting."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    cuda_graph: bool = True
    """On a CUDA device record the step once and replay it: many times as fast, and equal to the bit."""
    threads: Annotated[int, Field(ge=0, le=1024)] = 0
    """Threads of one run on the CPU, 0 for its share of all cores; results repeat bit for bit only with as many."""


class RecordRecipe(Part):
    """What is kept of every epoch."""

    weights: bool = True
    """Keep every epoch's raw weights in NAME.weights.h5, so that spectra and attacks can be run again."""
    bins: Annotated[int, Field(ge=16, le=4096)] = 256
    """Most bins of a layer's histogram; those of all layers together have four times as many."""
    sample: Steps = 128
    """Entries of each parameter that are followed through the epochs."""
    train_images: Positive = 1000
    """Training images on which loss and accuracy are measured in evaluation mode."""
    whole_seeds: Steps = 1
    """How many of the first seeds keep eigenvalues and samples; the others keep what tables and intervals need, as do
    `defences` beside the report's networks."""


class SpectraRecipe(Part):
    """What is measured of each layer's spectrum beyond eigenvalues, norms and the power law of the tail."""

    seed: Seed = 0
    """Seed of the shuffled baseline and of the bootstrap."""
    resamples: Repeats = 250
    """Bootstrap resamples behind the goodness of fit at the last epoch; 0 for none."""
    interval_resamples: Repeats = 300
    """Bootstrap resamples behind the intervals of alpha; 0 for none."""
    interval_epochs: Steps = 5
    """At how many epochs alpha has an interval: the last, and others evenly spread from the first on."""
    truncated: bool = False
    """Fit a truncated power law too (by the package powerlaw): a tenth of a second a layer and epoch."""
    square_law: Literal["weightwatcher", "scaled"] = "scaled"
    """Law of the random bulk: Marchenko and Pastur's of each slice and the edge of Tracy and Widom, or WeightWatcher's
    fit, whose edge of a square matrix stays where that of a random one with all of the norm is."""
    randomised_above: Count = 0
    """Shorter side of a matrix above which its largest eigenvalues alone are measured, by a randomised method; 0 for
    never."""
    top: Steps = 512
    """How many those are."""


class Recipe(Part):
    """One experiment: every model with every seed."""

    title: Text = ""
    models: Annotated[tuple[str, ...], Field(min_length=1)] = ("cnn", "spectral-cnn")
    """The report's `cnn` and `spectral-cnn`, and networks that `defences` describes."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (0,)
    dataset: DatasetRecipe
    network: NetworkRecipe = NetworkRecipe()
    training: TrainingRecipe = TrainingRecipe()
    record: RecordRecipe = RecordRecipe()
    spectra: SpectraRecipe = SpectraRecipe()
    noise: NoiseRecipe = NoiseRecipe()
    gradient: GradientRecipe = GradientRecipe()
    worst_case: WorstCaseRecipe = WorstCaseRecipe()
    masking: MaskingRecipe = MaskingRecipe()
    fooling: FoolingRecipe = FoolingRecipe()
    certificate: CertificateRecipe = CertificateRecipe()
    attacks: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Attacks that have no table of their own above, by name, with the settings that their files describe."""
    defences: dict[Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")], DefenceRecipe] = Field(
        default_factory=dict
    )
    """Networks beyond the report's two, by model: how each differs from the plain CNN."""

    @field_validator("models", "seeds")
    @classmethod
    def _no_repeats(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(set(value)) != len(value):
            raise ValueError("an entry stands there twice")
        return value

    @model_validator(mode="after")
    def _models_are_known(self) -> Recipe:
        if taken := REPORTED.keys() & self.defences.keys():
            raise ValueError(f"defences describes {min(taken)!r}, which is one of the report's networks; rename it")
        for model in self.models:
            if model not in REPORTED | self.defences:
                there = ", ".join((*REPORTED, *self.defences))
                raise ValueError(
                    f"models names {model!r}, which is not known; there are {there}; describe it under defences"
                )
        return self

    def defence(self, model: str) -> DefenceRecipe:
        """How a network of this recipe differs from the plain CNN."""
        return REPORTED.get(model) or self.defences[model]

    def keeps_whole(self, model: str, seed: int) -> bool:
        """Whether a run keeps what films alone need: eigenvalues, samples and filters."""
        filmed = model in REPORTED or not REPORTED.keys() & set(self.models)
        return filmed and seed in self.seeds[: self.record.whole_seeds]

    def runs(self) -> list[tuple[str, str, int]]:
        """Name, model and seed of each run; models of one seed stand together."""
        return [(f"{model}-s{seed}", model, seed) for seed in self.seeds for model in self.models]

    def to_json(self) -> str:
        """The recipe as JSON with sorted keys."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


def read_recipe(path: Path, overrides: Iterable[str] = ()) -> Recipe:
    """Read a TOML recipe, with overrides such as `training.epochs=5`.

    Raises:
        WeightreelError: the file is missing or no TOML, or a key is unknown or out of range; the key is named.
    """
    table = read_toml(path)
    for setting in overrides:
        override(table, setting)
    return parse_recipe(table, str(path))


def parse_recipe(table: dict[str, Any], where: str) -> Recipe:
    """Check a recipe given as a dictionary; `where` names its origin in errors.

    Raises:
        WeightreelError: a key is unknown or out of range; the first is named, and the number of others.
    """
    return checked(Recipe, table, where, "the recipe", "correct it there or with --set")


def difference(old: dict[str, Any], new: dict[str, Any], path: str = "") -> str:
    """Path of the first setting in which two dumped recipes differ, empty where they agree."""
    for key in sorted(old.keys() | new.keys()):
        here = f"{path}{key}"
        a, b = old.get(key), new.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            if deeper := difference(a, b, f"{here}."):
                return deeper
        elif a != b:
            return here
    return ""
