"""Settings that films take from the environment, and how they refuse bad input."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from weightreel.analysis.errors import NothingToShow, WeightreelError

PASSED_OVER = 4
"""Exit code of a film that was asked for with others, and for which the store holds nothing."""


def setting(name: str, default: str, allowed: tuple[str, ...] = ()) -> str:
    """The environment variable `name`, or `default` where it is unset or empty.

    Raises:
        WeightreelError: the value is not one of `allowed` (of none, every value is).
    """
    value = os.environ.get(name) or default
    if allowed and value not in allowed:
        raise WeightreelError(f"{name}={value} is not known; set it to one of: {', '.join(allowed)}.")
    return value


def leave(error: WeightreelError) -> NoReturn:
    """Print the one sentence and leave with exit code 2; Manim would turn the exception into a traceback.

    Where WEIGHTREEL_IF_POSSIBLE=1, a store that has nothing for a film is told by PASSED_OVER.
    """
    lacks = isinstance(error, NothingToShow)
    layers = os.environ.get("WEIGHTREEL_LAYERS")
    print(f"{error} Only its layers {layers} are shown." if lacks and layers else error, file=sys.stderr)
    passed_over = lacks and os.environ.get("WEIGHTREEL_IF_POSSIBLE") == "1"
    raise SystemExit(PASSED_OVER if passed_over else 2)
