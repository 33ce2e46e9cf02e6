"""Phases of a run, told from what is recorded of it, by both rules; where each rule would have ended its training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.phases import VALIDATION_RULE, validation_phases
from weightreel.analysis.maths.spectral_phases import SPECTRAL_RULE, SpectralCues, spectral_phases
from weightreel.analysis.maths.stopping import agreement, stop_of
from weightreel.analysis.store.schema.fields import STOPPING, FitStatus
from weightreel.analysis.store.writer import Contents

Array = NDArray[Any]

LOSSES = ("train/loss", "validation/loss", "validation/accuracy")
"""What phases are told by."""
CONFUSION = "validation/confusion"
CUES = ("train/loss", "validation/loss", CONFUSION, "/spectrum/alpha", "/status", "/stable_rank", "/random/js_distance")
"""Ends of the paths of what the rules of phases look at."""


def has_losses(recorded: Mapping[str, Array]) -> bool:
    """Whether the losses of a run, by path below it, are known at every epoch."""
    return all(key in recorded and np.isfinite(recorded[key]).all() for key in LOSSES)


def cues_of(histories: Mapping[str, Array]) -> SpectralCues | None:
    """What the rule on spectra looks at, from a run's arrays by path below it.

    None where no layer of 50 eigenvalues or more has a baseline.
    """
    distances = "/random/js_distance"
    roots = [key.removesuffix(distances) for key in histories if key.endswith(distances)]
    roots = [root for root in roots if np.any(histories[f"{root}/status"] != FitStatus.FEW_EIGENVALUES)]
    if not roots:
        return None
    status, alpha, rank, distance = (
        np.array([histories[f"{root}/{key}"] for root in roots])  # (L, E)
        for key in ("status", "alpha", "stable_rank", distances[1:])
    )
    return SpectralCues.of_layers(status, alpha, rank, distance)


def add_phases(contents: Contents, root: str) -> None:
    """Both rules' phases of a run whose losses (and spectra, if any) are in `contents`, agreement and stops."""
    inside = f"{root}/"
    own = {key.removeprefix(inside): value for key, value in contents.datasets.items() if key.startswith(inside)}
    classes = classes_of(own)
    phases = {"validation": validation_phases(own["train/loss"], own["validation/loss"], classes)}
    rules = {"validation": VALIDATION_RULE, "spectral": SPECTRAL_RULE}
    cues = cues_of(own)
    if cues is not None:
        phases["spectral"] = spectral_phases(cues, own["train/loss"], classes)
    for name, found in phases.items():
        contents.datasets[f"{root}/phase/{name}"] = found
        contents.describe(f"{root}/phase/{name}", rule=rules[name])
        stop = stop_of(name, own["train/loss"], own["validation/loss"], own["validation/accuracy"], cues, classes)
        contents.add(f"{root}/stop/{name}", {key: np.asarray(value) for key, value in stop._asdict().items()})
    if "spectral" in phases:
        share, kappa = agreement(phases["validation"], phases["spectral"])
        contents.describe(f"{root}/phase/spectral", agreement=share, kappa=kappa)


def classes_of(recorded: Mapping[str, Array]) -> int | None:
    """How many answers a run's network has, by its confusion matrices; None where there are none."""
    return int(np.shape(recorded[CONFUSION])[-1]) if CONFUSION in recorded else None


def stops(rule: str, records: list[dict[str, Array]]) -> bool:
    """Whether a rule of phases, seeing these epochs of a run, would end its training after the last of them."""
    keys = [key for key in records[0] if key.endswith(CUES)]
    own = {key: np.stack([record[key] for record in records]) for key in keys}
    classes = classes_of(own)
    if rule == "validation":
        phases = validation_phases(own["train/loss"], own["validation/loss"], classes)
    else:
        cues = cues_of(own)
        if cues is None:
            return False
        phases = spectral_phases(cues, own["train/loss"], classes)
    return bool(phases[-1] in STOPPING)
