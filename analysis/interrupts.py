"""Ctrl-C that does not get lost.

Python drops a KeyboardInterrupt that is raised in the callback of a weak reference, and h5py makes many of those: while
a store is written, one Ctrl-C in a few would do nothing but print a traceback. So it is also remembered, long work asks
for it, and nothing is printed.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType

_heard = False


@contextlib.contextmanager
def heeding_interrupts() -> Iterator[None]:
    """Remember a Ctrl-C in this block, besides raising KeyboardInterrupt; where they are ignored, they stay so."""
    global _heard
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return
    _heard = False
    print_dropped = sys.unraisablehook

    def keep_quiet(dropped: sys.UnraisableHookArgs) -> None:
        if dropped.exc_type is not KeyboardInterrupt:
            print_dropped(dropped)

    signal.signal(signal.SIGINT, _hear)
    sys.unraisablehook = keep_quiet
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = print_dropped


@contextlib.contextmanager
def heeding_termination() -> Iterator[None]:
    """Leave this block through its clean-up where `make` ends its children, with the exit code that shells expect."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def stop_if_interrupted() -> None:
    """Raise KeyboardInterrupt if a Ctrl-C was heard and got lost on its way."""
    if _heard:
        raise KeyboardInterrupt


def _hear(_number: int, _frame: FrameType | None) -> None:
    global _heard
    _heard = True
    raise KeyboardInterrupt
