"""What the calibration found: a row a law and number of eigenvalues, kept as CSV and laid out as a Markdown table."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.maths.alpha_interval import LEVEL

HELD = (0.93, 0.97)
"""Where the share of intervals that hold the exponent is to lie."""

NAMES = {
    "pareto": "power law, α = 2.5",
    "hybrid": "body and power law, α = 2.5",
    "hybrid-steep": "body and power law, α = 3.5",
    "wishart": "Wishart matrices, one spike a slice",
    "student": "matrices of Student's t",
}
BEGIN, END = "<!-- calibration: written by `make calibrate` -->", "<!-- end of calibration -->"
"""Between these lines the table stands in docs/spectra.md."""


@dataclass(frozen=True)
class Row:
    """What intervals of one law's spectra did.

    Attributes:
        law, eigenvalues: of which spectra.
        replications: how many intervals there are.
        truth: the exponent that they are to hold.
        draws: fresh spectra whose median fit is that; 0 where an exponent generates the law.
        median_fit, low_fit, high_fit: median and central 95 % of the fits.
        covered, below, above: share of intervals that hold the truth, lie below it, lie above it.
        width: median of high minus low.
        unstable: share of intervals whose xmin stands nowhere, which faces mark.
        covered_stable: share of the others that hold the truth.
        covered_given: share of intervals of ±1.96 errors given xmin that hold it.
    """

    law: str
    eigenvalues: int
    replications: int
    truth: float
    draws: int
    median_fit: float
    low_fit: float
    high_fit: float
    covered: float
    below: float
    above: float
    width: float
    unstable: float
    covered_stable: float
    covered_given: float


def write(path: Path, rows: Iterable[Row]) -> None:
    """Keep rows as CSV, by law and number of eigenvalues."""
    order = list(NAMES)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        names = [field.name for field in fields(Row)]
        writer.writerow(names)
        for row in sorted(rows, key=lambda row: (order.index(row.law), row.eigenvalues)):
            values = (getattr(row, name) for name in names)
            writer.writerow(f"{value:.4f}" if isinstance(value, float) else value for value in values)


def read(path: Path) -> list[Row]:
    """Rows of a CSV file.

    Raises:
        WeightreelError: it is not there, or is no such file.
    """
    kinds = {"str": str, "int": int, "float": float}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            lines, named = list(reader), reader.fieldnames or ()
        if missing := [field.name for field in fields(Row) if field.name not in named]:
            raise ValueError(f"there is no column {missing[0]}")
        return [
            Row(**{field.name: kinds[str(field.type)](line[field.name]) for field in fields(Row)}) for line in lines
        ]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise WeightreelError(f"{path} cannot be read ({error}); make it with `make calibrate`.") from error


def markdown(rows: Iterable[Row]) -> str:
    """The table of docs/spectra.md; shares outside HELD are bold."""
    heads = (
        "law", "eigenvalues", "intervals", "α to hold", "fits: median [95 %]", "held %", "below / above %", "width",
        "xmin unstable %", "held, others %", "held by ±1.96 errors given xmin, %",
    )  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
    for row in rows:
        cells = (
            NAMES[row.law],
            f"{row.eigenvalues:,}",
            f"{row.replications:,}",
            f"{row.truth:.2f}" + (f" (median of {row.draws:,})" if row.draws else ""),
            f"{row.median_fit:.2f} [{row.low_fit:.2f}, {row.high_fit:.2f}]",
            _share(row.covered),
            f"{100 * row.below:.1f} / {100 * row.above:.1f}",
            f"{row.width:.2f}",
            f"{100 * row.unstable:.1f}",
            _share(row.covered_stable),
            f"{100 * row.covered_given:.1f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def sentence(rows: Iterable[Row]) -> str:
    """In how many cells of the table the intervals hold what they say."""
    found = list(rows)
    shares = [row.covered for row in found]
    held = sum(HELD[0] <= share <= HELD[1] for share in shares)
    low, high = sum(share < HELD[0] for share in shares), sum(share > HELD[1] for share in shares)
    return (
        f"Intervals of {LEVEL:.0%} hold it in {HELD[0]:.0%} to {HELD[1]:.0%} of cases in {held} of {len(found)} rows, "
        f"less often in {low}, more often in {high}."
    )


def put_into(document: Path, rows: list[Row]) -> None:
    """Write the table between its two lines in a document.

    Raises:
        WeightreelError: the document has no such lines.
    """
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise WeightreelError(f"{document} lacks the lines {BEGIN!r} and {END!r}; put them where the table is to be.")
    text = f"{before}{BEGIN}\n\n{markdown(rows)}\n\n{sentence(rows)}\n\n{END}{after}"
    document.write_text(text, encoding="utf-8")


def _share(share: float) -> str:
    written = f"{100 * share:.1f}"
    return written if HELD[0] <= share <= HELD[1] else f"**{written}**"
