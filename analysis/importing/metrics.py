"""Losses, accuracies and other numbers of a training, from a CSV table or TensorBoard's logs, by epoch or step."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import kind_of_file
from weightreel.analysis.networks.checkpoints.order import Clock
from weightreel.analysis.runs.scalars import path_of_logged

_CLOCKS = {"epoch": ("epoch", "epochs"), "step": ("step", "steps", "global_step", "iteration", "iter")}


@dataclass
class Table:
    """Numbers by name, each with the epochs or steps at which it is known.

    Attributes:
        where: the file or folder, for errors.
        columns: by name: value by tick, by clock.
    """

    where: str
    columns: dict[str, dict[str, dict[int, float]]] = field(default_factory=dict)

    def put(self, name: str, clock: str, tick: int, value: float) -> None:
        """Remember a number; of two of one tick the later."""
        self.columns.setdefault(name, {}).setdefault(clock, {})[tick] = value


def read_metrics(path: Path) -> Table:
    """Read a CSV table with a column `epoch` or `step`, or a folder of TensorBoard's logs.

    Raises:
        WeightreelError: it cannot be read, has no column that counts, or nothing in it is a number.
    """
    table = _tensorboard(path) if path.is_dir() or path.name.startswith("events.out.tfevents") else _csv(path)
    if not table.columns:
        raise WeightreelError(f"{path} holds no numbers of a training; name a CSV table or a folder of TensorBoard's.")
    return table


def aligned(table: Table, clock: Clock, ticks: Sequence[int], steps: Sequence[int]) -> dict[str, NDArray[np.float32]]:
    """Each number at the checkpoints, NaN where the table says nothing, by path below the run.

    Args:
        table: the numbers.
        clock: what the checkpoints are counted by; those counted by nothing but their order are taken as epochs.
        ticks: of the checkpoints.
        steps: of the checkpoints, where both are known, else empty.

    Raises:
        WeightreelError: no number of the table is known by what the checkpoints are counted by, or at none of them.
    """
    ours = "step" if clock == "step" else "epoch"
    wanted = {ours: list(ticks)} | ({"step": list(steps)} if steps else {})
    found: dict[str, NDArray[np.float32]] = {}
    for name, by_clock in table.columns.items():
        for counted, numbers in wanted.items():
            if counted in by_clock:
                known = by_clock[counted]
                column = np.array([known.get(tick, math.nan) for tick in numbers], np.float32)
                if np.isfinite(column).any():
                    found.setdefault(path_of_logged(name, found), column)
                    break
    if not found:
        raise WeightreelError(
            f"{table.where} has no number at any {ours} of the checkpoints ({ticks[0]} … {ticks[-1]}); give it a "
            f"column {ours} that counts as they do, or leave out --metrics."
        )
    return found


def _csv(path: Path) -> Table:
    table = Table(str(path))
    try:
        if kind := kind_of_file(path):  # a pipe would be waited for
            raise OSError(f"it is {kind}")
        with path.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(4096)
            file.seek(0)
            delimiter = max(",;\t", key=sample.partition("\n")[0].count)
            rows = csv.DictReader(file, delimiter=delimiter, skipinitialspace=True)
            names = list(rows.fieldnames or ())
            clocks = {name: clock for name in names for clock in _CLOCKS if name.strip().lower() in _CLOCKS[clock]}
            if not clocks:
                raise WeightreelError(
                    f"{path} has no column epoch or step; give it one, so that its rows find a place."
                )
            for row in rows:
                _row(table, row, clocks)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WeightreelError(f"{path} is no CSV table that can be read ({error}); correct it.") from error
    return table


def _row(table: Table, row: Mapping[str | None, Any], clocks: Mapping[str, str]) -> None:
    """A row's numbers; Lightning leaves cells empty that another row fills."""
    read = {clock: _number(row.get(name)) for name, clock in clocks.items()}
    ticks = {clock: value for clock, value in read.items() if value is not None and math.isfinite(value)}
    for name, text in row.items():
        value = _number(text)
        if name is None or name in clocks or value is None:
            continue
        for clock, tick in ticks.items():
            table.put(name, clock, int(tick), value)


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def _tensorboard(path: Path) -> Table:
    """Scalars of TensorBoard's logs; their steps are known as epochs where a scalar `epoch` says so."""
    try:
        accumulator = import_module("tensorboard.backend.event_processing.event_accumulator")
    except ModuleNotFoundError as error:
        raise WeightreelError(
            f"{path} needs the package tensorboard: pip install 'weightreel[import]', or export a CSV table from it."
        ) from error
    folders = sorted({file.parent for file in path.rglob("events.out.tfevents*")}) if path.is_dir() else [path]
    table, scalars, epochs = Table(str(path)), list[tuple[str, int, float]](), dict[int, int]()
    for folder in folders:
        events = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0})
        events.Reload()
        for tag in events.Tags()["scalars"]:
            for event in events.Scalars(tag):
                if tag.lower().rpartition("/")[2] == "epoch" and math.isfinite(event.value):
                    epochs[event.step] = int(event.value)
                else:
                    scalars.append((tag, event.step, float(event.value)))
    for tag, step, value in scalars:
        table.put(tag, "step", step, value)
        # A program that logs no epochs most often counts its scalars by them.
        if step in epochs or not epochs:
            table.put(tag, "epoch", epochs.get(step, step), value)
    return table
