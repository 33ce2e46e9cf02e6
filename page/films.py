"""Rendered films as the page shows them: linked, not held, with their subtitles and chapters inside."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

import srt  # type: ignore[import-untyped]

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import behind_links
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.lecture import LECTURE, title_of_chapter
from weightreel.analysis.plain_text import of_subtitle

BEST_FIRST = ("h", "m", "l", "k", "t")
"""Qualities in the order in which the page takes them: full HD before what a phone would load slowly."""
FIRST = ("trailer",)
"""Before those of the lecture."""
TITLES = {
    "weight_bias": noted("Weights, biases and phases"),
    "esd": noted("Eigenvalues and alpha"),
    "adversarial": noted("Noise"),
    "noise": noted("Noise, counted"),
}
"""Titles of films whose title as a chapter says too little here."""


@dataclass(frozen=True)
class Cue:
    """One subtitle, which is one chapter of a film: seconds, and what it says."""

    start: float
    end: float
    words: str


@dataclass(frozen=True)
class FilmFiles:
    """A film that was rendered."""

    name: str
    video: Path
    cues: tuple[Cue, ...]

    @property
    def title(self) -> str:
        """Its name for people."""
        return phrase(TITLES[self.name]) if self.name in TITLES else title_of_chapter(self.name)

    @property
    def poster(self) -> Path:
        """Its still, which may be missing."""
        return self.video.with_suffix(".png")


def read_cues(path: Path) -> tuple[Cue, ...]:
    """Subtitles of an .srt file, none where it is missing.

    Raises:
        WeightreelError: it holds something else.
    """
    if not path.is_file():
        return ()
    try:
        found = list(srt.parse(path.read_text(encoding="utf-8")))
    except srt.SRTParseError as error:
        raise WeightreelError(f"{path} holds no subtitles ({error}); render its film again with `make`.") from error
    return tuple(
        Cue(cue.start.total_seconds(), cue.end.total_seconds(), " ".join(of_subtitle(cue.content).split()))
        for cue in found
    )


def as_vtt(cues: Sequence[Cue]) -> str:
    """WebVTT; what would be markup there is escaped."""
    blocks = [f"{_clock(c.start)} --> {_clock(c.end)}\n{escape(c.words, quote=False)}" for c in cues]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def find_films(place: Path, quality: str = "", ending: str = "", told: Sequence[str] = ()) -> list[FilmFiles]:
    """Films of a store that lie rendered, in the order of the lecture, those of somebody's own behind them.

    Args:
        place: the store's folder, with QUALITY/FILM.mp4 below.
        quality: which; empty means for each film the first of BEST_FIRST that is there.
        ending: of the folder's name, as `variant` gives it of the settings.
        told: names of the films that are wanted, in their order; none means all.
    """
    found: dict[str, FilmFiles] = {}
    for folder in [quality] if quality else BEST_FIRST:
        for video in sorted((place / f"{folder}{ending}").glob("*.mp4")):
            if not video.name.startswith(".") and video.stem not in found:
                found[video.stem] = FilmFiles(video.stem, video, read_cues(video.with_suffix(".srt")))
    order = told or [*FIRST, *LECTURE]
    wanted = [film for film in found.values() if not told or film.name in told]
    return sorted(wanted, key=lambda film: order.index(film.name) if film.name in order else len(order))


@dataclass(frozen=True)
class Chapter:
    """Where one begins, in seconds and as people write it, and what its subtitle says."""

    start: float
    time: str
    words: str


@dataclass(frozen=True)
class Shown:
    """A film as the page's template takes it; addresses are relative to the page's folder, empty where nothing is."""

    title: str
    video: str
    poster: str
    subtitles: str
    chapters: tuple[Chapter, ...]


def shown(film: FilmFiles, page: Path) -> Shown:
    """What the page at `page` shows of a film."""
    beside = behind_links(page).parent
    encoded = base64.b64encode(as_vtt(film.cues).encode()).decode()
    return Shown(
        film.title,
        _link(film.video, beside),
        _link(film.poster, beside) if film.poster.is_file() else "",
        f"data:text/vtt;base64,{encoded}" if film.cues else "",
        tuple(Chapter(cue.start, _short(cue.start), cue.words) for cue in film.cues),
    )


def _link(path: Path, beside: Path) -> str:
    return quote(Path(os.path.relpath(behind_links(path), beside)).as_posix())


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(1000 * seconds), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{thousandths:03d}"


def _short(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
