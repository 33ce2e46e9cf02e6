"""Recipes as accident or malice change them, and any file by its bytes."""

from __future__ import annotations

import struct
from pathlib import Path
from random import Random

RECIPES = Path(__file__).parents[2] / "data"
INTEGERS = (
    0,
    1,
    2,
    3,
    -1,
    7,
    255,
    65535,
    65536,
    2**31 - 1,
    -(2**31),
    2**32,
    2**53,
    2**63 - 1,
    -(2**63),
    2**64,
    10**30,
)
_TEXTS = (
    "inf",
    "-inf",
    "nan",
    "-1",
    "0",
    "1e308",
    "1e11",
    "9" * 5000,
    '"x"',
    '""',
    "[]",
    "[" * 500 + "]" * 500,
    "{}",
    "true",
    '["a", 1]',
    "1979-05-27",
    '"' + "t" * 100_000 + '"',
    "[1e999]",
    str(2**64),
    str(2**31),
    '"\\u0000"',
    '"\\u202e"',
    "0x" + "f" * 5000,
    "[true]",
    "{a = 1}",
    "1979-05-27T07:32:00Z",
    "'''a\nb'''",
    "[1, 2, 3]",
    "[0.1]",
    "3",
    "0.5",
    "-0.0",
    '["cnn"]',
    "99999999",
)


def mutated_recipe(seed: int, folder: Path) -> Path:
    """Write a recipe of which bytes, lines or values are changed.

    Args:
        seed: of all chance.
        folder: takes the file, which is named `recipe.toml`.
    """
    random = Random(seed)
    text = random.choice(sorted(RECIPES.glob("*.toml"))).read_text(encoding="utf-8")
    path = folder / "recipe.toml"
    if random.random() < 0.3:
        path.write_bytes(by_bytes(text.encode(), random))
        return path
    lines = text.splitlines()
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.choice([i for i, line in enumerate(lines) if "=" in line])
        key, value = lines[at].partition("=")[0].strip(), random.choice(_TEXTS)
        lines[at] = random.choice(
            (
                f"{key} = {value}",
                f"{key} = {value}",
                f"{key} = {value}",
                f"{key}x = 1",
                f"{key}.{key} = 1",
                f"[{key}]",
                f"{lines[at]}\n{lines[at]}",
                value,
                f"{value} = 1",
            )
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def by_bytes(content: bytes, random: Random) -> bytes:
    """Change, cut, repeat, insert or blank bytes anywhere."""
    if not content:
        return bytes(random.randrange(256) for _ in range(8))
    data, at = bytearray(content), random.randrange(len(content))
    length = random.choice((1, 4, 16, 256))
    how = random.randrange(7)
    if how == 0:
        data[at] ^= 1 << random.randrange(8)
    elif how == 1:
        data[at : at + length] = bytes(random.randrange(256) for _ in data[at : at + length])
    elif how == 2:
        del data[at:]
    elif how == 3:
        del data[at : at + length]
    elif how == 4:
        data[at:at] = data[max(0, at - length) : at]
    elif how == 5:
        data[at : at + length] = b"\0" * len(data[at : at + length])
    else:
        number = struct.pack("<q", max(-(2**63), min(2**63 - 1, random.choice(INTEGERS))))
        data[at : at + 8] = number[: len(data[at : at + 8])]
    return bytes(data)
