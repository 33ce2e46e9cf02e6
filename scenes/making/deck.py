"""Decks from the films' own scenes: `python -m weightreel.scenes.making.deck`, or `… deck esd` for one chapter.

With `--present` they are shown by manim-slides' player; its options follow: `--present --full-screen`.

A beat of a film is a slide, a film is a column of slides: → goes to the next film, ↓ through its beats. A deck
is written as one HTML file that needs no network, as PowerPoint, and as a PDF handout with the speaker's notes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.language import ENGLISH, language
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.places import NODE_MODULES
from weightreel.analysis.store.merge import one_store
from weightreel.analysis.store.reader import Store
from weightreel.scenes.making.handout import Page, last_picture, write_handout
from weightreel.scenes.making.lecture import LECTURE, NAME, title_of_chapter
from weightreel.scenes.making.orders import QUALITIES, Order, find_films, fingerprint, folder_of
from weightreel.scenes.making.present import need_qt, present
from weightreel.scenes.making.render import PassedOver, alone, run_manim, say

if TYPE_CHECKING:
    from manim_slides.config import PresentationConfig

FORMATS = ("html", "pptx", "pdf")
REVEAL = NODE_MODULES / "reveal.js" / "dist"
ASSETS = ("reveal.js", "reveal.css", "theme/black.css", "plugin/notes.js", "plugin/markdown.js",
          "plugin/highlight/zenburn.css")  # fmt: skip
"""Files of reveal.js that manim-slides puts into a deck."""


IN_THE_MARGIN = """<style>
  html .reveal .controls { font-size: 0.7vh; right: 0.8vh; bottom: 0.8vh; }
  html .reveal .slide-number { right: auto; left: 1.2vh; bottom: 0.8vh; padding: 0; font-size: 1.8vh;
                            background: none; }
</style>
"""
"""Arrows and page number no larger than the margin that films leave empty."""
TEMPLATE_CHANGES = {
    "<html>": f'<html lang="{language()}">',
    ", maximum-scale=1.0, user-scalable=no": "",
    "<head>": f"<head>{IN_THE_MARGIN}",
}
"""What manim-slides' template lacks for screen readers, forbids those who must zoom, and lays over the pictures."""


@dataclass(frozen=True)
class Chapter:
    """A film as slides."""

    film: str
    title: str
    slides: PresentationConfig


def render_slides(order: Order) -> Path:
    """Render one film as slides, unless they are up to date; returns the folder in which `slides` lies.

    Raises:
        PassedOver, SystemExit, WeightreelError: as `weightreel.scenes.making.render.render`.
    """
    name, place = order.film.name, order.folder / order.film.name
    order.folder.mkdir(parents=True, exist_ok=True)
    with alone(order):
        silent = {key: value for key, value in os.environ.items() if key != "WEIGHTREEL_VOICE"}  # speakers have theirs
        made_of = f"{fingerprint(order, silent)} manim-slides {version('manim-slides')}"
        stamp = place / "made_of"
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_of:
            say(name, "its slides are up to date")
            return place
        say(name, f"rendering slides from {order.store}")
        work = order.folder / f".{name}.partial"
        shutil.rmtree(work, ignore_errors=True)  # of a render that was killed
        try:
            run_manim(order, work, slides=True)
            shutil.rmtree(work / "videos", ignore_errors=True)  # the slides are copies
            shutil.rmtree(place, ignore_errors=True)
            work.replace(place)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        # Last: whenever this stops, they are rendered again.
        stamp.write_text(made_of, encoding="utf-8")
    return place


def chapters_of(orders: Sequence[Order], deck: str) -> list[Chapter]:
    """Render the films as slides, unless they are up to date; those that the store holds nothing for are left out.

    Raises:
        WeightreelError: these are all.
    """
    from manim_slides.config import PresentationConfig

    found = []
    for order in orders:
        try:
            folder = render_slides(order)
        except PassedOver:
            say(order.film.name, "passed over, because the store holds nothing for it")
            continue
        slides = PresentationConfig.from_file(folder / "slides" / f"{order.film.scene}.json")
        found.append(Chapter(order.film.name, title_of_chapter(order.film.name), slides))
    if not found:
        raise WeightreelError(f"{orders[0].store} holds nothing for {deck}; choose another deck or store.")
    return found


def install_reveal() -> None:
    """Put reveal.js where manim-slides looks for what it would download.

    Raises:
        WeightreelError: the npm package is not there.
    """
    from manim_slides.convert import RevealJS

    wanted = RevealJS.model_fields["reveal_version"].default
    cache = user_cache_path("manim-slides") / f"revealjs{wanted}"
    missing = [asset for asset in ASSETS if not (cache / Path(asset).name).is_file()]
    for asset in missing:
        if not (REVEAL / asset).is_file():
            raise WeightreelError(
                f"reveal.js is not installed ({REVEAL / asset} is missing); run `make slides`, which installs it with "
                "npm, or leave the HTML deck out with --formats pptx pdf."
            )
        cache.mkdir(parents=True, exist_ok=True)
        new = cache / f".{os.getpid()}.tmp"
        shutil.copyfile(REVEAL / asset, new)
        new.replace(cache / Path(asset).name)


def write_html(chapters: Sequence[Chapter], title: str, out: Path) -> None:
    """One file with all videos in it."""
    from manim_slides.convert import RevealJS

    install_reveal()
    deck = RevealJS(
        presentation_configs=[chapter.slides for chapter in chapters],
        one_file=True, offline=True, title=title, controls="true", progress="true", slide_number="c/t", hash="true",
    )  # fmt: skip
    deck.convert_to(out)
    html = out.read_text(encoding="utf-8")
    for theirs, ours in TEMPLATE_CHANGES.items():
        html = html.replace(theirs, ours, 1)
    out.write_text(html, encoding="utf-8")


def write_pptx(chapters: Sequence[Chapter], out: Path) -> None:
    """A video and notes on every slide."""
    from manim_slides.convert import PowerPoint

    width, height = chapters[0].slides.resolution
    PowerPoint(
        presentation_configs=[chapter.slides for chapter in chapters], width=1280, height=round(1280 * height / width)
    ).convert_to(out)


def write_pdf(chapters: Sequence[Chapter], title: str, out: Path) -> None:
    """A page for every slide."""
    pages = [
        Page(chapter.title, last_picture(slide.file), slide.notes)
        for chapter in chapters
        for slide in chapter.slides.slides
    ]
    write_handout(pages, title, out)


def make_deck(name: str, orders: Sequence[Order], title: str, out: Path, formats: Sequence[str]) -> None:
    """Write OUT/NAME.{html,pptx,pdf}, in a language but English OUT/NAME.hi.{…}.

    A deck takes the place of an older one only when it is whole.

    Raises:
        WeightreelError: the store holds nothing for any of the films, or reveal.js is missing.
    """
    if "html" in formats:
        install_reveal()
    chapters = chapters_of(orders, name)
    out.mkdir(parents=True, exist_ok=True)
    writers = {
        "html": lambda path: write_html(chapters, title, path),
        "pptx": lambda path: write_pptx(chapters, path),
        "pdf": lambda path: write_pdf(chapters, title, path),
    }
    count = sum(len(chapter.slides.slides) for chapter in chapters)
    for kind in formats:
        file = f"{name}.{kind}" if language() == ENGLISH else f"{name}.{language()}.{kind}"
        new, place = out / f".{name}.partial.{kind}", out / file
        try:
            writers[kind](new)
            new.replace(place)
        finally:
            new.unlink(missing_ok=True)
        say(name, f"{place}: {count} slides, {place.stat().st_size / 1e6:.1f} MB")


def show_deck(name: str, orders: Sequence[Order], options: Sequence[str]) -> None:
    """Show slides in a window.

    Raises:
        WeightreelError: the store holds nothing for any of the films, or the player fails.
    """
    chapters = chapters_of(orders, name)
    scenes = {order.film.name: order.film.scene for order in orders}
    present([(scenes[chapter.film], chapter.slides) for chapter in chapters], orders[0].folder / ".present", options)


def main(arguments: list[str] | None = None) -> int:
    """Make one deck; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m weightreel.scenes.making.deck", description="Make lecture slides from a store."
    )
    parser.add_argument("deck", nargs="?", default=NAME, help=f"{NAME} (default), or the name of a film")
    parser.add_argument("--store", type=Path, default=Path(os.environ.get("WEIGHTREEL_STORE", "data/cifar10.h5")))
    parser.add_argument("--quality", default="m", help="l, m (default), h or k; t is a thumbnail for tests")
    parser.add_argument("--out", type=Path, default=Path("media/slides"), help="folder (default: media/slides)")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument(
        "--present", nargs=argparse.REMAINDER, metavar="OPTION", help="show it in a window, with manim-slides' options"
    )
    options = parser.parse_args(arguments)
    try:
        if options.present is not None:
            need_qt()
        films = find_films()
        if options.deck != NAME and options.deck not in films:
            raise WeightreelError(f"there is no deck {options.deck!r}; there are: {NAME}, {', '.join(films)}.")
        if options.quality not in QUALITIES:
            raise WeightreelError(f"there is no quality {options.quality!r}; there are: l, m, h, k.")
        options.store = one_store(str(options.store), options.out / ".stores")
        with Store(options.store) as store:
            runs = store.select(os.environ.get("WEIGHTREEL_RUN", ""))
            title = f"Weightreel: {', '.join(dict.fromkeys(map(title_of, runs)))}"
        if options.deck == NAME:  # a film alone says what the store lacks
            os.environ["WEIGHTREEL_IF_POSSIBLE"] = "1"
        folder = folder_of(options.out / ".films", options.store, options.quality)
        names = LECTURE if options.deck == NAME else (options.deck,)
        orders = [Order(films[name], options.store, options.quality, folder) for name in names]
        if options.present is None:
            make_deck(options.deck, orders, title, options.out, options.formats)
        else:
            show_deck(options.deck, orders, options.present)
    except WeightreelError as error:
        print(error, file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(
            f"{error.name} is missing; `make slides` installs it, or: pip install weightreel[slides].", file=sys.stderr
        )
        return 2
    except KeyboardInterrupt:
        print("interrupted; films that were whole are kept, so that it goes on there.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
