"""What is looked at before a checkpoint's archive is read: sizes, names and kinds of its members."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from weightreel.analysis.networks.checkpoints import pickles

MOST_UNPACKED = 2**28
"""Bytes that a compressed file may become however small it is."""
_MOST_TIMES = 50
"""How many times its own size it may become beyond that; weights of a network compress to a half at best."""
_LONGEST_NAME = 500


def refuse_bomb(path: Path, members: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse an archive that becomes far larger than it is.

    Raises:
        ValueError: it does.
    """
    size = sum(member.file_size for member in members)
    if size > max(MOST_UNPACKED, _MOST_TIMES * path.stat().st_size):
        raise ValueError(f"it would become {size / 1e9:,.1f} GB once unpacked")


def is_as_saved(path: Path) -> bool:
    """Whether a ZIP archive can be mapped: its members are stored as they are, as `torch.save` does.

    Raises:
        ValueError: it would become far larger than it is, or is no checkpoint.
        Forbidden: it holds code, or a pickle that names what may not be loaded beside or for that of `torch.save`.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        refuse_bomb(path, members)
        names = [member.filename for member in members]
        if any(name.rpartition("/")[2] == "constants.pkl" for name in names):
            raise pickles.Forbidden("a TorchScript program")
        if not any(name.rpartition("/")[2] == "data.pkl" for name in names):
            for name in names:
                if what := pickles.forbidden_in(archive.read(name)):
                    raise pickles.Forbidden(what)
            raise ValueError("it is a ZIP archive, but none that torch.save wrote")
        return all(member.compress_type == zipfile.ZIP_STORED for member in members)


def refuse_tar(path: Path) -> None:
    """Refuse a TAR archive, as PyTorch wrote them before 0.1.10.

    Raises:
        ValueError: what it is.
        Forbidden: a pickle in it names what may not be loaded.
    """
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file and (what := pickles.forbidden_in(file.read(MOST_UNPACKED))):
                raise pickles.Forbidden(what)
    raise ValueError("it is a TAR archive: load it with the PyTorch that wrote it, and save its state_dict() anew")


def can_be_a_layers(name: str) -> bool:
    """Whether what a tensor's name says of its module can be the name of a group in a store."""
    module = name.replace("/", ".").rpartition(".")[0]
    return len(name) <= _LONGEST_NAME and "\0" not in name and set(module) != {"."} and _is_text(name)


def _is_text(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def legible(name: str) -> str:
    """Enough of a name to know it by, in letters that can be written."""
    found = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return found if len(found) <= _LONGEST_NAME else f"{found[:40]}… ({len(found):,} letters)"
