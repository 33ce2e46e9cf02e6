"""A thread that works beside the training on one thing at a time, and cannot take the training with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

LOOK = 0.5
"""Seconds between looks at whether the thread is still there, while something is waited for."""


class Beside(Generic[T]):
    """Works on what it is given in a thread of its own; where that thread is gone another one takes its place.

    Args:
        work: what to do with a thing.
        lost: told of a thing that it raised something at.
    """

    def __init__(self, work: Callable[[T], None], lost: Callable[[T, BaseException], None]) -> None:
        self._work, self._lost = work, lost
        self._given: list[T] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def give(self, thing: T) -> None:
        """Hand a thing over; what was given before is done when this returns."""
        self.wait()
        with self._changed:
            self._given.append(thing)
            self._changed.notify_all()
        self._keep_going()

    def wait(self) -> None:
        """Until what was given is done."""
        while self._given:
            self._keep_going()
            with self._changed:
                self._changed.wait_for(lambda: not self._given, LOOK)

    def close(self) -> None:
        """Finish what was given, and end the thread."""
        self.wait()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _keep_going(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=self._run, name="weightreel", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # the system has no more of them
            self._thread = None
            self._take_one()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._given or self._closed)
                if not self._given:
                    return
            self._take_one()

    def _take_one(self) -> None:
        try:
            self._work(self._given[0])
        except BaseException as error:  # whoever waits must not wait for ever
            self._lost(self._given[0], error)
        finally:
            with self._changed:
                self._given.pop()
                self._changed.notify_all()
