"""Whether a film flashes: more than three times a second can cause seizures (WCAG 2.2, 2.3.1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError

MOST = 3
"""Flashes in any second."""
LEAST_CHANGE, BRIGHT = 0.1, 0.8
"""Levels of relative luminance: half a flash changes it by so much, and its darker end is below BRIGHT."""
RED_SHARE, LEAST_RED_CHANGE = 0.8, 20.0
"""A saturated red is at least this share of R + G + B; half a red flash changes 320 (R − G − B) by more than this."""
LEAST_AREA = 0.25 * 341 * 256 / (1024 * 768)
"""Share of the screen: a quarter of ten degrees of the field of view. Wherever it lies, that is stricter than WCAG."""
WIDTH, HEIGHT = 128, 72
"""Pixels to which frames are averaged; smaller things are below LEAST_AREA by far."""

Array = NDArray[np.floating]


class _Halves:
    """Counts at each pixel how often a signal has turned round: two halves are a flash.

    Args:
        least: by how much it must change between two turns.
    """

    def __init__(self, least: float) -> None:
        self.least = least
        self.extreme: Array | None = None
        self.direction: NDArray[np.int8]

    def turned(self, signal: Array, counts: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which pixels (H, W) have just changed the other way than before, of those where it counts."""
        if self.extreme is None:
            self.extreme = signal.copy()
            self.direction = np.zeros(signal.shape, np.int8)
            return np.zeros(signal.shape, bool)
        change = signal - self.extreme
        onwards = (change * self.direction) > 0
        turned = (np.abs(change) >= self.least) & ~onwards & counts
        self.direction[turned] = np.sign(change[turned])
        # An extreme follows the signal while it goes on in its direction; before the first turn it stays.
        moved = onwards | turned
        self.extreme[moved] = signal[moved]
        return turned


def flashing(frames: Iterable[Array], fps: float) -> list[float]:
    """Seconds at which more than MOST flashes end within one second, over at least LEAST_AREA of the screen.

    Args:
        frames: linear RGB in [0, 1], (H, W, 3) each.
        fps: frames a second.
    """
    general, red = _Halves(LEAST_CHANGE), _Halves(LEAST_RED_CHANGE)
    window: deque[tuple[NDArray[np.bool_], NDArray[np.bool_]]] = deque(maxlen=max(round(fps), 1))
    counts: NDArray[np.int64] | None = None
    was_saturated: NDArray[np.bool_] | bool = False
    found: list[float] = []
    for number, linear in enumerate(frames):
        luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
        total = linear.sum(2)
        saturated = (linear[..., 0] >= RED_SHARE * total) & (total > 0)
        darker = luminance if general.extreme is None else np.minimum(luminance, general.extreme)
        redness = 320 * np.maximum(2 * linear[..., 0] - total, 0)
        turns = general.turned(luminance, darker < BRIGHT), red.turned(redness, saturated | was_saturated)
        was_saturated = saturated
        if counts is None:
            counts = np.zeros((2, *luminance.shape), np.int64)
        if len(window) == window.maxlen:
            counts -= np.stack(window[0])
        window.append(turns)
        counts += np.stack(turns)
        if ((counts > 2 * MOST).mean((1, 2)) >= LEAST_AREA).any():
            found.append(number / fps)
    return found


def frames_of(film: Path) -> Iterator[Array]:
    """A film's frames in linear RGB, (HEIGHT, WIDTH, 3)."""
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            encoded = frame.to_ndarray(format="rgb24", width=WIDTH, height=HEIGHT, interpolation="AREA") / 255
            yield np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def flashes_of(film: Path) -> list[float]:
    """Seconds at which a film flashes more than three times in one.

    Raises:
        WeightreelError: it is not a film.
    """
    try:
        with av.open(str(film)) as container:
            rate = container.streams.video[0].average_rate
        assert rate is not None
        return flashing(frames_of(film), float(rate))
    except (OSError, av.FFmpegError, IndexError) as error:
        raise WeightreelError(f"{film} is not a film ({error}); name an .mp4 that `make` rendered.") from error
