"""`weightreel run`: train, measure spectra and attack; `weightreel train`: train alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from weightreel.analysis.notices import tell
from weightreel.arguments import PATH, POSITIVE, overrides, resume_or_force


@click.command(
    help="Train, measure spectra and attack, epoch by epoch.\n\nRECIPE is a TOML file, such as data/digits.toml."
)
@click.argument("recipe", type=PATH, metavar="RECIPE")
@click.option("--out", type=PATH, metavar="STORE", help="The store; default: the recipe's name with .h5.")
@resume_or_force("Go on with what is there, and add missing runs.", "Begin again, replacing what is there.")
@overrides("Override a setting, such as training.epochs=5; may be repeated.")
@click.option(
    "--jobs",
    type=POSITIVE,
    metavar="N",
    help="Runs trained side by side; default: 1, on CUDA one for every 8 GiB of its memory and two cores.",
)
def command(**given: Any) -> None:
    """Make a store by a recipe, a TOML file such as data/digits.toml."""
    make(**given, measure=True)


@click.command(
    help="Train only; keeps weights and their distributions.\n\nRECIPE is a TOML file, such as data/digits.toml.",
    params=command.params,
)
def train(**given: Any) -> None:
    """Make a store by a recipe; `spectra` and `attack` measure it later."""
    make(**given, measure=False)


def make(
    recipe: Path,
    out: Path | None,
    overrides: tuple[str, ...],
    jobs: int | None,
    resume: bool,
    force: bool,
    measure: bool,
) -> None:
    """Train what a recipe says, and say whether there was anything to do; spectra and attacks with `measure` alone."""
    from weightreel.analysis.recipe.recipe import read_recipe

    read = read_recipe(recipe, list(overrides))
    store = out or recipe.with_suffix(".h5")
    from weightreel.analysis.training.experiment import run_experiment
    from weightreel.analysis.training.progress import RichWatcher

    with RichWatcher() as watcher:
        news = run_experiment(
            read, store, watcher, resume=resume, force=force, jobs=jobs, spectra=measure, attack=measure
        )
    tell(f"{store} is complete." if news else f"{store} was complete already; nothing to do.")
