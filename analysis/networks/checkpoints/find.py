"""Checkpoints among files, folders and patterns."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import expanded

SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt", ".bin", ".npz")
"""Endings of files that are read; where a folder holds one checkpoint in several forms, the first of them."""

PICKLES = (".pkl", ".pickle", ".joblib", ".dill")
"""Endings of files that are read where they are named themselves: some hold what `torch.save` wrote."""

WEIGHTS = ("model", "pytorch_model", "adapter_model", "diffusion_pytorch_model", "weights", "state_dict")
"""Names, without their suffix, that a file of weights has in a folder of its own."""

_OTHERS = re.compile(r"(optimi[sz]er|scheduler|scaler|rng_state|random_states|training_args)([-_]?\d+)?")
"""Names, without their suffix, of files beside a checkpoint that hold no network."""
_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<suffix>\.safetensors|\.bin)")


@dataclass(frozen=True)
class Checkpoint:
    """One state of a network.

    Attributes:
        name: of the file or folder, as people know it; the order is read from it.
        files: one, or the shards.
    """

    name: str
    files: tuple[Path, ...]


def find_checkpoints(arguments: Iterable[str]) -> list[Checkpoint]:
    """Checkpoints that files, folders and quoted patterns name, each once, in the order of the arguments.

    A folder is one checkpoint where it holds `model.safetensors`, shards (`model-00001-of-00003.safetensors`), or a
    file of another name that such folders have (`pytorch_model.bin`, …); else it is a folder of checkpoints: files, or
    folders of that kind.

    Raises:
        WeightreelError: there is no such file, it is of no kind that is read, a shard is missing, or a folder holds no
            checkpoint.
    """
    found: dict[tuple[Path, ...], Checkpoint] = {}
    for argument in arguments:
        for path in _paths(argument):
            for checkpoint in _inside(path) if path.is_dir() else [_at(path)]:
                found.setdefault(tuple(file.resolve() for file in checkpoint.files), checkpoint)
    return list(found.values())


def _paths(argument: str) -> list[Path]:
    path = expanded(argument)
    try:
        if path.exists():
            return [path]
    except OSError as error:  # a name that is too long, or may not be looked at
        raise WeightreelError(f"{argument[:200]} cannot be read ({error.strerror}); name another file.") from error
    paths = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - it may be absolute
    if not paths:
        what = "no file fits the pattern" if glob.has_magic(argument) else "there is no file or folder"
        raise WeightreelError(f"{what} {argument}; name checkpoints, a folder of them, or a pattern in quotes.")
    # A pattern may name configurations and optimisers' states too.
    return [path for path in paths if path.is_dir() or _may_be_one(path)] or paths


def _inside(folder: Path) -> list[Checkpoint]:
    """The checkpoint that a folder is, or those that it holds."""
    if whole := _in_folder_of_its_own(folder):
        return [whole]
    inside = sorted(folder.iterdir())
    found = [_at(file) for file in inside if file.is_file() and _may_be_one(file)]
    found += [whole for path in inside if path.is_dir() and (whole := _in_folder_of_its_own(path))]
    if not found:
        raise WeightreelError(
            f"the folder {folder} holds no checkpoint; files end in {', '.join(SUFFIXES)}, and a folder of one "
            "checkpoint holds model.safetensors or its shards."
        )
    return found


def _may_be_one(path: Path) -> bool:
    """Whether a file that was not named itself is taken for a checkpoint."""
    return path.suffix in SUFFIXES and not _OTHERS.fullmatch(path.stem)


def _at(path: Path) -> Checkpoint:
    """The checkpoint that a file is, or belongs to."""
    folder = path.resolve().parent.name
    if shard := _SHARD.fullmatch(path.name):
        return Checkpoint(_as_text(folder), _shards(path.parent, shard))
    if path.suffix not in SUFFIXES + PICKLES:
        raise WeightreelError(
            f"{path} is of no kind that is read, which are {', '.join(SUFFIXES)}; save its tensors as .safetensors."
        )
    return Checkpoint(_as_text(folder if path.stem in WEIGHTS else path.name), (path,))


def _as_text(name: str) -> str:
    """A file's name as text, where its bytes are none."""
    return os.fsencode(name).decode(errors="replace")


def _in_folder_of_its_own(folder: Path) -> Checkpoint | None:
    """The checkpoint that a folder is, None where it is none."""
    for suffix in SUFFIXES:
        for stem in WEIGHTS:
            if (path := folder / f"{stem}{suffix}").is_file():
                return _at(path)
            for path in sorted(folder.glob(f"{stem}-*-of-*{suffix}")):
                if _SHARD.fullmatch(path.name):
                    return _at(path)
    return None


def _shards(folder: Path, one: re.Match[str]) -> tuple[Path, ...]:
    """All shards of the checkpoint that one of them belongs to."""
    count = int(one["count"])
    paths = tuple(
        folder / f"{one['stem']}-{number:05d}-of-{one['count']}{one['suffix']}" for number in range(1, count + 1)
    )
    if missing := [path for path in paths if not path.is_file()]:
        raise WeightreelError(f"the shard {missing[0]} is not there; copy all {count} into one folder.")
    return paths
