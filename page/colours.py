"""The palette as CSS custom properties: light, and dark where the reader's system asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from weightreel.analysis.palette import DARK, LIGHT, Theme, concepts_of
from weightreel.analysis.store.nodes import Run


def variables(colours: Theme) -> str:
    """Declarations such as `--weights: #56B4E9;`, one a concept."""
    return " ".join(f"--{_property(name)}: {colour};" for name, colour in asdict(colours).items())


def stylesheet() -> str:
    """Both themes."""
    return (
        f":root {{ color-scheme: light dark; {variables(LIGHT)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {variables(DARK)} }} }}\n"
    )


def colour_names(runs: Sequence[Run]) -> dict[str, str]:
    """The custom property of each run's network, without its dashes, by the run's name."""
    concepts = concepts_of([run.model for run in runs])
    return {run.name: _property(concepts[run.model]) for run in runs}


def _property(concept: str) -> str:
    return concept.lower().replace("_", "-")
