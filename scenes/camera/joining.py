"""A film's parts, its sound and its chapters joined in one pass: nothing is encoded twice, and no second copy made."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream

SOUND_CODEC, SOUND_RATE = "aac", 48_000
"""Which every player and browser takes in an MP4."""
FAST_START = {"movflags": "faststart"}
"""A film begins to play while the rest of it is still being loaded: what players need first stands first."""
HEAD = 4096
"""Bytes of a film in which the first of `moov`, which players need first, and `mdat`, the pictures, is named."""
BLOCK = 1024
"""Samples of sound that are encoded at once."""


@dataclass(frozen=True)
class Sound:
    """Sound of one channel.

    Attributes:
        samples: (n,) int16.
        rate: samples a second.
    """

    samples: np.ndarray[Any, Any]
    rate: int


def join(
    parts: Sequence[str], film: Path, chapters: Sequence[dict[str, Any]], comment: str, sound: Sound | None = None
) -> None:
    """Write the parts, videos of one kind, after each other as one film.

    Args:
        parts: files.
        film: what to write.
        chapters: as PyAV takes them.
        comment: in the film's metadata.
        sound: from the film's beginning on.
    """
    listed = film.with_name(f".{film.stem}.parts")
    listed.write_text("".join(_line_of(Path(part), listed) for part in parts), encoding="utf-8")
    try:
        with (
            av.open(str(listed), format="concat", options={"safe": "0"}) as source,
            av.open(str(film), "w", options=FAST_START) as target,
        ):
            video = source.streams.video[0]
            stream = target.add_stream_from_template(video)
            heard = target.add_stream(SOUND_CODEC, rate=SOUND_RATE, layout="mono") if sound else None
            target.metadata["comment"] = comment
            target.set_chapters(list(chapters))
            waiting = _encoded(heard, sound) if heard and sound else iter(())
            next_heard = next(waiting, None)
            for packet in source.demux(video):
                if packet.pts is None:  # the end
                    continue
                # Where a film is played while it is still being loaded, sound must lie beside its pictures.
                while next_heard is not None and _seconds(next_heard) <= _seconds(packet):
                    target.mux(next_heard)
                    next_heard = next(waiting, None)
                packet.dts = None  # of one part after another they may fall; the muxer counts anew
                packet.stream = stream
                target.mux(packet)
            for rest in () if next_heard is None else (next_heard, *waiting):
                target.mux(rest)
    finally:
        listed.unlink()


def start_fast(film: Path) -> None:
    """Let a film begin with what players need first, where another library wrote it at the end."""
    with film.open("rb") as file:
        head = file.read(HEAD)
    pictures, index = head.find(b"mdat"), head.find(b"moov")
    if pictures < 0 or 0 <= index < pictures:
        return
    new = film.with_name(f".{film.name}")
    with av.open(str(film)) as source, av.open(f"file:{new}", "w", options=FAST_START) as target:
        streams = {
            stream: target.add_stream_from_template(stream) for stream in (*source.streams.video, *source.streams.audio)
        }
        for packet in source.demux(*streams):
            if packet.dts is not None:  # else it is the end
                packet.stream = streams[packet.stream]
                target.mux(packet)
    new.replace(film)


def _line_of(part: Path, listed: Path) -> str:
    """A file in libav's list: by its whole path, its quotes apart; beside the list where a line cannot hold that."""
    whole = part.resolve()
    path = whole.as_posix()
    named = f"file:{path}" if "\n" not in path else os.path.relpath(whole, listed.resolve().parent)
    quoted = named.replace("'", r"'\''")
    return f"file '{quoted}'\n"


def _encoded(stream: AudioStream, sound: Sound) -> Iterator[av.Packet]:
    for start in range(0, len(sound.samples), BLOCK):
        frame = av.AudioFrame.from_ndarray(sound.samples[None, start : start + BLOCK], format="s16", layout="mono")
        frame.sample_rate, frame.pts = sound.rate, start
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _seconds(packet: av.Packet) -> float:
    return float((packet.pts or 0) * packet.time_base)
