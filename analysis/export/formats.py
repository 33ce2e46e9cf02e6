"""A store in formats that others read: `weightreel export STORE --to json|csv|png`. Needs no torch."""

from __future__ import annotations

import csv
from pathlib import Path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.export.csv import tables
from weightreel.analysis.export.json import as_json, page_data
from weightreel.analysis.files import file_name, replacing
from weightreel.analysis.plain_text import csv_cell
from weightreel.analysis.stills.draw import figures
from weightreel.analysis.store.reader import Store

FORMATS = ("json", "csv", "png")


def export(store: Store, to: str, folder: str | Path, runs: str = "") -> list[Path]:
    """Write a store's contents in another format.

    Args:
        store: an open store. What it does not hold (yet) is left out.
        to: `json`, one file with what the page shows (`page_data`); `csv`, a tidy table a subject (`tables`); `png`,
            what `weightreel figures` draws.
        folder: made where it is not there; files of the same name are replaced.
        runs: a comma list; empty means all. Figures are always of all.

    Returns:
        The files.

    Raises:
        WeightreelError: no such format or run, runs were chosen for figures, the store is damaged or empty, or the
            folder cannot be written.
    """
    if to not in FORMATS:
        raise WeightreelError(f"--to {to!r}: there is no such format; there are: {', '.join(FORMATS)}.")
    folder = Path(folder)
    if to == "png":
        if runs:
            raise WeightreelError("--runs does not go with --to png: figures show all runs; leave it out.")
        return figures(store, folder)
    chosen = store.select(runs) if runs else list(store.runs.values())
    if not chosen:
        raise WeightreelError(f"{store.path} holds no run yet; wait for the training's first epoch.")
    texts = {f"{file_name(store.file_path.stem)}.json": as_json(page_data(store, chosen))} if to == "json" else {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with replacing(folder / name) as temporary:
                temporary.write_text(text, encoding="utf-8")
        written = [folder / name for name in texts]
        for table in tables(store, chosen) if to == "csv" else ():
            path = folder / f"{table.name}.csv"
            with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(table.columns)
                writer.writerows(map(csv_cell, row) for row in table.rows)
            written.append(path)
    except OSError as error:
        raise WeightreelError(f"{folder} cannot be written ({error.strerror}); name another --out.") from error
    return written
