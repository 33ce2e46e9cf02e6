"""Every face says of the kept stores what it said before; `python -m tests.snapshots` takes over what it says now."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest

import pytest

from tests.snapshots.digests import cell, digest, rounded
from tests.snapshots.stores import FACES, STORES, faces_of, snapshot_of

MOST_SAID = 40
"""Differences in the message of a failure."""


def differences(before: str, now: str) -> list[str]:
    """Lines that are gone (-), new (+), or have other words (~, those words alone after the line's first one).

    Before those that are indented stands the line that is not, above them (@).
    """
    old, new = before.splitlines(), now.splitlines()
    found: list[str] = []
    heading = ""
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        above = next((line for line in reversed(old[:a]) if line[:1].strip()), "")
        if above != heading and any(line.startswith(" ") for line in (*old[a:b], *new[c:d])):
            found.append(f"@ {above}")
            heading = above
        found += [_difference(x, y) for x, y in zip_longest(old[a:b], new[c:d])]
    return found


def _difference(old: str | None, new: str | None) -> str:
    if old is None or new is None:
        return f"+ {new}" if old is None else f"- {old}"
    x, y = old.split(), new.split()
    if len(x) != len(y) or x[:1] != y[:1] or len(old) < 160:
        return f"- {old}\n+ {new}"
    return f"~ {x[0]} " + ", ".join(f"{one} → {other}" for one, other in zip(x, y, strict=True) if one != other)


QUICK = {"show", "markdown"}
"""What takes little time for a store of many runs too."""


def _marks(store: str, face: str) -> list[pytest.MarkDecorator]:
    slow = face.startswith("films") or (face not in QUICK and store.startswith("data/"))
    return [pytest.mark.slow] if slow else []


SNAPSHOTS = [pytest.param(store, face, marks=_marks(store, face)) for store in STORES for face in faces_of(store)]


@pytest.mark.parametrize(("store", "face"), SNAPSHOTS)
def test_a_face_says_what_it_said(store: str, face: str) -> None:
    path = snapshot_of(store, face)
    found = differences(path.read_text(encoding="utf-8"), FACES[face](store))
    told = "\n".join([*found[:MOST_SAID], *(["…"] if len(found) > MOST_SAID else [])])
    assert not found, (
        f"{len(found)} differences to {path.name} of {store}; where they are meant, run "
        f"`python -m tests.snapshots {store} --only {face}` and say why in the changelog:\n{told}"
    )


def test_a_difference_is_told_where_it_is() -> None:
    line = "/runs/a " + " ".join(f"key{i}=1…2×9#aaaaa" for i in range(20))
    assert differences(f"x\n{line}\ny\n", f"x\n{line.replace('key7=1', 'key7=3')}\nz\n") == [
        "~ /runs/a key7=1…2×9#aaaaa → key7=3…2×9#aaaaa", "- y\n+ z",
    ]  # fmt: skip
    assert differences("a\nb\n", "b\nc\n") == ["- a", "+ c"]
    assert differences("one\n  x\ntwo\n  y\n", "one\n  x\ntwo\n  z\n") == ["@ two", "-   y\n+   z"]


def test_digests_see_six_digits_of_a_number_and_no_more() -> None:
    assert rounded(0.1234561) == rounded(0.1234562) != rounded(0.123457)
    assert rounded(-0.0) == rounded(0.0)
    assert digest([1.0, 2.0]) != digest([2.0, 1.0])
    assert cell("alpha", [2.0, 3.0, 4.5]).startswith("alpha=2…4.5×3#")
    assert cell("kind", ["conv2d"]) == "kind=conv2d"
