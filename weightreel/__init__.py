"""Weightreel: films of how a neural network learns, and how it breaks.

`Recorder` watches a training, `Store` reads what was measured, and every refusal is a `WeightreelError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weightreel.analysis.errors import WeightreelError
    from weightreel.analysis.recording.recorder import Recorder
    from weightreel.analysis.store.reader import Store

__all__ = ["Recorder", "Store", "WeightreelError"]

PLACES = {
    "Recorder": "weightreel.analysis.recording.recorder",
    "Store": "weightreel.analysis.store.reader",
    "WeightreelError": "weightreel.analysis.errors",
}


def __getattr__(name: str) -> Any:
    """Names are imported when they are asked for: a `Recorder` needs torch, which readers of stores do without."""
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(PLACES[name]), name)
