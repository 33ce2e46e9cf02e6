"""Small stores of each version of the schema, as its own program wrote them, are read, checked, shown and drawn."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from weightreel.analysis.stills.draw import figures
from weightreel.analysis.store.check.faults import check, same
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.analysis.tables.overview import show

STORES = sorted((Path(__file__).parents[1] / "store" / "versions").glob("*.h5"))


def version(path: Path) -> str:
    """Its version: the name, up to what tells it from others of that version."""
    return path.stem.partition("-")[0]


@pytest.mark.parametrize("path", STORES, ids=lambda path: path.stem)
def test_an_older_store_is_as_good_as_new(path: Path, tmp_path: Path) -> None:
    assert check(path) == []
    console = Console(file=StringIO(), width=100)
    with Store(path) as store:
        assert store.attributes["schema_version"] == version(path)
        show(store, console)
        assert figures(store, tmp_path / "figures")
        write(tmp_path / "again.h5", store.contents())
    assert "features.0" in console.file.getvalue()  # type: ignore[attr-defined]
    assert same(path, tmp_path / "again.h5") == []
