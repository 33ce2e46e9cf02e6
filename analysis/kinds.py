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
"""Layers with a matrix of weights: `parameters/` counts them together, and they have a spectrum."""
KINDS = (*MATRIX_KINDS, "embedding", "batchnorm", "layernorm", "groupnorm", "instancenorm", "rmsnorm")
"""Of layers."""
