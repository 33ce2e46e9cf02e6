"""The films' colours as CSS custom properties: light, and dark where the reader's system asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from weightreel.analysis.store.nodes import Run
from weightreel.scenes.kit.theme import DARK, LIGHT, OTHER_MODELS, Theme, theme

NETWORKS = {"cnn": "cnn", "spectral-cnn": "spectral-cnn"}
_NAMES = {colour: name for name, colour in asdict(theme).items()}
OTHERS = tuple(_NAMES[colour].lower() for colour in OTHER_MODELS)
"""Concepts whose colours networks beyond the report's take in turns, as in the films."""


def variables(colours: Theme) -> str:
    """Declarations such as `--weights: #56B4E9;`, one a concept."""
    return " ".join(f"--{name.lower().replace('_', '-')}: {colour};" for name, colour in asdict(colours).items())


def stylesheet() -> str:
    """Both themes."""
    return (
        f":root {{ color-scheme: light dark; {variables(LIGHT)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {variables(DARK)} }} }}\n"
    )


def colour_names(runs: Sequence[Run]) -> dict[str, str]:
    """The custom property of each run's network, without its dashes, by the run's name."""
    others = [model for model in dict.fromkeys(run.model for run in runs) if model not in NETWORKS]
    turns = {model: OTHERS[place % len(OTHERS)] for place, model in enumerate(others)}
    return {run.name: (NETWORKS | turns)[run.model] for run in runs}
