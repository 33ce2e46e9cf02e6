"""The tables of `weightreel show --markdown` as HTML."""

from __future__ import annotations

from pathlib import Path

from tests.made.store import synthetic_store
from weightreel.analysis.store.reader import Store
from weightreel.page.tables import tables_of


def test_only_tables_that_the_store_supports_are_shown(small_store: Path, tmp_path: Path) -> None:
    with Store(small_store) as store:
        assert [table.html.count("<table>") for table in tables_of(store)] == [1, 1, 1]
    plain = synthetic_store(tmp_path / "other.h5", epochs=2, n_layers=2, models=("pgd-cnn",), attacks=False)
    with Store(plain) as store:
        assert not [table for table in tables_of(store) if "report’s figures" in table.title]
