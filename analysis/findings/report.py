"""What the course report says that the project implements: its networks, their figures and its claims."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from weightreel.analysis.findings.statistics import Rate, counted
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.store.nodes import Layer, Run


@dataclass(frozen=True)
class Reported:
    """What the report says of one network; shares in [0, 1].

    Attributes:
        train, validation, test: accuracies.
        noise_successes, noise_trials: noise images answered with a confidence of 90 % or above, of how many.
        noise_classes: what these were taken for, a message of the catalogues.
    """

    train: float
    validation: float
    test: float
    noise_successes: int
    noise_trials: int
    noise_classes: str

    @property
    def noise_rate(self) -> Rate:
        """Share of the noise images that were successes, with Wilson's interval, computed here."""
        return counted(self.noise_successes, self.noise_trials)


REPORT = {
    "cnn": Reported(0.9653, 0.8866, 0.8834, 703, 10_000, noted("frog 49.8%, cat 44.2%, ship 6.5%")),
    "spectral-cnn": Reported(0.9386, 0.8807, 0.8796, 165, 10_000, noted("mainly deer and frog")),
}
"""The report's tables, by model."""

REPORTED_MODELS = ("cnn", "spectral-cnn")
"""The report's two networks: without and with spectral normalisation."""
REPORTED_EPOCHS = 50
"""Epochs that the report trains for."""
REPORTED_REDUCTION = 0.76
"""By how much the report says that spectral normalisation lowers the rate: from 7.03 to 1.65 %."""

REPORTED_CONV1_ALPHA = 4.71
REPORTED_FC31_ALPHA = 2.74
"""The report's "Conv1" and "FC Layer 31", WeightWatcher's number. It names no network; they stand beside the CNN."""
FC_LAYER_ID = 31
"""WeightWatcher's number of the first linear layer, in the report and here."""


def of_report(run: Run) -> bool:
    """Whether a run is of one of the report's networks: a recipe's, since other code may call any network `cnn`."""
    return run.model in REPORTED_MODELS and "source" not in run.attributes


def conv1(layers: Iterable[Layer]) -> Layer | None:
    """The layer that the report calls Conv1: the first convolution; None where there is none."""
    return next((layer for layer in layers if layer.kind == "conv2d"), None)


def fc31(layers: Iterable[Layer]) -> Layer | None:
    """The layer that the report calls FC Layer 31: the linear layer of that number; None where there is none."""
    return next((layer for layer in layers if layer.kind == "linear" and layer.layer_id == FC_LAYER_ID), None)


def reported_alpha(run: Run, layer: Layer) -> float | None:
    """The alpha that the report gives for a layer of its CNN; None for every other layer."""
    if run.model != "cnn" or not of_report(run):
        return None
    layers = list(run.layers.values())
    for found, alpha in ((conv1(layers), REPORTED_CONV1_ALPHA), (fc31(layers), REPORTED_FC31_ALPHA)):
        if found is not None and found.name == layer.name:
            return alpha
    return None


def reported_of(runs: Iterable[Run]) -> list[tuple[str, Reported]]:
    """Titles and reported figures of the networks among the runs that the report has, as rows beside theirs."""
    found = {run.model: title_of(run) for run in runs if of_report(run)}
    return [(phrase("{title} in the report", title=title), REPORT[model]) for model, title in found.items()]


def report_caveat(runs: Iterable[Run]) -> str:
    """What the report's figures rest on; empty where none stand beside the runs."""
    if not any(map(of_report, runs)):
        return ""
    return phrase(
        "The report's figures are of one run a network, on all of CIFAR-10; their intervals are computed here."
    )
