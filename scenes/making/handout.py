"""The handout of a deck: a page a slide, with its last picture and the speaker's notes."""

from __future__ import annotations

import json
import tempfile
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import typst
from PIL import Image

from weightreel.analysis.findings.words.language import language
from weightreel.scenes.kit.fonts import SERIF, face

PICTURE_WIDTH, PICTURE_QUALITY = 1280, 85
"""Pixels and JPEG quality of a picture: sharp on paper, and a page stays below 100 kB."""

TEMPLATE = """
#let deck = json("deck.json")
#set document(title: deck.title)
#set page(
  paper: "a4", margin: (x: 18mm, y: 16mm),
  footer: context [#text(9pt, luma(35%))[#deck.title #h(1fr) #counter(page).display("1 / 1", both: true)]],
)
#set text(font: deck.fonts, lang: deck.language, size: 12pt)
#set par(leading: 0.7em)
#for (i, slide) in deck.slides.enumerate() {
  if i > 0 { pagebreak() }
  heading(level: 1, slide.film)
  image(slide.picture, width: 100%, alt: slide.notes)
  v(4mm)
  slide.notes
}
"""


@dataclass(frozen=True)
class Page:
    """A slide on paper.

    Attributes:
        film: the name of the film that it is from.
        picture: what it ends on.
        notes: the speaker's.
    """

    film: str
    picture: Image.Image
    notes: str


def last_picture(video: Path) -> Image.Image:
    """The last frame of a video."""
    with av.open(str(video)) as container:
        (last,) = deque(container.decode(video=0), maxlen=1)
    return last.to_image()


def write_handout(pages: Sequence[Page], title: str, out: Path) -> None:
    """Write the pages as PDF, set by Typst with the fonts that it brings and that of the language."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        slides = []
        for i, page in enumerate(pages):
            height = round(page.picture.height * PICTURE_WIDTH / page.picture.width)
            picture = page.picture.convert("RGB").resize((PICTURE_WIDTH, height), Image.Resampling.LANCZOS)
            picture.save(folder / f"{i}.jpg", quality=PICTURE_QUALITY)
            slides.append({"film": page.film, "picture": f"{i}.jpg", "notes": page.notes})
        fonts = [SERIF, *filter(None, [face().family])]
        deck = {"title": title, "slides": slides, "fonts": fonts, "language": language().partition("-")[0]}
        (folder / "deck.json").write_text(json.dumps(deck), encoding="utf-8")
        (folder / "deck.typ").write_text(TEMPLATE, encoding="utf-8")
        typst.compile(folder / "deck.typ", output=out, font_paths=list(face().folders))
