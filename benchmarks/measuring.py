"""What measuring beside the training gains: an epoch on one core with its spectra, and the same measured in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn

from weightreel.analysis.networks.live import LiveNetwork, effective_state
from weightreel.analysis.networks.off_device import as_arrays, off_device
from weightreel.analysis.recipe.recipe import RecordRecipe, SpectraRecipe
from weightreel.analysis.training.measuring import Beside, Between, Measures, Measuring

Work = Callable[[], int]

IMAGES = 1000
"""Training images of an epoch; the fewer they are, the more its measuring weighs."""


@contextmanager
def measured(epoch: Work, model: nn.Module, example: torch.Tensor) -> Iterator[tuple[Work, Mapping[str, Work]]]:
    """An epoch on one thread whose histograms, samples and spectra are measured beside the next, and in between."""
    layers = tuple(LiveNetwork(model.eval(), example).layers)
    measures = Measures("the benchmark", layers, RecordRecipe().sample, SpectraRecipe(), 1)
    threads = torch.get_num_threads()

    def measuring_by(measuring: Measuring) -> Work:
        def work() -> int:
            done = epoch()
            state = as_arrays(off_device(effective_state(model.eval())))
            measuring.give("epoch", "measuring an epoch", state, lambda _: None)
            return done

        return work

    torch.set_num_threads(1)
    try:
        with Beside(measures, lambda _: None) as beside:
            yield measuring_by(beside), {"measured in between": measuring_by(Between(measures))}
    finally:
        torch.set_num_threads(threads)
