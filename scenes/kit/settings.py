"""How a film refuses bad input: one sentence, and an exit code instead of a traceback."""

from __future__ import annotations

import sys
from typing import NoReturn

from weightreel.analysis.errors import NothingToShow, WeightreelError
from weightreel.analysis.settings import Settings

PASSED_OVER = 4
"""Exit code of a film that was asked for with others, and for which the store holds nothing."""


def leave(error: WeightreelError, settings: Settings) -> NoReturn:
    """Print the one sentence and leave with exit code 2; Manim would turn the exception into a traceback.

    Where the settings say that films are made if possible, a store that has nothing for a film is told by PASSED_OVER.
    """
    print(error, file=sys.stderr)
    raise SystemExit(PASSED_OVER if isinstance(error, NothingToShow) and settings.if_possible else 2)
