"""Tensors of a checkpoint by name: what they are without reading them, and each as float32 when it is asked for."""

from __future__ import annotations

import math
import mmap
import tarfile
import warnings
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import refuse_irregular
from weightreel.analysis.networks.checkpoints import archives, pickles
from weightreel.analysis.networks.checkpoints.archives import can_be_a_layers, legible
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.layers import FLOATS, Header
from weightreel.analysis.networks.live import dtype_of

Array = NDArray[np.float32]

_HOLDS = ("state_dict", "model_state_dict", "model", "module", "network", "net", "params", "weights")
"""Under which names programs keep a network's tensors in a dictionary of more; the first that fits is taken."""
_OTHERS = ("optim", "scheduler", "scaler", "callback", "loops", "hyper", "rng", "ema")
"""Beginnings of names under which they keep what is not the network."""


class Source(ABC):
    """Tensors by name.

    Attributes:
        headers: by the names in the file.
    """

    headers: dict[str, Header]

    @abstractmethod
    def read(self, name: str) -> Array:
        """A tensor as float32, any shape."""


class _File(Source):
    """One file of tensors."""

    path: Path

    def read(self, name: str) -> Array:
        """A tensor as float32, any shape.

        Raises:
            WeightreelError: the file is damaged where the tensor lies, or gone.
        """
        try:
            return self._array(name)
        except Exception as error:  # what is damaged fails in any way that a parser can
            raise WeightreelError(
                f"{name} in {self.path} cannot be read ({type(error).__name__}: {_first_line(error)}); copy the file "
                "again, or leave it out."
            ) from error

    @abstractmethod
    def _array(self, name: str) -> Array: ...


def open_checkpoint(checkpoint: Checkpoint) -> tuple[dict[str, Header], dict[str, Source]]:
    """Headers and sources of a checkpoint's tensors, by name.

    Raises:
        WeightreelError: a file cannot be read, is damaged, holds no tensors by name, or holds more than tensors.
    """
    headers: dict[str, Header] = {}
    sources: dict[str, Source] = {}
    for path in checkpoint.files:
        source = _open(path)
        for name, header in source.headers.items():
            known = header if can_be_a_layers(name) else Header(header.shape, "misnamed", header.owner)
            headers[name if known is header else legible(name)] = known
        sources |= dict.fromkeys(source.headers, source)
    if not headers:
        raise WeightreelError(f"{checkpoint.files[0]} holds no tensors by name; save the network's state_dict().")
    return headers, sources


def _open(path: Path) -> Source:
    refuse_irregular(path, "the checkpoint", "leave it out")
    try:
        if path.suffix == ".safetensors":
            return _SafeTensors(path)
        if path.suffix == ".npz":
            return _Npz(path)
        return _Torch(path)
    except WeightreelError:
        raise
    except pickles.Forbidden as error:
        raise WeightreelError(
            f"{path} holds something else than tensors ({error}): loading it could run code, so that it was not "
            "loaded; where you trust who made it, save its tensors as .safetensors and import that."
        ) from error
    except Exception as error:  # what is damaged fails in any way that a parser can
        raise WeightreelError(
            f"{path} cannot be read ({type(error).__name__}: {_first_line(error)}); copy it again, or leave it out."
        ) from error


def _first_line(error: Exception) -> str:
    return legible((str(error).strip().splitlines() or ["no more is known"])[0][:200])


class _Npz(_File):
    """NumPy's archive: each array is read when it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.headers = {}
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            archives.refuse_bomb(path, members)
            for member in members:
                with archive.open(member) as file:
                    version = np.lib.format.read_magic(file)
                    if version == (1, 0):
                        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                    elif version in ((2, 0), (3, 0)):  # they differ in the letters that names of fields may have
                        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
                    else:
                        raise ValueError(f"{member.filename} is of NumPy's format {version[0]}.{version[1]}")
                    begin = file.tell()
                if not dtype.hasobject and math.prod(shape) * dtype.itemsize != member.file_size - begin:
                    raise ValueError(f"{member.filename} does not hold as many entries as its shape {shape} has")
                self.headers[member.filename.removesuffix(".npy")] = Header(tuple(shape), str(dtype.newbyteorder("=")))

    def _array(self, name: str) -> Array:
        with np.load(self.path, allow_pickle=False) as file:
            return np.asarray(file[name], np.float32)


_KEPT = 2**24
"""Bytes of a tensor that may stay mapped after it was copied."""


class _Mapped(_File):
    """A file that the system maps into memory.

    Pages that were read count as the process's memory until the file is closed, so that it is opened anew once as many
    bytes were read as its largest tensor has.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: Any = None
        self._read, self._most = 0, 0

    def _array(self, name: str) -> Array:
        header = self.headers[name]
        size = int(np.prod(header.shape)) * FLOATS[header.dtype]
        if self._opened is None or self._read + size > self._most:
            self._opened, self._read = None, 0
            self._opened = self._open()
        self._read += size
        found = _as_array(self._tensor(name))
        if header.dtype != "float32" and size > _KEPT:  # a copy was made
            self._opened, self._read = None, 0
        return found

    def _set_headers(self, headers: dict[str, Header]) -> None:
        self.headers = headers
        self._most = max((int(np.prod(h.shape)) * FLOATS.get(h.dtype, 0) for h in headers.values()), default=0)

    @abstractmethod
    def _open(self) -> Any: ...

    @abstractmethod
    def _tensor(self, name: str) -> Tensor: ...


class _SafeTensors(_Mapped):
    """The format of the package safetensors, which holds nothing but tensors."""

    _DTYPES: ClassVar = {
        "F64": "float64",
        "F32": "float32",
        "F16": "float16",
        "BF16": "bfloat16",
        "I64": "int64",
        "I32": "int32",
    }

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            from safetensors import SafetensorError
        except ModuleNotFoundError as error:
            raise WeightreelError(f"{path} needs the package safetensors: pip install 'weightreel[import]'.") from error
        try:
            file = self._open()
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ValueError(str(error)) from error
        self._set_headers(
            {
                name: Header(tuple(part.get_shape()), self._DTYPES.get(part.get_dtype(), part.get_dtype().lower()))
                for name, part in slices.items()
            }
        )

    def _open(self) -> Any:
        from safetensors import safe_open

        return safe_open(self.path, framework="pt", device="cpu")

    def _tensor(self, name: str) -> Tensor:
        return self._opened.get_tensor(name)  # type: ignore[no-any-return]


class _Torch(_Mapped):
    """What `torch.save` wrote; files of before PyTorch 1.6, and compressed ones, are not mapped but read whole."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._can_be_mapped = False
        if zipfile.is_zipfile(path):
            self._can_be_mapped = archives.is_as_saved(path)
        elif tarfile.is_tarfile(path):
            archives.refuse_tar(path)
        tensors = self._open()
        owners: dict[tuple[Any, ...], str] = {}
        headers = {}
        for name, tensor in tensors.items():
            dtype = dtype_of(tensor)
            owner = name
            if dtype in FLOATS and tensor.numel():
                if tensor.numel() * tensor.itemsize > max(tensor.untyped_storage().nbytes(), archives.MOST_UNPACKED):
                    raise ValueError(f"{name} declares {tensor.numel():,} entries, which the file does not hold")
                owner = owners.setdefault((tensor.data_ptr(), tensor.shape, tensor.stride(), dtype), name)
            headers[name] = Header(tuple(tensor.shape), dtype, "" if owner == name else owner)
        self._set_headers(headers)

    def _open(self) -> dict[str, Tensor]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # `pickles` runs nothing that is named in the file: stricter than weights_only, and for all protocols.
            loaded = torch.load(
                self.path, map_location="cpu", weights_only=False, pickle_module=pickles, mmap=self._can_be_mapped
            )
        return tensors_of(loaded)

    def _tensor(self, name: str) -> Tensor:
        return self._opened[name]  # type: ignore[no-any-return]


def tensors_of(loaded: Any) -> dict[str, Tensor]:
    """The network's tensors by name in what `torch.load` gave: a state_dict, or dictionaries that hold one.

    Several networks in one dictionary (a generator and a discriminator) are taken together, under their names.
    """
    if not isinstance(loaded, Mapping):
        return {}
    own = {str(key): value for key, value in loaded.items() if isinstance(value, Tensor)}
    for key in _HOLDS:
        if isinstance(loaded.get(key), Mapping) and (found := tensors_of(loaded[key])):
            return found
    if own:
        return own
    parts = {
        str(key): found
        for key, value in loaded.items()
        if not str(key).lower().startswith(_OTHERS) and (found := tensors_of(value))
    }
    if len(parts) == 1:
        return next(iter(parts.values()))
    return {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}


def _as_array(tensor: Tensor) -> Array:
    """float32 without a copy where it is that already, else in pages that go back to the system with the array."""
    tensor = tensor.detach()
    if tensor.dtype == torch.float32:
        return tensor.numpy()
    pages = mmap.mmap(-1, max(1, 4 * tensor.numel()))
    found = np.frombuffer(pages, np.float32, tensor.numel()).reshape(tensor.shape)
    torch.from_numpy(found).copy_(tensor)
    return found
