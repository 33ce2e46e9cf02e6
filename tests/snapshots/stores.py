"""The stores whose snapshots are kept, and where."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.snapshots import faces
from tests.snapshots.films import films

STORES = (
    "data/digits-seeds.h5",
    "data/digits-defences.h5",
    "tests/store/versions/1.0.h5",
    "tests/store/versions/1.1.h5",
    "tests/store/versions/1.2.h5",
    "tests/store/versions/1.3.h5",
    "tests/store/versions/1.3-recorded.h5",
)
"""Relative to the checkout's root, so that no snapshot holds the path of a machine."""
FACES: dict[str, Callable[[str], str]] = {
    "show": faces.show,
    "markdown": faces.markdown,
    "json": faces.exported_json,
    "csv": faces.exported_csv,
    "figures": faces.figures,
    "films": films,
    "films-hi": partial(films, language="hi"),
}
"""By the name of its snapshot, what tells a store."""
EXPECTED = Path(__file__).parent / "expected"


IN_HINDI = ("data/digits-defences.h5",)
"""Those whose films are told in Hindi too."""


def faces_of(store: str) -> list[str]:
    """The faces of which a store's snapshots are kept."""
    return [face for face in FACES if face != "films-hi" or store in IN_HINDI]


def snapshot_of(store: str, face: str) -> Path:
    """The file that a face's text is kept in."""
    return EXPECTED / Path(store).stem / f"{face}.txt"
