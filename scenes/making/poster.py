"""A film's poster: the frame with the most to see."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

POSTER_CANDIDATES = np.linspace(0.35, 0.85, 11)
"""Shares of the film's length at which a frame may become the poster: after the title, before the closing card."""


def write_poster(film: Path, poster: Path) -> float:
    """Write the frame with the most detail, of a few candidates, as PNG.

    Returns:
        The film's length in seconds.
    """
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert container.duration is not None and stream.time_base is not None
        seconds = container.duration / av.time_base
        best, best_detail = None, -1.0
        for share in POSTER_CANDIDATES:
            container.seek(int(share * seconds / stream.time_base), stream=stream)
            frame = next(container.decode(stream))
            if (detail := detail_of(frame)) > best_detail:
                best, best_detail = frame, detail
    assert best is not None
    best.to_image().save(poster)
    return seconds


def detail_of(frame: av.VideoFrame) -> float:
    """How much there is to see: the mean difference of neighbouring pixels."""
    grey = frame.to_ndarray(format="gray").astype(np.float32)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())
