"""Rendered films as parts of the page: linked, not held, with their subtitles and chapters inside."""

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
from weightreel.analysis.findings.words.lecture import LECTURE

BEST_FIRST = ("h", "m", "l", "k", "t")
"""Qualities in the order in which the page takes them: full HD before what a phone would load slowly."""
FIRST = ("trailer",)
"""Before those of the lecture."""
TITLES = {"weight_bias": "Weights, biases and phases", "esd": "Eigenvalues and alpha", "adversarial": "Noise"}
"""Where a film's name says too little."""


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
        return TITLES.get(self.name, self.name.replace("_", " ").capitalize())

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
        Cue(cue.start.total_seconds(), cue.end.total_seconds(), " ".join(cue.content.split())) for cue in found
    )


def as_vtt(cues: Sequence[Cue]) -> str:
    """WebVTT; what would be markup there is escaped."""
    blocks = [f"{_clock(c.start)} --> {_clock(c.end)}\n{escape(c.words, quote=False)}" for c in cues]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def find_films(folder: Path, store: str, quality: str = "") -> list[FilmFiles]:
    """Films of a store that lie rendered, in the order of the lecture.

    Args:
        folder: with STORE/QUALITY/FILM.mp4 below.
        store: the store's name without its ending.
        quality: which; empty means for each film the first of BEST_FIRST that is there.
    """
    found: dict[str, FilmFiles] = {}
    for place in [quality] if quality else BEST_FIRST:
        for video in sorted((folder / store / place).glob("*.mp4")):
            if not video.name.startswith(".") and video.stem not in found:
                found[video.stem] = FilmFiles(video.stem, video, read_cues(video.with_suffix(".srt")))
    order = [*FIRST, *LECTURE]
    return sorted(found.values(), key=lambda film: order.index(film.name) if film.name in order else len(order))


def films_html(films: Sequence[FilmFiles], page: Path) -> str:
    """Every film with its poster, subtitles and chapters; links are relative to the folder of `page`."""
    shown = "\n".join(_film_html(film, page.resolve().parent) for film in films)
    return (
        "<p>The same store as films, with subtitles. A click on a chapter goes there.</p>"
        f'<div class="films">{shown}</div>'
    )


def _film_html(film: FilmFiles, beside: Path) -> str:
    poster = f' poster="{_link(film.poster, beside)}"' if film.poster.is_file() else ""
    track = chapters = ""
    if film.cues:
        encoded = base64.b64encode(as_vtt(film.cues).encode()).decode()
        track = f'<track kind="subtitles" srclang="en" label="English" default src="data:text/vtt;base64,{encoded}">'
        items = "".join(
            f'<li><button type="button" data-seek="{c.start:.3f}"><time>{_short(c.start)}</time> {escape(c.words)}'
            "</button></li>"
            for c in film.cues
        )
        chapters = f"<details><summary>Chapters of “{escape(film.title)}”</summary><ol>{items}</ol></details>"
    name = escape(film.title)
    return (
        f'<article class="film"><h3>{name}</h3>'
        f'<video controls preload="none" playsinline aria-label="Film: {name}"{poster} '
        f'src="{_link(film.video, beside)}">{track}</video>'
        '<p class="gone" hidden>The film does not lie where it was when this page was made; keep the page beside '
        "its films, or make it again.</p>"
        f"{chapters}</article>"
    )


def _link(path: Path, beside: Path) -> str:
    return quote(Path(os.path.relpath(path.resolve(), beside)).as_posix())


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(1000 * seconds), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{thousandths:03d}"


def _short(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
