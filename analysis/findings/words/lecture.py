"""The lecture: the films that make it, in the order in which they are told."""

from __future__ import annotations

from weightreel.analysis.findings.words.language import noted, translated

LECTURE = (
    "weights",
    "biases",
    "weight_bias",
    "training",
    "esd",
    "spectral_norm",
    "adversarial",
    "noise",
    "perturbation",
    "certificate",
)
"""Names of films. The trailer is left out: it tells in short what these tell."""

TITLES = {
    "weights": noted("Weights"),
    "biases": noted("Biases"),
    "weight_bias": noted("Weight bias"),
    "training": noted("Training"),
    "esd": noted("Esd"),
    "spectral_norm": noted("Spectral norm"),
    "adversarial": noted("Adversarial"),
    "noise": noted("Noise"),
    "perturbation": noted("Perturbation"),
    "certificate": noted("Certificate"),
    "trailer": noted("Trailer"),
    "data": noted("Data"),
}
"""Titles of chapters by film, as they stand on every page of a handout."""

NAME = "lecture"
"""The deck that holds them all."""


def title_of_chapter(film: str) -> str:
    """What a film is called as a chapter; one of somebody's own by its file."""
    return translated(TITLES.get(film, film.replace("_", " ").capitalize()))
