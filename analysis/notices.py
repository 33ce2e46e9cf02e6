"""Single lines to whoever looks at the work."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.console import Console

from weightreel.analysis.plain_text import visible_lines

Tell = Callable[[str], None]
"""Takes a sentence for people."""


def say(what: str) -> None:
    """One line on the standard error stream, without what a terminal would do."""
    Console(stderr=True).print(f"weightreel: {visible_lines(what)}", markup=False, highlight=False, soft_wrap=True)


def tell(what: object) -> None:
    """A line on the standard output, whole even where processes tell side by side; nothing in it is hidden."""
    # A letter that the terminal's encoding lacks is told by its number.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = visible_lines(str(what)).encode(encoding, "backslashreplace").decode(encoding)
    print(f"{text}\n", end="", flush=True)


def unsaid(_: str) -> None:
    """Keep a sentence to oneself: another process says it."""
