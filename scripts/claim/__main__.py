"""`python -m scripts.claim measure STORE`: every reading of docs/claim.md on the last weights of a store's runs.

`python -m scripts.claim show` prints the table of what was measured; it needs no PyTorch.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from scripts.claim import table
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.report import of_report
from weightreel.analysis.store.reader import Store
from weightreel.arguments import PATH, POSITIVE

RESULTS = Path("data/claim.csv")


@click.group(help="The report's 7.03 % and 1.65 %, by every reading of docs/claim.md.")
def main() -> None:
    """Measure, or show."""


@main.command(help="Measure every reading on the last weights of all runs of the report's networks.")
@click.argument("store", type=PATH)
@click.option("--weights", type=PATH, help="A folder with a file RUN.* for each run; default: STORE's weights file.")
@click.option("--trials", type=POSITIVE, default=1000, help="Noise images of each reading; as-read has the store's.")
@click.option("--out", type=PATH, default=RESULTS, help="The CSV file.")
def measure(store: Path, weights: Path | None, trials: int, out: Path) -> None:
    """Measure the readings."""
    try:
        with Store(store) as opened:
            rows = list(measured(opened, store, weights, trials))
    except WeightreelError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    order = list(dict.fromkeys(row.reading for row in rows))
    table.write(out, sorted(rows, key=lambda row: (order.index(row.reading), row.model, row.seed)))
    print(f"{out}: {len(order)} readings of {len(rows) // len(order)} networks")


@main.command(help="Print what was measured as a Markdown table.")
@click.argument("results", type=PATH, default=RESULTS)
@click.option(
    "--brief", is_flag=True, help="The readings nearest to the report's figures only, as docs/report.md has them."
)
def show(results: Path, brief: bool) -> None:
    """Print the table."""
    try:
        print(table.markdown(table.read(results), brief))
    except WeightreelError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def measured(store: Store, path: Path, folder: Path | None, trials: int) -> Iterator[table.Row]:
    """Rows of all readings, network by network.

    Raises:
        WeightreelError: the store has none of the report's networks, or their weights or images are not there, or are
            others.
    """
    from scipy.special import softmax

    from scripts.claim import readings
    from scripts.claim.weights import network_of, refuse_other_answers
    from weightreel.analysis.measures.attacks.probe import Targets
    from weightreel.analysis.networks.device import choose_device
    from weightreel.analysis.networks.pixels import Normaliser
    from weightreel.analysis.runs.again import with_overrides
    from weightreel.analysis.training.remeasure import the_same_images

    runs = [run for run in store.runs.values() if of_report(run) and run.complete]
    if not runs:
        raise WeightreelError(f"{path} holds none of the report's networks, trained to the end.")
    recipe = with_overrides(store, path, ())
    classes, about = list(store.classes), recipe.noise
    networks = [network_of(run, recipe, path, folder) for run in runs]  # before minutes are spent on the first
    normalise = Normaliser.of(recipe.dataset, choose_device(recipe.training))
    attempts = readings.Attempts.of(recipe, *Targets.of(the_same_images(store, recipe)).test, normalise)
    for run, network in zip(runs, networks, strict=True):
        refuse_other_answers(run, network, attempts)
    inputs, sure = readings.fed(attempts), {}
    for run, network in zip(runs, networks, strict=True):
        print(f"{run.name} …", file=sys.stderr)
        logits = readings.answers(network, inputs[readings.AS_READ](attempts, range(about.trials)))
        counted = dict(readings.successes(logits, about.threshold, classes, about.seed))
        sure[run.model, run.seed] = counted[readings.AS_READ]
        yield table.row(readings.AS_READ, run, counted.pop(readings.AS_READ))
        yield table.stored(run)

        some = range(min(trials, about.trials))
        for reading, feed in inputs.items():
            if reading == readings.AS_READ:
                continue
            probabilities = softmax(readings.answers(network, feed(attempts, some)), axis=1)
            hits = probabilities.max(1) >= about.threshold
            wrong = hits & (probabilities.argmax(1) != attempts.truth(some))
            if reading == "injected" or not reading.startswith(("added", "test")):
                yield table.row(reading, run, hits)
            if reading.startswith(("injected", "added", "test")):
                yield table.row(f"{reading}-wrong", run, wrong)
        for reading, hits in readings.in_modes(network, attempts, some):
            yield table.row(reading, run, hits)
        for reading, hits in counted.items():
            yield table.row(reading, run, hits)
        yield from table.of_histories(run)
    for run in runs:
        own = sure[run.model, run.seed]
        others = [hits for (model, seed), hits in sure.items() if seed == run.seed and model != run.model]
        for other in others:
            yield table.row("both", run, own & other)
            yield table.row("only-this", run, own & np.logical_not(other))


if __name__ == "__main__":
    main()
