"""`python -m scripts.calibrate`: how often intervals of alpha hold the exponent, as a table in docs/spectra.md.

What is made lies in media/calibration, so that a run that was stopped goes on; `show` prints the table.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from threadpoolctl import threadpool_limits

from scripts.calibrate import coverage
from scripts.calibrate.cell import Cell
from scripts.calibrate.laws import LAWS, SIZES
from weightreel.analysis.errors import WeightreelError
from weightreel.arguments import PATH, POSITIVE

RESULTS, DOCUMENT, WORK = Path("data/calibration.csv"), Path("docs/spectra.md"), Path("media/calibration")
CELLS = [(law, eigenvalues) for eigenvalues in SIZES for law in LAWS]
"""The cheap ones first."""


@click.group(help="Whether intervals of alpha hold the exponent as often as they say.")
def main() -> None:
    """Measure, or show."""


@main.command(help="Draw spectra and their intervals; goes on where it was stopped.")
@click.option("--replications", type=POSITIVE, default=2000, help="Intervals of each law and size.")
@click.option("--draws", type=POSITIVE, default=10_000, help="Fresh spectra whose median fit stands for the truth.")
@click.option("--cells", default="", help="Only these, such as pareto-27,student-576.")
@click.option("--work", type=PATH, default=WORK, help="Where what is made lies.")
@click.option("--out", type=PATH, default=RESULTS, help="The CSV file.")
@click.option("--document", type=PATH, default=DOCUMENT, help="The document that has the table.")
def measure(replications: int, draws: int, cells: str, work: Path, out: Path, document: Path) -> None:
    """Measure the cells."""
    try:
        chosen = chosen_cells(cells)
        work.mkdir(parents=True, exist_ok=True)
        every = [Cell.of(law, eigenvalues, work) for law, eigenvalues in CELLS]
        with threadpool_limits(1, user_api="blas"):  # small matrices gain nothing from more
            _work([cell for cell, name in zip(every, CELLS, strict=True) if name in chosen], replications, draws)
        rows = [row for cell in every if (row := cell.row()) is not None]
        coverage.write(out, rows)
        coverage.put_into(document, coverage.read(out))
    except WeightreelError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(f"{out}, {document}: {coverage.sentence(coverage.read(out))}")


@main.command(help="Print what was measured as a Markdown table.")
@click.argument("results", type=PATH, default=RESULTS)
def show(results: Path) -> None:
    """Print the table."""
    try:
        rows = coverage.read(results)
    except WeightreelError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(f"{coverage.markdown(rows)}\n\n{coverage.sentence(rows)}")


def chosen_cells(names: str) -> list[tuple[str, int]]:
    """The cells of a list of names; all of an empty one.

    Raises:
        WeightreelError: there is no such cell.
    """
    known = {f"{law}-{eigenvalues}": (law, eigenvalues) for law, eigenvalues in CELLS}
    wanted = [name.strip() for name in names.split(",") if name.strip()] or list(known)
    if missing := [name for name in wanted if name not in known]:
        raise WeightreelError(f"there is no cell {missing[0]!r}; there are {', '.join(known)}.")
    return [known[name] for name in wanted]


def _work(cells: list[Cell], replications: int, draws: int) -> None:
    """Make what is missing, and tell how far that is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("left"), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        all_cells = progress.add_task("cells", total=len(cells))
        for cell in cells:
            bar = progress.add_task(f"{cell.law.name}, {cell.eigenvalues:,}", total=cell.missing(replications, draws))
            for made in cell.work(replications, draws):
                progress.advance(bar, made)
            progress.advance(all_cells)
            if (row := cell.row()) is not None:
                progress.print(f"{cell.law.name} {cell.eigenvalues}: {100 * row.covered:.1f} % of {row.replications}")
            progress.remove_task(bar)


if __name__ == "__main__":
    main()
