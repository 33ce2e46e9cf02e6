"""Train or watch a PyTorch network and write what it measures, epoch by epoch, to one HDF5 store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.errors import WeightreelError

if TYPE_CHECKING:
    from analysis.watch import Recorder

__all__ = ["Recorder", "WeightreelError"]


def __getattr__(name: str) -> Any:
    """`Recorder` is imported when it is asked for: it needs torch, which what only reads stores does without."""
    if name == "Recorder":
        from analysis.watch import Recorder

        return Recorder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
