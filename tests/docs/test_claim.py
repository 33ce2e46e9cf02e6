"""docs/claim.md lists what was measured, and its table is what the command prints."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.claim import readings, table
from weightreel.analysis.store.reader import Store

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "claim.md").read_text(encoding="utf-8")
RESULTS = ROOT / "data" / "claim.csv"


def listed() -> set[str]:
    """The readings that the list names, in the first column of its tables."""
    places = PAGE.split("## The readings", 1)[1].split("\n## ", 1)[0]
    names: set[str] = set()
    for cell in re.findall(r"^\| (`.*?) \|", places, re.MULTILINE):
        found = re.findall(r"`([^`]+)`", cell)
        names |= {found[0].rpartition("-")[0] + name if name.startswith("-") else name for name in found}
    return names | {f"{feed}+{mode}" for feed in readings.PAIRED for mode in readings.MODES if mode != "bfloat16"}


def test_what_is_listed_was_measured_and_nothing_else() -> None:
    measured = {row.reading for row in table.read(RESULTS)}
    classes = {name for name in measured if re.fullmatch(r"class-\w+", name)}
    assert len(classes) == 10
    assert listed() - {"class-NAME"} == measured - classes - {"stored"}


def test_every_reading_was_measured_on_six_networks() -> None:
    for line in table.lines_of(table.read(RESULTS)):
        assert [[row.seed for row in rows] for rows in line.rows.values()] == [[0, 1, 2], [0, 1, 2]], line.reading


def test_the_store_that_ships_is_what_was_measured() -> None:
    measured = table.read(RESULTS)
    with Store(ROOT / "data" / "cifar10.h5") as store:
        for run in store.runs.values():
            for row in (table.stored(run), *table.of_histories(run)):
                assert row in measured


def test_the_table_is_what_the_command_prints() -> None:
    found = re.search(r"<!-- claim: begin -->\n(.*?)\n<!-- claim: end -->", PAGE, re.DOTALL)
    assert found
    assert found[1] == table.markdown(table.read(RESULTS))
