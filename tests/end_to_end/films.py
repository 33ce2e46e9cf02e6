"""What every film must be: it decodes, shows something, and has its length, size, rate and subtitles."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import srt
from PIL import Image

from weightreel.scenes.making.orders import QUALITIES
from weightreel.scenes.viewing.flashes import MOST as MOST_FLASHES
from weightreel.scenes.viewing.flashes import flashes_of

ROOT = Path(__file__).resolve().parents[2]
SHORTEST = 20.0
TOLD_ANEW = ("adversarial", "biases", "esd", "noise", "perturbation", "weight_bias", "weights")
LONGEST = dict.fromkeys(TOLD_ANEW, 75.0) | {"trailer": 50.0}
LONGEST_OF_OTHERS = 80.0
"""Seconds: a beat lasts as long as its caption takes to read."""
LIT = 96
"""Grey level, of 255, that text and curves surpass and the background (about 17) does not."""
MOST_UNLIT = 0.1
"""Share of frames that may show nothing: the first, and cuts between chapters."""
LONGEST_SILENCE = 1.0
"""Seconds without a caption: at the beginning, between captions and at the end."""


def render(
    film: str, store: Path, out: Path, quality: str = "t", *more: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Render a film as `make` does."""
    command = [sys.executable, "-m", "weightreel", "film", store, "--films", film, "--quality", quality, "--out", out]
    command += more
    clean = {key: value for key, value in os.environ.items() if not key.startswith("WEIGHTREEL_")}
    return subprocess.run(
        list(map(str, command)), cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=False
    )


def check_film(folder: Path, name: str, quality: str) -> None:
    """Assert that FOLDER/NAME.{mp4,srt,png} are a film of that quality."""
    size = QUALITIES[quality]
    unlit = frames = 0
    with av.open(str(folder / f"{name}.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (size.width, size.height)
        # Joining a film's parts rounds their ends to the container's clock.
        assert abs(float(stream.average_rate) / size.fps - 1) < 1e-4
        for frame in container.decode(stream):
            grey = frame.to_ndarray(format="gray")
            frames += 1
            unlit += np.percentile(grey, 99.9) < LIT
    seconds = frames / size.fps
    assert SHORTEST <= seconds <= LONGEST.get(name, LONGEST_OF_OTHERS), f"{name} is {seconds:.1f} s long"
    assert unlit <= MOST_UNLIT * frames, f"{unlit} of {frames} frames of {name} show nothing"
    check_subtitles((folder / f"{name}.srt").read_text(encoding="utf-8"), seconds)
    if size.fps > 2 * MOST_FLASHES:  # else no film can
        assert flashes_of(folder / f"{name}.mp4") == [], f"{name} flashes more than {MOST_FLASHES} times a second"

    poster = Image.open(folder / f"{name}.png").convert("L")
    assert poster.size == (size.width, size.height)
    assert np.percentile(np.asarray(poster), 99.5) >= LIT, f"the poster of {name} shows nothing"


def check_subtitles(text: str, seconds: float) -> None:
    """Assert that captions follow each other without overlap or long gaps from the beginning to the end."""
    captions = list(srt.parse(text))
    assert captions
    assert all(caption.content.strip() for caption in captions)
    end = 0.0
    for caption in captions:
        start = caption.start.total_seconds()
        assert start >= end - 1e-3, f"{caption.content!r} begins before the caption before it ends"
        assert start - end <= LONGEST_SILENCE, f"{start - end:.1f} s without a caption before {caption.content!r}"
        end = caption.end.total_seconds()
        assert end > start
    assert abs(seconds - end) <= LONGEST_SILENCE, f"the captions end at {end:.1f} s of {seconds:.1f} s"
