"""Change the bytes of a file, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

HEAD = 20_000
"""Bytes at the beginning, where HDF5 keeps most of what leads elsewhere: half of all changes are made there."""


def _place(content: bytearray, random: Random) -> int:
    return random.randrange(len(content) if random.random() < 0.5 else min(len(content), HEAD))


def _flip(n: int) -> Callable[[bytearray, Random], None]:
    def flip(content: bytearray, random: Random) -> None:
        for _ in range(n):
            content[_place(content, random)] ^= 1 << random.randrange(8)

    return flip


def _cut(content: bytearray, random: Random) -> None:
    del content[random.randrange(1, len(content)) :]


def _fill(of: Callable[[Random, int], bytes]) -> Callable[[bytearray, Random], None]:
    def fill(content: bytearray, random: Random) -> None:
        at, n = _place(content, random), random.choice([1, 8, 64, 512, 4096])
        content[at : at + n] = of(random, n)

    return fill


def _twice(content: bytearray, random: Random) -> None:
    at = _place(content, random)
    content[at:at] = content[at : at + 512]


def _between(content: bytearray, random: Random) -> None:
    at = _place(content, random)
    content[at:at] = random.randbytes(8)


def _swap(content: bytearray, random: Random) -> None:
    one, other = _place(content, random), _place(content, random)
    n = random.choice([8, 64, 512])
    a, b = content[one : one + n], content[other : other + n]
    content[one : one + len(b)] = b
    content[other : other + len(a)] = a


def _number(content: bytearray, random: Random) -> None:
    """Another address or length, in the place of one."""
    at = _place(content, random) // 8 * 8
    number = random.choice(
        [
            0,
            1,
            512,
            len(content),
            len(content) - 1,
            2**31,
            2**32 - 1,
            2**63 - 1,
            2**64 - 1,
            random.randrange(len(content)),
        ]
    )
    content[at : at + 8] = number.to_bytes(8, "little")


CHANGES: dict[str, Callable[[bytearray, Random], None]] = {
    "one bit": _flip(1),
    "8 bits": _flip(8),
    "100 bits": _flip(100),
    "cut off": _cut,
    "zeros": _fill(lambda _, n: bytes(n)),
    "ones": _fill(lambda _, n: b"\xff" * n),
    "noise": _fill(lambda random, n: random.randbytes(n)),
    "twice": _twice,
    "between": _between,
    "swapped": _swap,
    "a number": _number,
}


def mutate(content: bytes, random: Random) -> tuple[bytes, str]:
    """Other bytes, and in words what was done to them."""
    changed, name = bytearray(content), random.choice([*CHANGES])
    CHANGES[name](changed, random)
    return bytes(changed), name
