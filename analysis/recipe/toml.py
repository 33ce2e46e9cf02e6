"""A file of settings: TOML as people write it, and settings given on the command line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import refuse_irregular

_LARGEST = 4_000_000
"""Bytes; a file of settings is a page."""
_FORM = "see data/digits.toml for the form"


def read_toml(path: Path, kind: str = "recipe", form: str = _FORM, lie: str = "recipes lie in data/") -> dict[str, Any]:
    """The tables of a TOML file; a byte order mark is passed over.

    Args:
        path: of the file.
        kind: of file, in a word.
        form: where an example is, for sentences that say what is wrong.
        lie: where such files are found.

    Raises:
        WeightreelError: it is missing, no file, too large or no TOML; the key or line is named where it is known.
    """
    refuse_irregular(path, f"the {kind}", lie)
    text = ""
    try:
        if (size := path.stat().st_size) > _LARGEST:
            raise WeightreelError(f"{path} has {size / 1e6:,.0f} MB, and a {kind} is a short text; {form}.")
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except OSError as error:
        raise WeightreelError(f"the {kind} {path} cannot be read ({error.strerror}); {lie}.") from error
    except RecursionError as error:
        raise WeightreelError(f"{path}: {_longest(text)}lists stand within each other too deeply; {form}.") from error
    except ValueError as error:  # of TOML, of UTF-8, and of Python where a number has thousands of digits
        if isinstance(error, tomllib.TOMLDecodeError | UnicodeDecodeError):
            why = f"{shown(error, 200)}{_at(text, str(error))}"
            raise WeightreelError(f"{path} is not a TOML file ({why}); {form}.") from error
        raise WeightreelError(f"{path}: {_longest(text)}a number has too many digits; {form}.") from error


def override(table: dict[str, Any], setting: str) -> None:
    """Change one setting of a recipe's table in place, given as `training.epochs=5`.

    Raises:
        WeightreelError: it is not of that form.
    """
    key, sign, text = setting.partition("=")
    parts = key.strip().split(".")
    if not sign or not all(parts):
        raise WeightreelError(
            f"--set {shown(setting, quoted=True)} is not of the form KEY=VALUE, for example training.epochs=5."
        )
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        value = text  # a bare word, such as a path: TOML would want quotes that shells take away
    for part in parts[:-1]:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise WeightreelError(
                f"--set {shown(setting, quoted=True)}: {shown(part)} is a setting, not a table; leave out what "
                "follows it."
            )
    table[parts[-1]] = value


def shown(value: object, most: int = 80, *, quoted: bool = False) -> str:
    """A value on one line of a sentence, cut where it is long.

    Args:
        value: anything that TOML gives.
        most: letters that are kept.
        quoted: as Python writes it, text in quotes.
    """
    if isinstance(value, int) and abs(value) >= 10**most:
        return f"a number of {value.bit_length():,} bits"
    if isinstance(value, str):
        value = value[: 4 * most]
    elif isinstance(value, list | tuple):
        value = value[:most]
    try:
        text = repr(value) if quoted else str(value)
    except (ValueError, RecursionError):  # Python writes no integer of thousands of digits
        return f"a {type(value).__name__} that is too large to write"
    text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _at(text: str, message: str) -> str:
    """The key that stands in the line that a message of TOML's names."""
    line = re.search(r"at line (\d+)", message)
    lines = text.splitlines()
    if not line or int(line[1]) > len(lines):
        return ""
    key = lines[int(line[1]) - 1].partition("=")[0].strip()
    return f", at {shown(key, quoted=True)}" if key else ""


def _longest(text: str) -> str:
    """The key of the longest line: where a value is far too large, it is that one."""
    key = max(text.splitlines(), key=len, default="").partition("=")[0].strip()
    return f"at {shown(key, quoted=True)} " if key else ""
