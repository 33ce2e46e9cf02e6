"""Layers: the one table of their kinds, and what a layer is wherever it is read, measured or stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from weightreel.analysis.segments import segment_of


@dataclass(frozen=True)
class Kind:
    """A kind of layer.

    Attributes:
        name: as stores have it.
        classes: names of PyTorch's classes that are of this kind; what is derived from one is too.
        dimensions: of its weight.
        matrix: whether it multiplies by its weights: `parameters/` counts these kinds together.
        spectrum: whether its weight has a spectrum, as in WeightWatcher; an embedding's table is a matrix too.
        named: what tells it, by the module's name, from other kinds of as many dimensions, where there is only a name.
        elsewhere: a part of the names of such classes in other libraries.
    """

    name: str
    classes: tuple[str, ...]
    dimensions: int
    matrix: bool = False
    spectrum: bool = False
    named: re.Pattern[str] | None = None
    elsewhere: str = ""


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_TRANSPOSED = _pattern("transpose|deconv|upconv")
_TABLE_NAME = _pattern(r"(^|[._])(emb|embed|embedding|wte|wpe|tok|token|shared)s?([_\d][^.]*)?$")

TABLE = (
    *(Kind(f"convtranspose{n}d", (f"ConvTranspose{n}d",), n + 2, True, True, _TRANSPOSED) for n in (1, 2, 3)),
    *(Kind(f"conv{n}d", (f"Conv{n}d",), n + 2, True, True) for n in (1, 2, 3)),
    Kind("embedding", ("Embedding", "EmbeddingBag"), 2, spectrum=True, named=_TABLE_NAME),
    Kind("linear", ("Linear",), 2, True, True),
    Kind("batchnorm", ("_BatchNorm",), 1, named=_pattern("(?!)")),  # told by its running mean
    Kind("instancenorm", ("_InstanceNorm",), 1, named=_pattern(r"instance_?norm|(^|[._])in\d+$")),
    Kind("groupnorm", ("GroupNorm",), 1, named=_pattern(r"group_?norm|(^|[._])gn\d*$")),
    Kind("rmsnorm", ("RMSNorm",), 1, named=_pattern("rms"), elsewhere="RMSNorm"),
    Kind("layernorm", ("LayerNorm",), 1, elsewhere="LayerNorm"),
)
"""Every kind. Of those with as many dimensions, the one without `named` is what a layer is whose name tells nothing."""

KINDS = tuple(kind.name for kind in TABLE)
MATRIX_KINDS = tuple(kind.name for kind in TABLE if kind.matrix)
SPECTRUM_KINDS = tuple(kind.name for kind in TABLE if kind.spectrum)

_NO_NORM = _pattern(r"(^|[._])(p?relu|act|activation)\d*$")


@dataclass(frozen=True)
class LayerInfo:
    """A layer as the store describes it; layer_id is WeightWatcher's where the network's modules are known."""

    name: str
    layer_id: int
    kind: str
    shape: tuple[int, ...]
    feature_map: tuple[int, int] | None = None
    """Rows and columns of a two-dimensional convolution's input, where its norm on it can be measured: stride 1."""
    zero_padded: bool = False
    """Whether that convolution pads its input with zeros so that its output has as many rows and columns."""
    batchnorm: str = ""
    """The BatchNorm that takes what this layer gives, as it is."""
    batchnorm_eps: float = 0.0
    tied: str = ""
    """The layer that holds the same weight, and where it is measured."""

    @property
    def path(self) -> str:
        """Where it stands below its run; its name may hold anything."""
        return f"layers/{segment_of(self.name)}"

    @property
    def has_spectrum(self) -> bool:
        """Whether its weight is a matrix, or several, whose spectrum is measured here."""
        return self.kind in SPECTRUM_KINDS and not self.tied


def kind_of_class(classes: Iterable[type]) -> str:
    """The kind of a module by its class and those that it is derived from, nearest first; empty where it has none."""
    names = [(cls.__name__, cls.__module__.startswith("torch.nn.")) for cls in classes]
    for name, of_torch in names:
        found = next((kind.name for kind in TABLE if of_torch and name in kind.classes), "")
        if found:
            return found
    own = names[0][0] if names else ""
    return next((kind.name for kind in TABLE if kind.elsewhere and kind.elsewhere in own), "")


def kind_of_name(name: str, shape: tuple[int, ...], *, running: bool = False) -> tuple[str, str]:
    """A layer's kind where only tensors are known, or why it has none.

    Args:
        name: of the module, without `.weight`.
        shape: of its weight.
        running: whether the module keeps a running mean.
    """
    if len(shape) == 1 and running:
        return "batchnorm", ""
    if len(shape) == 1 and _NO_NORM.search(name):
        return "", "a weight of one dimension that belongs to no normalisation"
    kinds = [kind for kind in TABLE if kind.dimensions == len(shape)]
    if not kinds:
        return "", f"no layer that is known has a weight of {len(shape)} dimensions"
    named = next((kind for kind in kinds if kind.named and kind.named.search(name)), None)
    return (named or next(kind for kind in kinds if kind.named is None)).name, ""
