"""`weightreel …`, also `python -m weightreel …`. Commands that only read a store do so without torch."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.interrupts import heeding_interrupts
from weightreel.commands.film import add_film
from weightreel.commands.import_ import add_import

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

ANALYSIS_EXTRA = (
    "torch", "torchvision", "weightwatcher", "powerlaw", "scipy", "sklearn", "joblib", "threadpoolctl", "filelock",
    "foolbox", "eagerpy",
)  # fmt: skip
"""What only the commands that train or measure need."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code: 0, 1 where `check` finds problems, 2 on bad input, 130 on Ctrl-C."""
    options = _parser().parse_args(arguments)
    errors = Console(stderr=True)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        with heeding_interrupts():
            return command(options)
    except WeightreelError as error:
        errors.print(f"weightreel: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        how = "--resume" if hasattr(options, "resume") else "the same command"
        errors.print(f"weightreel: stopped; what was finished is kept, {how} goes on from there.", soft_wrap=True)
        return EXIT_INTERRUPTED
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ANALYSIS_EXTRA:
            raise
        told = f"weightreel: this command needs {error.name}; pip install 'weightreel[analysis]'."
        errors.print(told, markup=False, soft_wrap=True)
        return EXIT_BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="weightreel", description="Train a network, measure it at every epoch, and keep it all in one store."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for name, command, text in (
        ("run", _run, "train, measure spectra and attack, epoch by epoch"),
        ("train", _train, "train only; keeps weights and their distributions"),
    ):
        sub = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
        sub.add_argument("recipe", type=Path, metavar="RECIPE", help="a TOML file, such as data/digits.toml")
        sub.add_argument("--out", type=Path, metavar="STORE", help="the store; default: the recipe's name with .h5")
        mode = sub.add_mutually_exclusive_group()
        mode.add_argument("--resume", action="store_true", help="go on with what is there, and add missing runs")
        mode.add_argument("--force", action="store_true", help="begin again, replacing what is there")
        sub.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            dest="overrides",
            help="override a setting, such as training.epochs=5; may be repeated",
        )
        sub.add_argument("--jobs", type=_positive, default=1, metavar="N", help="runs trained side by side")
        sub.set_defaults(command=command)

    for name, command, text in (
        ("spectra", _spectra, "measure the spectra again from the raw weights"),
        ("attack", _attack, "run the attacks again, on the raw weights and the images"),
        ("show", _show, "print what the store holds, beside the report's figures"),
        ("check", _check, "compare the store with the schema and recount its numbers"),
        ("figures", _figures, "draw the store as PNG and SVG pictures"),
        ("export", _export, "write the store as JSON, as CSV tables or as pictures"),
    ):
        sub = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
        sub.add_argument("store", type=Path, metavar="STORE", help="an .h5 file made by `weightreel run`")
        sub.set_defaults(command=command)
        if name == "show":
            sub.add_argument(
                "--markdown", nargs="?", const="report", choices=("report", "defences", "seeds"), metavar="TABLE",
                help="one table for a page: report (beside this store's figures), defences or seeds",
            )  # fmt: skip
        if name == "spectra":
            sub.add_argument("--jobs", type=_positive, default=1, metavar="N", help="epochs measured side by side")
            sub.add_argument(
                "--dask", default="", metavar="ADDRESS", help="a Dask scheduler, such as tcp://host:8786, to measure on"
            )
        if name in ("spectra", "attack"):
            example = "spectra.resamples=0" if name == "spectra" else "noise.trials=1000"
            sub.add_argument(
                "--set",
                action="append",
                default=[],
                metavar="KEY=VALUE",
                dest="overrides",
                help=f"override a setting of what is measured, such as {example}",
            )
        if name == "attack":
            sub.add_argument(
                "--only", type=lambda text: text.split(","), default=[], metavar="KINDS",
                help="a comma list of noise, saliency, gradient, fooling, certificates; default: all",
            )  # fmt: skip
        if name == "figures":
            sub.add_argument("--out", type=Path, metavar="FOLDER", help="default: media/figures/STORE")
        if name == "export":
            sub.add_argument(
                "--to", required=True, metavar="FORMAT",
                help="json: what the page shows; csv: tidy tables; png: the same as `weightreel figures`",
            )  # fmt: skip
            sub.add_argument("--out", type=Path, metavar="FOLDER", help="default: media/export/STORE")
            sub.add_argument("--runs", default="", metavar="RUNS", help="a comma list; default: all")
    text = "put the runs of several stores into one"
    sub = commands.add_parser("merge", help=text, description=f"{text.capitalize()}.")
    sub.add_argument("stores", type=Path, nargs="+", metavar="STORE", help="at least two, of the same data")
    sub.add_argument("--out", type=Path, required=True, metavar="STORE", help="the new store")
    sub.add_argument("--force", action="store_true", help="replace the store that is there")
    sub.set_defaults(command=_merge)
    add_film(commands)
    add_import(commands, _positive)
    return parser


def _merge(options: argparse.Namespace) -> int:
    from weightreel.analysis.store.merge import merge

    merge(options.stores, options.out, force=options.force)
    print(f"{options.out} is complete.")
    return 0


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    return _make(options, measure=True)


def _train(options: argparse.Namespace) -> int:
    return _make(options, measure=False)


def _make(options: argparse.Namespace, measure: bool) -> int:
    from weightreel.analysis.recipe.experiment import read_recipe

    recipe = read_recipe(options.recipe, options.overrides)
    out = options.out or options.recipe.with_suffix(".h5")
    from weightreel.analysis.training.experiment import run_experiment
    from weightreel.analysis.training.progress import RichWatcher

    with RichWatcher() as watcher:
        news = run_experiment(
            recipe,
            out,
            watcher,
            resume=options.resume,
            force=options.force,
            jobs=options.jobs,
            spectra=measure,
            attack=measure,
        )
    print(f"{out} is complete." if news else f"{out} was complete already; nothing to do.")
    return 0


def _spectra(options: argparse.Namespace) -> int:
    from weightreel.analysis.training.remeasure import remeasure_spectra

    remeasure_spectra(options.store, options.jobs, options.dask, options.overrides)
    return 0


def _attack(options: argparse.Namespace) -> int:
    from weightreel.analysis.training.remeasure import remeasure_attacks

    remeasure_attacks(options.store, options.overrides, options.only)
    return 0


def _show(options: argparse.Namespace) -> int:
    from weightreel.analysis.store.reader import Store
    from weightreel.analysis.tables.markdown import comparison, defences_markdown, seeds_markdown
    from weightreel.analysis.tables.overview import show

    with Store(options.store) as store:
        if options.markdown:
            table = {"report": comparison, "defences": defences_markdown, "seeds": seeds_markdown}[options.markdown]
            print(table(store))
        else:
            show(store, Console())
    return 0


def _check(options: argparse.Namespace) -> int:
    from weightreel.analysis.store.check.faults import check

    problems = check(options.store)
    for problem in problems:
        print(problem)
    print(f"{options.store}: {len(problems)} problem(s)" if problems else f"{options.store} is clean.")
    return 1 if problems else 0


def _figures(options: argparse.Namespace) -> int:
    from weightreel.analysis.stills.draw import figures
    from weightreel.analysis.store.reader import Store

    folder = options.out or Path("media/figures") / options.store.stem
    with Store(options.store) as store:
        for path in figures(store, folder):
            print(path)
    return 0


def _export(options: argparse.Namespace) -> int:
    from weightreel.analysis.export.formats import export
    from weightreel.analysis.store.reader import Store

    folder = options.out or Path("media/export") / options.store.stem
    with Store(options.store) as store:
        for path in export(store, options.to, folder, options.runs):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
