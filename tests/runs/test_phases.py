"""What the rules of phases look at, as a run has it."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.runs.phases import cues_of
from weightreel.analysis.store.schema.fields import FitStatus


def histories(n_layers: int = 3, epochs: int = 4, status: int = FitStatus.OK) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    found = {}
    for layer in range(n_layers):
        root = f"layers/{layer}/spectrum"
        found |= {f"{root}/{key}": rng.uniform(2, 5, epochs) for key in ("alpha", "stable_rank", "random/js_distance")}
        found[f"{root}/status"] = np.full(epochs, status)
    return found


def test_cues_are_taken_of_layers_with_eigenvalues_enough() -> None:
    own = histories()
    own["layers/0/spectrum/status"][:] = FitStatus.FEW_EIGENVALUES
    own["layers/1/spectrum/status"][2] = FitStatus.FAILED
    found = cues_of(own)
    assert found is not None
    used = [own[f"layers/{layer}/spectrum/alpha"] for layer in (1, 2)]
    assert found.alpha[[0, 1, 3]] == pytest.approx(np.median(used, 0)[[0, 1, 3]])
    assert found.alpha[2] == pytest.approx(used[1][2])
    distances = [own[f"layers/{layer}/spectrum/random/js_distance"] for layer in (1, 2)]
    assert found.distance == pytest.approx(np.mean(distances, 0))
    assert cues_of(histories(status=FitStatus.FEW_EIGENVALUES)) is None
    assert cues_of({}) is None
