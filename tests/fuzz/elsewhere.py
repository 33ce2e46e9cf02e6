"""Checkpoints and recipes, changed at random."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.fuzz import octets

RECIPES = Path(__file__).parents[2] / "data"
VALUES = (
    "inf",
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
    "2" * 30,
    '"\\u202e"',
)


class Made(NamedTuple):
    """A changed file, and in words what was changed."""

    path: Path
    changes: list[str]


def checkpoint(folder: Path) -> None:
    """Small checkpoints of a network, as PyTorch, safetensors and NumPy write them."""
    import numpy as np
    import torch
    from safetensors.torch import save_file

    tensors = {
        "a.weight": torch.randn(12, 8),
        "a.bias": torch.zeros(12),
        "b.weight": torch.randn(4, 12),
        "c.weight": torch.randn(4, 3, 3, 3),
    }
    torch.save({"epoch": 1, "state_dict": tensors}, folder / "epoch_1.pt")
    torch.save(tensors, folder / "epoch_2.pt", _use_new_zipfile_serialization=False)
    save_file(tensors, folder / "epoch_3.safetensors")
    np.savez(folder / "epoch_4.npz", **{name: of.numpy() for name, of in tensors.items()})


def changed_checkpoint(random: Random, folder: Path, ground: Path) -> Made:
    """A checkpoint of which bytes were changed, or whose tensors and names are odd."""
    if random.random() < 0.5:
        base = random.choice([*ground.glob("epoch_*")])
        content, what = octets.mutate(base.read_bytes(), random)
        path = folder / base.name
        path.write_bytes(content)
        return Made(path, [base.name, what])
    import torch

    names = (
        "a.weight",
        "..weight",
        "x" * 70_000,
        "\ud800.weight",
        "a/b.weight",
        "weight",
        "",
        "a.weight\n",
        "a.bias",
        "b.weight_orig",
    )
    makers: tuple[Any, ...] = (
        lambda: torch.randn(3, 4),
        lambda: torch.zeros(0, 3),
        lambda: torch.tensor(1.0),
        lambda: torch.full((3, 3), float("nan")),
        lambda: torch.zeros(1).expand(65536, 65536),
        lambda: torch.randn(2, 2, dtype=torch.complex64),
        lambda: torch.ones(3, 3, dtype=torch.bool),
        lambda: torch.ones(2, 2).to_sparse(),
        lambda: torch.randn(2, 3, 1, 1, 1, 1),
        lambda: "text",
        lambda: 10**400,
        lambda: [1, [2]],
        lambda: None,
        lambda: torch.full((4, 4), 1e38),
        lambda: torch.randint(0, 9, (3, 3)),
        lambda: torch.randn(3, 3).to(torch.float8_e4m3fn),
        lambda: print,
    )
    state = {random.choice(names): random.choice(makers)() for _ in range(random.randint(0, 5))}
    whole = random.choice(
        [
            state,
            {"state_dict": state},
            {"model": state, "epoch": random.choice(["x", 1.5, None, 10**30])},
            [state],
            {"a": {"b": state}},
        ]
    )
    path = folder / random.choice(["epoch_1.pt", "last.ckpt", "model.bin", "x.pth"])
    torch.save(whole, path)
    return Made(path, [path.name, ", ".join(f"{name[:12]!r}" for name in state)])


def changed_recipe(random: Random, folder: Path, _: Path) -> Made:
    """A recipe of which a value, a line or bytes were changed."""
    base = random.choice(sorted(RECIPES.glob("*.toml")))
    path = folder / base.name
    lines = base.read_text(encoding="utf-8").splitlines()
    if random.random() < 0.3:
        content, what = octets.mutate(base.read_bytes(), random)
        path.write_bytes(content)
        return Made(path, [base.name, what])
    said = []
    for _ in range(random.choice([1, 1, 2, 4])):
        i = random.choice([i for i, line in enumerate(lines) if "=" in line])
        key = lines[i].partition("=")[0].strip()
        value = random.choice(VALUES)
        lines[i] = f"{key} = {value}" if random.random() < 0.9 else f"{key}x = 1"
        said.append(f"{key} = {value[:20]}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return Made(path, [base.name, *said])


def copied(path: Path, to: Path) -> Path:
    """A copy of a file that is kept to be looked at."""
    to.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(path, to))
