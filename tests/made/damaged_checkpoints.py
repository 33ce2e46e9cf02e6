"""Checkpoints as accident or malice change them: by bytes, and by structure with all checksums right."""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

from tests.made.damaged import INTEGERS, by_bytes

_NAMES = (
    "..weight",
    ".weight",
    "weight",
    "",
    "x" * 70_000 + ".weight",
    "a/../../b.weight",
    "/etc/passwd",
    "a\0b.weight",
    "a\nb.weight",
    "\x1b[31ma.weight",
    "a.weight",
    "a.a.a.weight",
    "猫.weight",
    "a b.weight",
    "\u202ea.weight",
    "..",
    "/",
    "a.running_mean",
    "a.weight_orig",
    "a.weight_g",
    "a.weight_v",
    "a.parametrizations.weight.original0",
    "in_proj_weight",
    "a.weight_ih_l0",
    "gamma",
    "beta",
)


def mutated_checkpoint(seed: int, folder: Path) -> Path:
    """Write a checkpoint that is changed in one to three places.

    Args:
        seed: of all chance.
        folder: takes the file, which is named `epoch_1` with an ending that is read.
    """
    random = Random(seed)
    form = random.choice(list(_FORMS))
    path = folder / f"epoch_1{form.partition(' ')[0]}"
    content = _FORMS[form](random)
    for _ in range(random.choice((1, 1, 2, 3))):
        content = random.choice((by_bytes, by_bytes, _STRUCTURES[form]))(content, random)
    path.write_bytes(content)
    return path


def _tensors() -> dict[str, torch.Tensor]:
    made = torch.Generator().manual_seed(0)
    shapes = {"a.weight": (12, 8), "a.bias": (12,), "b.weight": (4, 12), "c.weight": (4, 3, 3, 3), "n.weight": (8,)}
    return {name: torch.randn(shape, generator=made) for name, shape in shapes.items()}


def _odd(random: Random) -> dict[str, Any]:
    """Tensors, some of them of odd names and kinds."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: torch.randn(3, 4),
        lambda: torch.zeros(0, 3),
        lambda: torch.tensor(1.0),
        lambda: torch.ones(3, 3) * 1e38,
        lambda: torch.full((3, 3), float("nan")),
        lambda: torch.zeros(1).expand(65536, 65536),
        lambda: torch.ones(2, 2).to_sparse(),
        lambda: torch.randn(2, 2, dtype=torch.complex64),
        lambda: torch.ones(3, 3, dtype=torch.bool),
        lambda: torch.randn(2, 3, 1, 1, 1, 1),
        lambda: torch.randn(3, 3).to(torch.float8_e4m3fn),
        lambda: torch.randn(3, 3).T,
        lambda: torch.empty(3, 3, device="meta"),
        lambda: torch.nn.Parameter(torch.randn(3, 3)),
        lambda: torch.randn(6, 6)[::2, ::3],
        lambda: torch.full((3, 3), float("inf")),
        lambda: "text",
        lambda: 10**400,
        lambda: [1, [2]],
        lambda: None,
        lambda: np.float64(1),
        lambda: np.zeros(3),
        lambda: {"x": {}},
    )
    found: dict[str, Any] = dict(_tensors())
    for _ in range(random.choice((0, 0, 1, 3))):
        found[random.choice((*_NAMES, "\ud800.weight"))] = random.choice(makers)()
    return found


def _pt(random: Random, protocol: int = 2, zipped: bool = True) -> bytes:
    file, state = io.BytesIO(), _odd(random)
    whole = random.choice(
        (state, {"state_dict": state}, {"model": state, "epoch": 3}, {"G": state, "D": state}, [state])
    )
    torch.save(whole, file, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def _safetensors(_: Random) -> bytes:
    from safetensors.torch import save

    return save(_tensors(), {"format": "pt"})


def _npz(random: Random) -> bytes:
    file = io.BytesIO()
    arrays = {name: tensor.numpy() for name, tensor in _tensors().items()}
    (np.savez if random.random() < 0.5 else np.savez_compressed)(file, **arrays)
    return file.getvalue()


def _in_archive(content: bytes, random: Random) -> bytes:
    """Change members of a ZIP archive, and write it anew with the right checksums."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as source:
            members = [(info.filename, source.read(info)) for info in source.infolist()]
    except Exception:  # damaged before: more bytes are changed
        return by_bytes(content, random)
    if not members:
        return by_bytes(content, random)
    at = random.randrange(len(members))
    name, inside = members[at]
    how = random.randrange(8)
    if how == 0:
        members[at] = (
            random.choice(("../../../tmp/x", "/tmp/x", "", f"{name}.npy", "archive/constants.pkl", *_NAMES[:10])),
            inside,
        )
    elif how == 1:
        del members[at]
    elif how == 2:
        members.append((name, by_bytes(inside, random)))
    elif how == 3 and name.endswith(".npy"):
        members[at] = (name, _in_npy(inside, random))
    elif how in (3, 4, 5):
        at = next((i for i, member in enumerate(members) if member[0].endswith("data.pkl")), at)
        name, inside = members[at]
        members[at] = (name, _in_pickle(inside, random))
    elif how == 6:
        members[at] = (name, by_bytes(inside, random))
    else:
        members[at] = (name, random.choice((b"", b"big", b"x" * 100, bytes(2**20), inside * 3)))
    file = io.BytesIO()
    kind = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(file, "w", kind) as target:
        for name, inside in members:
            target.writestr(zipfile.ZipInfo(name) if name == "" else name, inside, kind)
    return file.getvalue()


def _in_pickle(content: bytes, random: Random) -> bytes:
    """Change an integer, a name or an operation of a pickle."""
    try:
        operations = [(op, argument, at) for op, argument, at in pickletools.genops(content) if at is not None]
    except Exception:
        return by_bytes(content, random)
    ends = [*(at for _, _, at in operations[1:]), len(content)]
    i = random.randrange(len(operations))
    integers = [k for k, (op, _, _) in enumerate(operations) if op.name in ("BININT", "BININT1", "BININT2", "LONG1")]
    if integers and random.random() < 0.6:
        i = random.choice(integers)
        new = pickle.dumps(random.choice(INTEGERS), 2)[2:-1]
    else:
        new = random.choice(
            (
                b"",
                b"N",
                b"(",
                b"t",
                b"]",
                b"}",
                b"b",
                b"R",
                b"\x81",
                b"0",
                b"2",
                b"\x85",
                b"u",
                b"s",
                b"e",
                b"Q",
                b"r\xff\xff\xff\x7f",
                b"j\xff\xff\xff\x7f",
                b"\x8a\xff" + b"\xff" * 255,
                b"X\xff\xff\xff\xff",
                b"cos\nsystem\n",
                b"cbuiltins\neval\n",
                b"ccollections\nOrderedDict\n",
                b"ctorch\nSize\n",
                b"\x88",
                b"G\x7f\xf8\0\0\0\0\0\0",
                b"X\x05\0\0\0\xed\xa0\x80ab",
            )
        )
    return content[: operations[i][2]] + new + content[ends[i] :]


def _in_npy(content: bytes, random: Random) -> bytes:
    """Change what the header of an array says."""
    texts = {
        "descr": (
            "'|O'",
            "'<f2'",
            "'<f8'",
            "'>f4'",
            "'<U1000000000'",
            "'|V8'",
            "[('a', '<f4')]",
            "'<c8'",
            "'<i8'",
            "'x'",
            "3",
        ),
        "shape": (
            "(65536, 65536)",
            "(-1,)",
            "()",
            "(0,)",
            "(2, 4, 12)",
            f"({2**62}, 8)",
            "'a'",
            "(1.5,)",
            "((1,),)",
            "(12,) * 9",
        ),
        "fortran_order": ("True", "None", "7"),
    }
    key = random.choice(list(texts))
    old = {"descr": "'<f4'", "shape": "(12, 8)", "fortran_order": "False"}
    told = {**old, key: random.choice(texts[key])}
    head = ("{" + ", ".join(f"'{name}': {text}" for name, text in told.items()) + ", }\n").encode()
    major = random.choice((1, 1, 2, 3, 4, 255))
    length = random.choice((len(head), len(head), len(head), 0, 65535))
    return b"\x93NUMPY" + bytes([major, 0]) + struct.pack("<H" if major == 1 else "<I", length) + head + content[128:]


def _in_safetensors(content: bytes, random: Random) -> bytes:
    """Change what the header says."""
    try:
        length = struct.unpack("<Q", content[:8])[0]
        header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
        name = random.choice([key for key in header if key != "__metadata__"])
        entry = header[name]
        how = random.randrange(8)
        if how == 0:
            entry["data_offsets"] = [random.choice(INTEGERS), random.choice(INTEGERS)]
        elif how == 1:
            entry["data_offsets"][random.randrange(2)] = random.choice((*INTEGERS, None, "x", 1.5))
        elif how == 2:
            entry["shape"] = random.choice(([65536, 65536], [-1], [], [0], [2**63, 2], [1.5], "x", None, [1] * 1000))
        elif how == 3:
            entry["dtype"] = random.choice(("F64", "F16", "BF16", "I64", "BOOL", "F8_E4M3", "X", "", None, 3))
        elif how == 4:
            header[random.choice((*_NAMES, "\ud800.weight"))] = header.pop(name)
        elif how == 5:
            header["__metadata__"] = random.choice(({"a": 1}, [], "x", {"x" * 10**6: "y"}, None))
        elif how == 6:
            header[name] = random.choice(([], None, {}, "x", {"a": header[name]}))
        new = json.dumps(header).encode()
        if how == 7:
            new = random.choice((b"[" * 100_000 + b"]" * 100_000, b"", b"{}", b"null", new + b" " * 1000, new[:-1]))
        told = random.choice((len(new), len(new), len(new), len(new), 0, 2**63, 2**40))
        return struct.pack("<Q", told) + new + data
    except Exception:  # damaged before
        return by_bytes(content, random)


_FORMS: dict[str, Callable[[Random], bytes]] = {
    ".pt": _pt,
    ".ckpt of protocol 4": lambda random: _pt(random, 4),
    ".pth of before 1.6": lambda random: _pt(random, zipped=False),
    ".bin of protocol 0": lambda _: pickle.dumps({"a.weight": [1.0, 2.0], "b": {"c": None}}, 0),
    ".safetensors": _safetensors,
    ".npz": _npz,
}
_STRUCTURES: dict[str, Callable[[bytes, Random], bytes]] = {
    ".pt": _in_archive,
    ".ckpt of protocol 4": _in_archive,
    ".pth of before 1.6": _in_pickle,
    ".bin of protocol 0": _in_pickle,
    ".safetensors": _in_safetensors,
    ".npz": _in_archive,
}
