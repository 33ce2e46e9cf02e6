"""Names of files that are made of names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made.names import PAYLOADS
from weightreel.analysis.files import FileNames, file_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cnn-s0", "cnn-s0"),
        ("my run (2), 50 %", "my run (2), 50 %"),
        ("飞机.v2", "飞机.v2"),
        ("../../etc/passwd", "___etc-passwd"),
        ("..", "__"),
        ("", "_"),
        (".hidden", "_hidden"),
        ("-rf", "_rf"),
        ("con.txt", "_con.txt"),
        ("a\0b\nc{x}", "a-b-c-x-"),
        ("e\u0301", "é"),
    ],
)
def test_a_name_is_one_part_of_a_path(name: str, expected: str) -> None:
    assert file_name(name) == expected


@pytest.mark.parametrize("name", [*PAYLOADS, "飞" * 300, "x" * 5000])
def test_any_name_can_be_a_file(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{file_name(name)}.png").write_bytes(b"")
    assert [path.parent for path in tmp_path.rglob("*")] == [tmp_path]


def test_long_names_that_differ_at_their_end_do_so_still() -> None:
    assert file_name("x" * 300 + "1") != file_name("x" * 300 + "2")


def test_no_two_names_are_one_file_on_any_system() -> None:
    names, given = FileNames(), ["a/b", "a:b", "A-B", "a-b-2", "a-b", "é", "e\u0301"]
    found = [names.new(name) for name in given]
    assert found[0] == "a-b"
    assert len({name.casefold() for name in found}) == len(given)
