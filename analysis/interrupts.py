"""Ctrl-C that does not get lost.

Python drops a KeyboardInterrupt that is raised in the callback of a weak reference, and h5py makes many of those: while
a store is written, one Ctrl-C in a few would do nothing but print a traceback. So it is also remembered, long work asks
for it, and nothing is printed.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
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


@contextlib.contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Let Ctrl-C and a termination wait for the end of this block, and then take their way.

    For the moment between starting a process and knowing it: interrupted there, nobody would end it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals come to the main thread
        return
    waiting: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: waiting.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
        if callable(signal.getsignal(number))  # what is ignored, or ends the program at once, stays so
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for heard in waiting:
            signal.raise_signal(heard)


def stop_if_interrupted() -> None:
    """Raise KeyboardInterrupt if a Ctrl-C was heard and got lost on its way."""
    if _heard:
        raise KeyboardInterrupt


def _hear(_number: int, _frame: FrameType | None) -> None:
    global _heard
    _heard = True
    raise KeyboardInterrupt
