"""Pickles: whatever they name, and in whatever protocol, nothing of it runs, and the refusal is one sentence."""

from __future__ import annotations

import argparse
import collections
import datetime
import io
import pathlib
import pickle
import sys
import tarfile
import types
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.checkpoints.read import open_checkpoint
from weightreel.analysis.networks.checkpoints.state import LazyState
from weightreel.analysis.networks.layers import layout_of

WEIGHT = torch.arange(6.0).reshape(3, 2)
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Reduced:
    """What is pickled as a call."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


def opened(path: Path) -> Any:
    return open_checkpoint(Checkpoint(path.name, (path,)))[0]


def plain(loaded: Any, path: Path, protocol: int) -> None:
    path.write_bytes(pickle.dumps(loaded, protocol))


def zipped(loaded: Any, path: Path, protocol: int) -> None:
    torch.save(loaded, path, pickle_protocol=protocol)


def legacy(loaded: Any, path: Path, protocol: int) -> None:
    torch.save(loaded, path, pickle_protocol=protocol, _use_new_zipfile_serialization=False)


def tarred(loaded: Any, path: Path, protocol: int) -> None:
    with tarfile.open(path, "w") as archive:
        for name in ("sys_info", "pickle"):
            content = pickle.dumps(loaded if name == "pickle" else {}, protocol)
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def in_another_zip(loaded: Any, path: Path, protocol: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.pkl", pickle.dumps(loaded, protocol))


def by_joblib(loaded: Any, path: Path, protocol: int) -> None:
    import joblib

    joblib.dump(loaded, path, protocol=protocol)


FORMS = [plain, zipped, legacy, tarred, in_another_zip, by_joblib]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("save", FORMS, ids=lambda form: form.__name__)
def test_code_is_refused_with_one_sentence_and_does_not_run(
    save: Callable[[Any, Path, int], None], protocol: int, tmp_path: Path
) -> None:
    proof, path = tmp_path / "it ran", tmp_path / "harmless.pt"
    save({"extra": Reduced(eval, (f"__import__('os').mkdir({str(proof)!r})",)), "step": 3}, path, protocol)
    with pytest.raises(WeightreelError) as caught:
        opened(path)
    assert not proof.exists()
    assert str(caught.value) == (
        f"{path} holds something else than tensors (builtins.eval): loading it could run code, so that it was not "
        "loaded; where you trust who made it, save its tensors as .safetensors and import that."
    )


PAYLOADS = {
    "system": b"cposix\nsystem\n(S'touch %s'\ntR.",
    "getattr": b"c__builtin__\ngetattr\n(c__builtin__\n__import__\n(S'os'\ntRS'mkdir'\ntR(S'%s'\ntR.",
    "instance": b"(S'%s'\nios\nmkdir\n.",
    "object": b"(cos\nmkdir\nS'%s'\no.",
    "alias of numpy": b"cnumpy.core.multiarray\nos.mkdir\n(S'%s'\ntR.",
    "attribute of what is known": b"\x80\x04\x8c\x0bcollections\x8c\x22OrderedDict.fromkeys.__globals__.x\x93.",
    "torch.load again": b"ctorch.storage\n_load_from_bytes\n(S'%s'\ntR.",
    "torch by another name": b"ctorch\nhub.load\n(S'%s'\ntR.",
    "extension": b"\x80\x02\x82\x01.",
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_ways_to_a_call_are_closed(payload: bytes, tmp_path: Path) -> None:
    proof, path = tmp_path / "ran", tmp_path / "model.pt"
    path.write_bytes(payload.replace(b"%s", str(proof).encode()))
    with pytest.raises(WeightreelError, match=r"was not loaded|cannot be read"):
        opened(path)
    assert not proof.exists()


def test_no_state_reaches_what_is_known() -> None:
    """BUILD could give a class that is used later other methods; a call of what is no function could too."""
    from weightreel.analysis.networks.checkpoints import pickles

    before = dict(vars(pickles.Beside))
    for name in (
        "argparse\nNamespace",
        "torch.nn.parameter\nParameter",
        "torch.storage\nUntypedStorage",
        "torch\nSize",
    ):
        changed = f"c{name}\n(N(dS'__new__'\nI1\nsS'shape'\nI2\nsS'append'\nI3\nstb.".encode()
        pickles.load(io.BytesIO(changed))
    assert dict(vars(pickles.Beside)) == before
    assert not hasattr(torch.UntypedStorage, "append")
    with pytest.raises(pickle.UnpicklingError, match="called as a function"):
        pickles.load(io.BytesIO(b"ctorch.storage\nUntypedStorage\n(I99999999999\ntR."))


class Known(collections.UserDict):  # type: ignore[type-arg]
    """Named by nobody's list."""


COMPANIONS: dict[str, Any] = {
    "numpy scalar": np.float64(71.2),
    "numpy integer": np.int64(3),
    "numpy array": np.zeros((4, 2), np.float32),
    "numpy strings": np.array(["a", "b"]),
    "numpy objects": np.array([None, "x"], dtype=object),
    "numpy dtype": np.dtype("float32"),
    "numpy random state": np.random.RandomState(0).get_state(),
    "namespace": argparse.Namespace(lr=0.1, path=pathlib.PurePosixPath("/data")),
    "simple namespace": types.SimpleNamespace(lr=0.1),
    "path": pathlib.PosixPath("/data"),
    "windows path": pathlib.PureWindowsPath("C:\\data"),
    "ordered": collections.OrderedDict(a=1),
    "default": collections.defaultdict(list, {"a": [1]}),
    "counter": collections.Counter("abba"),
    "deque": collections.deque([1, 2], maxlen=3),
    "date": datetime.datetime(2024, 2, 3, tzinfo=datetime.UTC),
    "duration": datetime.timedelta(seconds=3),
    "fraction": Fraction(1, 3),
    "set": {1, 2},
    "frozen set": frozenset([1]),
    "bytes": b"\xff\x00",
    "byte array": bytearray(b"ab"),
    "complex": 1 + 2j,
    "shape": torch.Size([2, 3]),
    "dtype": torch.float16,
    "device": torch.device("cpu"),
    "parameter": torch.nn.Parameter(WEIGHT),
}


@pytest.mark.parametrize("protocol", PROTOCOLS[1:])  # of protocol 0 PyTorch itself writes what it cannot read
@pytest.mark.parametrize("save", [zipped, legacy], ids=lambda form: form.__name__)
def test_harmless_companions_are_passed_over(
    save: Callable[[Any, Path, int], None], protocol: int, tmp_path: Path
) -> None:
    path = tmp_path / "epoch1.pt"
    for name, companion in COMPANIONS.items():
        if protocol < 2 and name == "parameter":
            continue  # PyTorch pickles it from protocol 2 on
        save({"state_dict": {"a.weight": WEIGHT}, "beside": companion, "list": [companion]}, path, protocol)
        headers = opened(path)
        assert list(headers) == ["a.weight"], name
        state = LazyState(Checkpoint("x", (path,)), layout_of(headers).parts)
        assert np.array_equal(state["a.weight"], WEIGHT.numpy()), name


@pytest.mark.parametrize("beside", [Known(), Path.cwd, sys.exit, torch.nn.ReLU(), object], ids=repr)
def test_what_is_on_no_list_is_refused(beside: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    if beside is object:
        beside = Reduced(sys.setrecursionlimit, (10,))
    torch.save({"a.weight": WEIGHT, "beside": beside}, path)
    with pytest.raises(WeightreelError, match="could run code"):
        opened(path)


def test_a_memo_of_two_thousand_million_takes_no_memory(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "a.pt"
    path.write_bytes(b"\x80\x02Nr\xff\xff\xff\x7f.")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WeightreelError, match="cannot be read"):
        opened(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


def test_a_tensor_beyond_its_storage_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    storage = torch.zeros(4)
    huge = torch.as_strided(storage, (65536, 65536), (0, 0))
    torch.save({"a.weight": huge}, path)
    with pytest.raises(WeightreelError, match="entries, which the file does not hold"):
        opened(path)
    wrong = (storage.storage(), 0, (65536, 65536), (65536, 1), False, collections.OrderedDict())
    torch.save({"a.weight": Reduced(torch._utils._rebuild_tensor_v2, wrong)}, path)
    with pytest.raises(WeightreelError, match="reaches beyond what the file holds"):
        opened(path)


def test_compressed_archives_are_read_whole_and_bombs_are_not(tmp_path: Path) -> None:
    path, packed = tmp_path / "a.pt", tmp_path / "b.pt"
    torch.save({"a.weight": torch.randn(200, 30)}, path)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    states = [LazyState(Checkpoint("x", (p,)), layout_of(opened(p)).parts)["a.weight"] for p in (path, packed)]
    assert np.array_equal(*states)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("x/data.pkl", bytes(300 * 2**20))
    with pytest.raises(WeightreelError, match="once unpacked"):
        opened(packed)
