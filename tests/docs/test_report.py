"""The tables of docs/report.md and docs/attacks.md come out of commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.claim import table
from tests.made.store import synthetic_store
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.reader import Store
from weightreel.analysis.tables.markdown import comparison, defences_markdown, seeds_markdown

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def block(page: str, name: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name}: begin -->\n(.*?)\n<!-- {name}: end -->", text, re.DOTALL)
    assert found, f"docs/{page} has no block {name}"
    return found[1]


def test_the_table_is_what_show_prints() -> None:
    with Store(ROOT / "data" / "cifar10.h5") as store:
        assert block("report.md", "table") == comparison(store)


def test_the_other_tables_are_what_show_prints() -> None:
    for page, name, printed in (("report.md", "seeds", seeds_markdown), ("attacks.md", "defences", defences_markdown)):
        with Store(ROOT / "data" / f"digits-{name}.h5") as store:
            assert block(page, name) == printed(store)
    with Store(ROOT / "data" / "cifar10.h5") as store:
        assert block("report.md", "cifar10-seeds") == seeds_markdown(store)


def test_the_readings_of_the_claim_are_what_was_measured() -> None:
    assert block("report.md", "claim") == table.markdown(table.read(ROOT / "data" / "claim.csv"), brief=True)


def test_the_comparison_counts_what_the_store_holds(tmp_path: Path) -> None:
    path = tmp_path / "s.h5"
    synthetic_store(path, epochs=6)
    with Store(path) as store:
        table = comparison(store)
        run = store.run("cnn-s0")
        attack = run.attack("uniform-noise")
        successes = int((attack["confidence"] >= attack.threshold).sum())
        assert f"{100 * successes / len(attack['confidence']):.2f} %" in table
        assert f"{100 * float(run['test/accuracy']):.2f} %" in table
    assert "7.03 %" in table
    assert all(line.count("|") == 6 for line in table.splitlines())


def test_a_store_of_other_networks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.h5"
    synthetic_store(path, epochs=3, models=("resnet",))
    with Store(path) as store, pytest.raises(WeightreelError, match="none of the report's networks"):
        comparison(store)
