"""Pickles that are read without running anything that they name.

`torch.load` takes this module as its `pickle_module`. PyTorch's own `weights_only=True` knows neither protocols 0, 1, 4
and 5 nor what programs keep beside their weights. Here a name in a pickle never is what it names: tensors are rebuilt
by the few functions below, what is harmless and known becomes an object without content, and every other name is
refused. The unpickler is Python's in Python, whose memo does not take the memory that a damaged index asks for.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

__all__ = ["Forbidden", "Unpickler", "forbidden_in", "load"]


class Forbidden(Exception):
    """A pickle names something that may not be loaded; the message is that name."""


class Beside:
    """What stands for an object that is kept beside the weights: it takes everything and holds nothing."""

    def __new__(cls, *_: Any, **__: Any) -> Beside:
        """Make one of whatever arguments."""
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        """Keep none of them."""

    def __setitem__(self, key: object, value: object) -> None:
        """Keep no entry."""

    def append(self, _: object) -> None:
        """Keep no entry."""

    def extend(self, _: object) -> None:
        """Keep no entries."""

    def add(self, _: object) -> None:
        """Keep no entry."""


class _Rebuilds:
    """A function of PyTorch's that pickles call to make a tensor; nothing can be set on it, and it is no class."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)


def _dictionary(*arguments: Any) -> dict[Any, Any]:
    """An OrderedDict, a defaultdict or a Counter: its entries come with it, or follow."""
    entries = next((given for given in arguments if isinstance(given, list | dict)), {})
    return dict(entries)


def _tensor(storage: Any, offset: int, size: Sequence[int], stride: Sequence[int], *_: Any) -> Tensor:
    """A view of a storage, which must hold all of it: PyTorch would make the storage longer."""
    if len(size) != len(stride) or any(type(n) is not int or n < 0 for n in (offset, *size, *stride)):
        raise ValueError(f"a tensor of the shape {tuple(size)} with the strides {tuple(stride)}")
    reach = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1 if all(size) else offset
    if reach * storage.dtype.itemsize > storage._untyped_storage.nbytes():
        raise ValueError(f"a tensor of the shape {tuple(size)} reaches beyond what the file holds")
    rebuilt: Tensor = torch._utils._rebuild_tensor(storage, offset, tuple(size), tuple(stride))  # type: ignore[no-untyped-call]
    return rebuilt


def _viewed(storage: Any, offset: int, size: Any, stride: Any, _grad: Any, _hooks: Any, dtype: Any, *_: Any) -> Tensor:
    """A tensor whose dtype its storage has not: one of few bits."""
    return _tensor(storage, offset, size, stride).view(dtype)


def _quantised(storage: Any, offset: int, size: Any, stride: Any, quantiser: Any, *_: Any) -> Tensor:
    _tensor(storage, offset, size, stride)
    rebuilt: Tensor = torch._utils._rebuild_qtensor(storage, offset, size, stride, quantiser, False, {})  # type: ignore[no-untyped-call]
    return rebuilt


def _sparse(*_: Any) -> Tensor:
    """That there is a sparse tensor is told; it is not read."""
    return torch.zeros(1).to_sparse()


def _of_type(function: Callable[..., Any], _type: Any, arguments: tuple[Any, ...], _state: Any) -> Any:
    if not isinstance(function, _Rebuilds):
        raise ValueError("a tensor that is rebuilt by no function")
    return function(*arguments)


def _first(data: Any, *_: Any) -> Any:
    """A parameter is its tensor."""
    return data


def _size(numbers: Sequence[int] = ()) -> tuple[int, ...]:
    return tuple(numbers)


_MADE: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _viewed,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _first,
    "torch._utils._rebuild_qtensor": _quantised,
    "torch._utils._rebuild_sparse_tensor": _sparse,
    "torch._tensor._rebuild_from_type_v2": _of_type,
    "torch.Size": _size,
    "collections.OrderedDict": _dictionary,
    "collections.defaultdict": _dictionary,
    "collections.Counter": _dictionary,
}
"""Functions that stand for those that a pickle of tensors calls."""

_BESIDE = frozenset(
    """
    _codecs.encode argparse.Namespace types.SimpleNamespace collections.deque copyreg._reconstructor
    builtins.bool builtins.bytearray builtins.bytes builtins.complex builtins.dict builtins.float builtins.frozenset
    builtins.int builtins.list builtins.object builtins.range builtins.set builtins.slice builtins.str builtins.tuple
    datetime.date datetime.datetime datetime.time datetime.timedelta datetime.timezone zoneinfo.ZoneInfo._unpickle
    decimal.Decimal fractions.Fraction uuid.UUID uuid.SafeUUID
    numpy.dtype numpy.ndarray numpy.core.multiarray._reconstruct numpy._core.multiarray._reconstruct
    numpy.core.multiarray.scalar numpy._core.multiarray.scalar numpy._core.numeric._frombuffer
    numpy.core.numeric._frombuffer numpy.random._pickle.__randomstate_ctor
    pathlib.Path pathlib.PosixPath pathlib.WindowsPath pathlib.PurePath pathlib.PurePosixPath pathlib.PureWindowsPath
    pathlib._local.Path pathlib._local.PosixPath pathlib._local.WindowsPath pathlib._local.PurePath
    pathlib._local.PurePosixPath pathlib._local.PureWindowsPath
    torch.device torch.Tensor torch._C._TensorBase torch.nn.parameter.Parameter torch.nn.parameter.Buffer
    torch.serialization._get_layout
    lightning.fabric.utilities.data.AttributeDict lightning_fabric.utilities.data.AttributeDict
    pytorch_lightning.utilities.parsing.AttributeDict lightning.pytorch.utilities.parsing.AttributeDict
    """.split()
)
"""Names of what people keep beside weights; each becomes a `Beside`, and is neither imported nor called."""
_RENAMED = {"copy_reg": "copyreg", "__builtin__": "builtins", "torch.tensor": "torch._tensor"}
"""Modules that were called otherwise: protocols 0 to 2 keep to Python's old names."""
_KINDS_OF_NUMPY = ("numpy.dtypes.", "numpy.dtype[")


class Unpickler(pickle._Unpickler):
    """Python's unpickler, which knows the names above and sets no attribute of anything.

    Raises:
        Forbidden: at `load`, the pickle names something else.
    """

    stack: list[Any]
    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(pickle._Unpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        """What stands for a name in the pickle."""
        full = f"{_RENAMED.get(module, module)}.{name}"
        if full in _MADE:
            return _Rebuilds(_MADE[full])
        if full in _BESIDE or full.startswith(_KINDS_OF_NUMPY):
            return Beside
        if full == "torch.storage.UntypedStorage":
            return torch.UntypedStorage
        known = getattr(torch, name, None) if module == "torch" else None
        if isinstance(known, torch.dtype | torch.qscheme | torch.layout):
            return known
        raise Forbidden(
            "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in full)[:80]
        )

    def _load_build(self) -> None:
        """Leave out the state that an object would get: attributes could take the place of methods."""
        self.stack.pop()

    def _load_reduce(self) -> None:
        """Call what stands for a function; nothing else is called."""
        arguments, function = self.stack.pop(), self.stack[-1]
        if function is not Beside and not isinstance(function, _Rebuilds):
            raise pickle.UnpicklingError(f"{type(function).__name__} is called as a function")
        self.stack[-1] = function(*arguments)

    dispatch[pickle.BUILD[0]] = _load_build
    dispatch[pickle.REDUCE[0]] = _load_reduce


class _WithoutStorages(Unpickler):
    """Reads a pickle alone, without the storages that it speaks of."""

    def persistent_load(self, pid: Any) -> Any:
        """What stands for a storage."""
        return Beside()


def load(file: Any, **options: Any) -> Any:
    """Read the next pickle of a file, as `pickle.load` does."""
    return Unpickler(file, **options).load()


def forbidden_in(content: bytes) -> str:
    """What a pickle names that may not be loaded; empty where there is nothing, or it is none."""
    try:
        _WithoutStorages(io.BytesIO(content), encoding="utf-8").load()
    except Forbidden as error:
        return str(error)
    except Exception:  # what is damaged fails in any way that a parser can
        return ""
    return ""
