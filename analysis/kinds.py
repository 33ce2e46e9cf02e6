"""Kinds of layers, by name."""

from __future__ import annotations

MATRIX_KINDS = (
    "conv1d",
    "conv2d",
    "conv3d",
    "convtranspose1d",
    "convtranspose2d",
    "convtranspose3d",
    "linear",
)
"""Layers that multiply by a matrix of weights: `parameters/` counts them together."""
SPECTRUM_KINDS = (*MATRIX_KINDS, "embedding")
"""Layers that have a spectrum, those of WeightWatcher: an embedding's table is a matrix too."""
KINDS = (*SPECTRUM_KINDS, "batchnorm", "layernorm", "groupnorm", "instancenorm", "rmsnorm")
"""Of layers."""
