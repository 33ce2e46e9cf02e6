"""Files that are to be recipes: what is read, and in which one sentence the others are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.recipe.test_part import is_sentence
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recipe.recipe import read_recipe
from weightreel.analysis.recipe.toml import override, shown
from weightreel.cli import main

KIND = b'[dataset]\nkind = "digits"\n'

REFUSED = {
    "nothing": (b"", ["dataset"]),
    "5,000 digits": (b"title = " + b"9" * 5000 + b"\n" + KIND, ["'title'", "too many digits"]),
    "500 brackets": (b"title = " + b"[" * 500 + b"]" * 500 + b"\n" + KIND, ["title", "too deeply"]),
    "5,000 brackets": (b"title = " + b"[" * 5000 + b"]" * 5000 + b"\n" + KIND, ["title", "too deeply"]),
    "5,000 tables": (b"a = " + b"{a = " * 5000 + b"1" + b"}" * 5000 + b"\n" + KIND, ["too deeply"]),
    "a key of 5,000 parts": (b".".join([b"a"] * 5000) + b" = 1\n" + KIND, ["there is no setting a"]),
    "a million letters": (b'title = "' + b"x" * 10**6 + b'"\n' + KIND, ["title", "1,000,000 letters"]),
    "a key twice": (b"title = 'a'\ntitle = 'b'\n" + KIND, ["not a TOML file", "title"]),
    "a table twice": (KIND + KIND, ["not a TOML file", "dataset"]),
    "no TOML": (b"[dataset\nkind", ["not a TOML file", "[dataset"]),
    "Latin 1": (b"title = '\xe9'\n" + KIND, ["not a TOML file", "utf-8"]),
    "UTF-16": ("title = 'a'\n".encode("utf-16"), ["not a TOML file"]),
    "NUL": (b"title = 'a\0b'\n" + KIND, ["not a TOML file", "title"]),
    "a page": (b"<!DOCTYPE html>\n<html>\n", ["not a TOML file"]),
    "a store": (b"\x89HDF\r\n\x1a\n" + bytes(100), ["not a TOML file"]),
    "5 MB": (b"# " + b"x" * 5_000_000, ["5 MB"]),
    "a date": (b"title = 2024-02-03\n" + KIND, ["title", "no date"]),
    "an infinite number": (KIND + b"[training]\nlearning_rate = inf\n", ["training.learning_rate", "finite"]),
    "1e11": (KIND + b"[noise]\ntrials = 1e11\n", ["noise.trials"]),
}


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_recipe_is_one_sentence(
    content: bytes, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes(content)
    with pytest.raises(WeightreelError) as caught:
        read_recipe(path)
    is_sentence(caught.value, "r.toml", *words)
    assert main(["run", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "device").symlink_to("/dev/zero")
    for name, told in (("pipe", "a named pipe"), ("", "a folder"), ("loop", "cannot be read"), ("device", "a device")):
        with pytest.raises(WeightreelError, match=told):
            read_recipe(tmp_path / name)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_as_editors_of_windows_write_it(ends: str, mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes((mark + ends.join(['title = "Ünï 猫"', "[dataset]", 'kind = "digits"', ""])).encode())
    assert read_recipe(path).title == "Ünï 猫"


def test_what_a_setting_of_the_command_line_becomes() -> None:
    for text, value in (
        ("5", 5),
        ("a/b c", "a/b c"),
        ("[1, 2]", [1, 2]),
        ("[" * 500, "[" * 500),
        ("9" * 5000, "9" * 5000),
    ):
        table: dict[str, object] = {}
        override(table, f"a.b={text}")
        assert table == {"a": {"b": value}}


def test_what_is_shown_is_short_and_printable() -> None:
    for value in (10**6000, "a\nb\x1b" * 1000, [10**6000] * 3, {"a": "x" * 10**6}, [[[[1]]]] * 100, "\ud800"):
        for quoted in (False, True):
            text = shown(value, quoted=quoted)
            assert len(text) <= 80 and text.isprintable()
