"""How time runs in a film: evenly, or logarithmically where records are, as those of a training's first steps."""

from __future__ import annotations

import numpy as np

from weightreel.analysis.findings.time import is_logarithmic


class TimeScale:
    """Where a record stands on the way from the first to the last.

    Args:
        epochs: the clock's values at the records, ascending, (E,).
    """

    def __init__(self, epochs: np.ndarray) -> None:
        self.first, self.last = float(epochs[0]), float(epochs[-1])
        self.logarithmic = is_logarithmic(epochs)

    def share(self, t: np.ndarray | float) -> np.ndarray:
        """Share of the way at times `t`, 0 at the first and 1 at the last record; any shape."""
        passed = np.asarray(t, float) - self.first
        whole = max(self.last - self.first, 1e-9)
        if self.logarithmic:
            return np.log1p(np.maximum(passed, 0)) / np.log1p(whole)
        return passed / whole

    def time(self, share: float) -> float:
        """The time at a share of the way."""
        whole = self.last - self.first
        return self.first + float(np.expm1(share * np.log1p(whole)) if self.logarithmic else share * whole)
