"""A Ctrl-C that Python drops in a callback stops the work all the same."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import weakref

import pytest

from weightreel.analysis.interrupts import (
    heeding_interrupts,
    heeding_termination,
    interrupts_held_back,
    stop_if_interrupted,
)


class Thing:
    """Something that weak references can point to."""


@pytest.fixture(autouse=True)
def usual_handler() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_an_interrupt_lost_in_a_callback_is_remembered() -> None:
    def interrupted(_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):  # the handler runs between two bytecodes
            pass

    with heeding_interrupts():
        thing = Thing()
        reference = weakref.ref(thing, interrupted)
        del thing  # the callback's KeyboardInterrupt goes nowhere
        assert reference() is None
        with pytest.raises(KeyboardInterrupt):
            stop_if_interrupted()


def test_a_lost_interrupt_prints_nothing_and_other_losses_do(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: dropped.append(found.exc_type))

    def raising(error: type[BaseException]) -> None:
        thing = Thing()

        def callback(_: object) -> None:
            raise error

        reference = weakref.ref(thing, callback)
        del thing
        assert reference() is None

    with heeding_interrupts():
        raising(KeyboardInterrupt)
        raising(ValueError)
    raising(KeyboardInterrupt)  # outside, nobody remembers it
    assert dropped == [ValueError, KeyboardInterrupt]


def test_an_interrupt_is_raised_at_once_and_the_handler_put_back() -> None:
    with pytest.raises(KeyboardInterrupt), heeding_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with heeding_interrupts():
        stop_if_interrupted()  # an older interrupt is forgotten


def test_ignored_interrupts_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGINT, signal.default_int_handler)
        with heeding_interrupts():
            os.kill(os.getpid(), signal.SIGINT)
            stop_if_interrupted()


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_what_is_held_back_comes_at_the_end(number: int, raised: type[BaseException]) -> None:
    done = []
    with heeding_termination(), pytest.raises(raised):
        with interrupts_held_back():
            os.kill(os.getpid(), number)
            done.append(sum(range(1000)))
        done.append(0)
    assert len(done) == 1, "the block was finished, and nothing after it was begun"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_while_held_back_loses_no_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_held_back():
        os.kill(os.getpid(), signal.SIGINT)
        raise OSError


def test_ignored_signals_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts_held_back():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
