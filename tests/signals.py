"""Signals for processes under test."""

from __future__ import annotations

import signal


def heed_interrupts() -> None:
    """For `preexec_fn`: hear Ctrl-C even where the tests run in the background, whose children inherit deaf ears."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
