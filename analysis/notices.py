"""Single lines to whoever looks at the work."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console

Tell = Callable[[str], None]
"""Takes a sentence for people."""


def say(what: str) -> None:
    """One line on the standard error stream."""
    Console(stderr=True).print(f"weightreel: {what}", markup=False, highlight=False, soft_wrap=True)


def unsaid(_: str) -> None:
    """Keep a sentence to oneself: another process says it."""
