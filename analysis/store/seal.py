"""The seal of a store: a digest of the HDF5 file, in the block before it that HDF5 leaves to its user.

HDF5 notices some damage and not other: a flipped bit in its global heap ends in a crash, one in a contiguous dataset in
a wrong number. The seal is looked at before HDF5 sees a byte.
"""

from __future__ import annotations

import hashlib
import os
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import NamedTuple

from weightreel.analysis.errors import WeightreelError

BLOCK = 512
"""Bytes of the block: the smallest that HDF5 allows."""
SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""With which HDF5 itself begins."""
_SIZE = 32
"""Bytes of the digest. BLAKE2b takes 1 ms a megabyte on any processor; SHA-256 is as fast only where it is built in."""
_TITLE = "Weightreel store, sealed: what follows these 512 bytes is an HDF5 file\n"


def block(digest: str) -> bytes:
    """The block of a file whose HDF5 part has this digest, in words that `head` shows."""
    text = f"{_TITLE}BLAKE2b-256 {digest}\ntail -c +{BLOCK + 1} STORE | b2sum -l {8 * _SIZE}\n"
    return text.encode().ljust(BLOCK, b"\n")


def digest_of(file: BufferedReader | BufferedRandom) -> str:
    """The digest of what follows the block, hexadecimal."""
    file.seek(BLOCK)
    return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_SIZE)).hexdigest()


def seal(path: Path) -> str:
    """Write the digest of a finished file, made with a user block of BLOCK bytes, into its block, and give it."""
    with path.open("r+b") as file:
        digest = digest_of(file)
        file.seek(0)
        file.write(block(digest))
    return digest


def is_sealed(path: Path) -> bool:
    """Whether a file has a seal that may be right or wrong; stores before version 1.4 have none.

    Raises:
        WeightreelError: it is no HDF5 file.
    """
    with path.open("rb") as file:
        return _sealed(path, file)


class Verified(NamedTuple):
    """A file as it was when it was read: what the file system says of it, and its digest as of `fingerprint`."""

    stat: os.stat_result
    digest: str


def verify(path: Path, *, sealed: bool = True) -> Verified:
    """Compare a file with its seal, if it has one.

    Args:
        path: the file.
        sealed: False only takes its digest.

    Raises:
        WeightreelError: it is no HDF5 file, or it was changed since it was sealed.
    """
    with path.open("rb") as file:
        if not (_sealed(path, file) and sealed):
            return Verified(os.fstat(file.fileno()), fingerprint(file.fileno()))
        digest = digest_of(file)
        file.seek(0)
        if file.read(BLOCK) != block(digest):
            raise changed(path)
        return Verified(os.fstat(file.fileno()), digest)


def fingerprint(descriptor: int) -> str:
    """The digest of the HDF5 part of an open file, or of all of one that has no block; its place in it stays."""
    start = 0 if os.pread(descriptor, len(SIGNATURE), 0) == SIGNATURE else BLOCK
    found = hashlib.blake2b(digest_size=_SIZE)
    while part := os.pread(descriptor, 1 << 20, start):
        found.update(part)
        start += len(part)
    return found.hexdigest()


def changed(path: Path) -> WeightreelError:
    """What is said of a store that is not as it was written."""
    return WeightreelError(
        f"{path} is damaged or was changed after it was written; copy it again, or, if you changed it yourself, check "
        f"and seal it with `weightreel check --seal {path}`."
    )


def _sealed(path: Path, file: BufferedReader) -> bool:
    """Whether a file begins with a block rather than with HDF5 itself.

    A block of which single bytes were changed is known by the rest.
    """
    head = file.read(BLOCK + len(SIGNATURE))
    if head.startswith(SIGNATURE):
        return False
    title = _TITLE.encode()
    alike = sum(a == b for a, b in zip(head, title, strict=False))
    if 2 * alike > len(title):
        return True
    raise WeightreelError(f"{path} is not a store or is truncated; copy it again or make it with `weightreel run`.")
