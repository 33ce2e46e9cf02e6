"""Every path of a store, with its dtype, dimensions and unit.

The writer, the reader, the checker and `docs/store.md` all come from this one table, so that they cannot disagree.
What belongs to a spectrum stands in `schema_spectrum`, what belongs to attacks in `schema_attacks`.
"""

from __future__ import annotations

from enum import IntEnum

from weightreel.analysis.kinds import KINDS, MATRIX_KINDS
from weightreel.analysis.store.schema.attacks import ATTACK_ATTRIBUTES, ATTACK_DIMENSIONS, ATTACK_FIELDS, AttackKind
from weightreel.analysis.store.schema.field import STRING, Attribute, Field, pattern_of
from weightreel.analysis.store.schema.spectra import (
    FIT_STATUS,
    LAYER,
    MIN_EIGENVALUES,
    SPECTRUM_ATTRIBUTES,
    SPECTRUM_FIELDS,
    FitStatus,
    eigenvalue_count,
)

__all__ = [
    "ATTRIBUTES",
    "CLOCKS",
    "DIMENSIONS",
    "FIELDS",
    "FIT_STATUS",
    "KINDS",
    "MATRIX_KINDS",
    "MIN_EIGENVALUES",
    "NOT_NAMED",
    "SCHEMA",
    "SCHEMA_VERSION",
    "STAGES",
    "STOPPING",
    "STRING",
    "VERSION_MAJOR",
    "VERSION_MINOR",
    "AttackKind",
    "Attribute",
    "Field",
    "FitStatus",
    "Phase",
    "eigenvalue_count",
    "field_of",
]

SCHEMA = "weightreel"
VERSION_MAJOR = 1
VERSION_MINOR = 5
SCHEMA_VERSION = f"{VERSION_MAJOR}.{VERSION_MINOR}"
NOT_NAMED = "data not named"
"""Name of data to which whoever recorded a training gave none."""


class Phase(IntEnum):
    """What a network is doing at an epoch, by the rule named in the dataset's attribute; those from 3 on since 1.5."""

    UNDER_FITTING = 0
    GENERALISING = 1
    OVER_FITTING = 2
    MEMORISING = 3
    """It learns its training images by heart, and nothing that carries over to others."""
    NOT_LEARNING = 4
    DIVERGED = 5
    LEARNING = 6
    """Of the rule on spectra, which cannot tell whether what is learnt carries over."""
    AT_REST = 7
    """Of the rule on spectra: they stand still."""
    OVER_TRAINED = 8
    """Of the rule on spectra: as WeightWatcher reads alpha, which need be no over-fitting."""


STAGES = (0, 1, 2, 2, 0, 3, 1, 1, 2)
"""By phase, the stage on which rules of different phases can agree: early, well, too far, lost."""
STOPPING = (Phase.OVER_FITTING, Phase.AT_REST, Phase.OVER_TRAINED)
"""Phases at whose first epoch a rule ends a training."""


CLOCKS = ("epoch", "step", "checkpoint")
"""What the records of a run are counted by."""

DIMENSIONS = {
    "epoch": "epochs recorded; epoch 0 is the initialisation",
    "edge": "edges of the histogram's bins, one more than bins",
    "bin": "bins of a histogram",
    "quantile": "the quantiles that the group's attribute `quantiles` lists",
    "sample": "sampled entries, the same at every epoch",
    "eigenvalue": "eigenvalues, ascending",
    "leading": "the largest singular values, at most three",
    "slice": "slices of a kernel, row by row of its places",
    "whole_epoch": "the few epochs at which shuffled eigenvalues are kept whole",
    "shuffled_eigenvalue": "eigenvalues of all shuffled replicas, ascending",
    "out": "output channels",
    "in": "input channels",
    "height": "rows",
    "width": "columns",
    "channel": "colours: red, green, blue",
    "class": "classes of the data set",
    "true": "true classes",
    "predicted": "predicted classes",
    "example": "example images",
    **ATTACK_DIMENSIONS,
}


def _parameter(root: str, of: str, *, required: bool) -> list[Field]:
    """Histogram and statistics of a parameter over the epochs."""
    fields = [
        Field(f"{root}/edges", "f4", ("edge",), "1", f"bin edges of {of}, the same at every epoch", required),
        Field(f"{root}/counts", "u4", ("epoch", "bin"), "entries", f"histogram of {of}", required),
    ]
    moments = {
        "mean": "mean",
        "std": "standard deviation",
        "skewness": "skewness (third standardised moment)",
        "kurtosis": "excess kurtosis (fourth standardised moment minus 3)",
        "minimum": "smallest entry",
        "maximum": "largest entry",
    }
    fields += [Field(f"{root}/{k}", "f4", ("epoch",), "1", f"{v} of {of}", required) for k, v in moments.items()]
    fields.append(Field(f"{root}/quantiles", "f4", ("epoch", "quantile"), "1", f"quantiles of {of}", required))
    return fields


_RUN = "/runs/RUN"
_TRAINED = "the fixed training images, evaluation mode; of other code's trainings as it measured"

FIELDS: tuple[Field, ...] = (
    Field("/dataset/classes", STRING, ("class",), "", "names of the classes"),
    Field("/dataset/examples/pixels", "u1", ("example", "height", "width", "channel"), "1/255", "example images"),
    Field("/dataset/examples/label", "u1", ("example",), "class", "true classes of the examples"),
    Field(f"{_RUN}/epoch", "u4", ("epoch",), "epochs", "epoch; 0 is the initialisation"),
    Field(f"{_RUN}/step", "u4", ("epoch",), "steps", "optimiser steps taken"),
    Field(f"{_RUN}/learning_rate", "f4", ("epoch",), "1", "learning rate of the epoch that ended"),
    Field(f"{_RUN}/seconds", "f4", ("epoch",), "s", "time that the epoch took, measurements included"),
    Field(f"{_RUN}/running_loss", "f4", ("epoch",), "nat", "mean loss as trained (dropout on); NaN at epoch 0"),
    Field(f"{_RUN}/train/loss", "f4", ("epoch",), "nat", f"loss on {_TRAINED}"),
    Field(f"{_RUN}/train/accuracy", "f4", ("epoch",), "1", f"accuracy on {_TRAINED}"),
    Field(f"{_RUN}/validation/loss", "f4", ("epoch",), "nat", "loss on the validation images"),
    Field(f"{_RUN}/validation/accuracy", "f4", ("epoch",), "1", "accuracy on the validation images"),
    Field(f"{_RUN}/validation/confusion", "u4", ("epoch", "true", "predicted"), "images", "confusion matrix"),
    Field(f"{_RUN}/metrics/METRIC", "f4", ("epoch",), "1", "a number that the training's code handed over", False),
    Field(f"{_RUN}/test/loss", "f4", (), "nat", "loss on the test images at the last epoch", False),
    Field(f"{_RUN}/test/accuracy", "f4", (), "1", "accuracy on the test images at the last epoch", False),
    Field(f"{_RUN}/test/confusion", "u4", ("true", "predicted"), "images", "confusion matrix of the test", False),
    Field(f"{_RUN}/phase/validation", "u1", ("epoch",), "phase", "phase by the rule on losses"),
    Field(f"{_RUN}/phase/spectral", "u1", ("epoch",), "phase", "phase by the rule on spectra", False),
    *(
        Field(f"{_RUN}/stop/{rule}/{key}", dtype, (), units, long_name.format(rule), False)
        for rule in ("validation", "spectral")
        for key, dtype, units, long_name in (
            ("epoch", "i4", "epochs", "epoch at which the {} rule would stop, from the epochs until then; -1: never"),
            ("accuracy", "f4", "1", "validation accuracy of the network that the {} rule leaves; of the last if never"),
            ("cost", "f4", "1", "best validation accuracy of all epochs recorded minus the {} rule's"),
        )
    ),
    *_parameter(f"{_RUN}/parameters/PARAMETER", "all convolution and linear layers together", required=True),
    *_parameter(f"{LAYER}/PARAMETER", "this layer's parameter (effective values)", required=False),
    *(
        Field(f"{root}/PARAMETER/n_not_finite", "u4", ("epoch",), "entries", "NaN or infinite, in no statistic", False)
        for root in (f"{_RUN}/parameters", LAYER)
    ),
    Field(f"{LAYER}/PARAMETER/sample", "f4", ("epoch", "sample"), "1", "the same entries at every epoch", False),
    Field(
        f"{LAYER}/filters", "f4", ("epoch", "out", "in", "height", "width"), "1", "first convolution's filters", False
    ),
    *SPECTRUM_FIELDS,
    *ATTACK_FIELDS,
)

ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("/", "schema", STRING, f"always {SCHEMA!r}"),
    Attribute("/", "schema_version", STRING, "major.minor of this table"),
    Attribute("/", "results", STRING, "SHA-256 of what was measured, the same for equal results", False),
    Attribute("/", "recipe", STRING, "the recipe of the experiment, as JSON"),
    Attribute("/", "software", STRING, "versions of what measured, as JSON"),
    Attribute("/", "created", STRING, "when the experiment began, ISO 8601, UTC"),
    Attribute("/", "licence", STRING, "licence of the data in this file"),
    Attribute("/dataset", "name", STRING, "the data, named honestly"),
    Attribute("/dataset", "digest", STRING, "SHA-256 of pixels, labels and class names"),
    Attribute("/dataset", "n_train", "i8", "training images"),
    Attribute("/dataset", "n_validation", "i8", "validation images"),
    Attribute("/dataset", "n_test", "i8", "test images"),
    Attribute(_RUN, "title", STRING, "name of the network for people"),
    Attribute(_RUN, "model", STRING, "model, the first part of the run's name"),
    Attribute(_RUN, "seed", "i8", "seed, the last part of the run's name"),
    Attribute(_RUN, "pair", STRING, "runs of one pair differ in the model alone"),
    Attribute(_RUN, "clock", STRING, "what counts its records: epoch (where absent), step or checkpoint", False),
    Attribute(_RUN, "source", STRING, "who trained it and how it was recorded, where no recipe did", False),
    Attribute(
        _RUN, "skipped", STRING, "modules, tensors and epochs that were not recorded, with the reason, as JSON", False
    ),
    Attribute(_RUN, "order", "i8", "place among the runs"),
    Attribute(_RUN, "n_parameters", "i8", "trainable parameters"),
    Attribute(_RUN, "device", STRING, "device that trained it"),
    Attribute(_RUN, "state", STRING, "training or complete"),
    Attribute(_RUN, "epochs_planned", "i8", "epochs that the recipe asks for"),
    Attribute(f"{_RUN}/phase/validation", "rule", STRING, "the rule in words"),
    Attribute(f"{_RUN}/phase/spectral", "rule", STRING, "the rule in words", False),
    Attribute(
        f"{_RUN}/phase/spectral",
        "agreement",
        "f8",
        "share of epochs at which both rules name one stage of training",
        False,
    ),
    Attribute(
        f"{_RUN}/phase/spectral", "kappa", "f8", "Cohen's kappa of both rules; NaN where chance explains all", False
    ),
    Attribute(_RUN, "stopped_by", STRING, "the rule that ended the training early: validation or spectral", False),
    Attribute(f"{_RUN}/parameters/PARAMETER", "quantiles", "f8", "the probabilities of the quantiles"),
    Attribute(LAYER, "layer_id", "i8", "WeightWatcher's layer number in the plain network"),
    Attribute(LAYER, "kind", STRING, f"one of {', '.join(KINDS)}"),
    Attribute(LAYER, "shape", "i8", "shape of the weight"),
    Attribute(LAYER, "order", "i8", "place among the layers"),
    Attribute(LAYER, "tied", STRING, "the layer that holds the same weight, which is measured there", False),
    Attribute(LAYER, "feature_map", "i8", "rows and columns of a convolution's input", False),
    Attribute(LAYER, "batchnorm", STRING, "the BatchNorm that follows, folded into sigma/folded", False),
    Attribute(f"{LAYER}/PARAMETER", "quantiles", "f8", "the probabilities of the quantiles", False),
    *SPECTRUM_ATTRIBUTES,
    *ATTACK_ATTRIBUTES,
)


_FIELDS = {field.path: field for field in FIELDS}


def field_of(path: str) -> Field | None:
    """The field that a full path belongs to, None where the schema has no such path."""
    return _FIELDS.get(pattern_of(path))
