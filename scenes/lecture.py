"""The lecture: the films that make it, in the order in which they are told."""

from __future__ import annotations

LECTURE = (
    "weights",
    "biases",
    "weight_bias",
    "training",
    "esd",
    "spectral_norm",
    "adversarial",
    "perturbation",
    "certificate",
)
"""Names of films. The trailer is left out: it tells in short what these tell."""

NAME = "lecture"
"""Of the deck that holds them all."""
