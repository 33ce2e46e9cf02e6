"""Decks from the films' own scenes: a lecture of them all, or one film.

A beat of a film is a slide, a film is a column of slides: → goes to the next film, ↓ through its beats. A deck
is written as one HTML file that needs no network, as PowerPoint, and as a PDF handout with the speaker's notes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.language import language
from weightreel.analysis.findings.words.lecture import LECTURE, NAME, title_of_chapter
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.own import in_own_words
from weightreel.analysis.places import npm_install, npm_package, variant
from weightreel.analysis.settings import Settings, holding
from weightreel.analysis.store.belongings import claim, place_for
from weightreel.analysis.store.reader import Store
from weightreel.analysis.talk.talk import current_talk
from weightreel.scenes.camera.joining import start_fast
from weightreel.scenes.kit.film import has_slides
from weightreel.scenes.making import own
from weightreel.scenes.making.closing import CLOSING, DATA
from weightreel.scenes.making.handout import Page, last_picture, write_handout
from weightreel.scenes.making.opening import OPENING
from weightreel.scenes.making.orders import Order, find_films, fingerprint, orders_of
from weightreel.scenes.making.own import is_path
from weightreel.scenes.making.present import need_qt, present
from weightreel.scenes.making.render import Draw, PassedOver, new_work, rendering, run_manim, say
from weightreel.scenes.making.talks import films_of, listed_films, name_of_deck

if TYPE_CHECKING:
    from manim_slides.config import PresentationConfig

SLIDES = Path("media/slides")
FORMATS = ("html", "pptx", "pdf")
REVEAL = "reveal.js"
"""The npm package."""
ASSETS = (
    "reveal.js",
    "reveal.css",
    "theme/black.css",
    "plugin/notes.js",
    "plugin/markdown.js",
    "plugin/highlight/zenburn.css",
)
"""Files of reveal.js that manim-slides puts into a deck."""


IN_THE_MARGIN = """<style>
  html .reveal .controls { font-size: 0.7vh; right: 0.8vh; bottom: 0.8vh; }
  html .reveal .slide-number { right: auto; left: 1.2vh; bottom: 0.8vh; padding: 0; font-size: 1.8vh;
                            background: none; }
</style>
"""
"""Arrows and page number no larger than the margin that films leave empty."""
TEMPLATE_CHANGES = {
    "<html>": '<html lang="{language}">',
    ", maximum-scale=1.0, user-scalable=no": "",
    "<head>": f"<head>{IN_THE_MARGIN}",
}
"""What manim-slides' template lacks for screen readers, forbids those who must zoom, and lays over the pictures."""
NOTES, PLAIN_NOTES = '<aside class="notes" data-markdown="">', '<aside class="notes">'
"""Notes are sentences with names in them, and no Markdown; manim-slides' template would run what is HTML in them."""


@dataclass(frozen=True)
class Chapter:
    """A film as slides."""

    film: str
    title: str
    slides: PresentationConfig


def render_slides(order: Order, draw: Draw = run_manim) -> Path:
    """Render one film as slides, unless they are up to date; returns the folder in which `slides` lies.

    Raises:
        PassedOver, WeightreelError: as `weightreel.scenes.making.render.render`.
    """
    name, folder = order.film.name, order.folder / order.film.name
    order.folder.mkdir(parents=True, exist_ok=True)
    with rendering(order):
        if order.film.own:
            own.claim(order.folder, name, order.film.path)
        made_of = f"{fingerprint(order)} manim-slides {version('manim-slides')}"
        stamp = folder / "made_of"
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == made_of:
            say(name, "its slides are up to date")
            return folder
        say(name, f"rendering slides from {order.store}")
        work = new_work(order)
        try:
            draw(order, work)
            for slide in work.glob("slides/**/*.mp4"):
                start_fast(slide)
            shutil.rmtree(work / "videos", ignore_errors=True)  # the slides are copies
            shutil.rmtree(folder, ignore_errors=True)
            work.replace(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        # Last: whenever this stops, they are rendered again.
        stamp.write_text(made_of, encoding="utf-8")
    return folder


def chapters_of(orders: Sequence[Order], deck: str, draw: Draw = run_manim) -> list[Chapter]:
    """Render the films as slides, unless they are up to date; those that the store holds nothing for are left out.

    Raises:
        WeightreelError: these are all.
    """
    from manim_slides.config import PresentationConfig

    found = []
    for order in orders:
        try:
            folder = render_slides(order, draw)
        except PassedOver:
            say(order.film.name, "passed over, because the store holds nothing for it")
            continue
        slides = PresentationConfig.from_file(folder / "slides" / f"{order.film.scene}.json")
        with holding(order.settings):
            title = current_talk().title if order.film == OPENING else title_of_chapter(order.film.name)
        found.append(Chapter(order.film.name, title, slides))
    if all(chapter.film in (OPENING.name, DATA) for chapter in found):
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
    folder = npm_package(REVEAL) / "dist"
    for asset in missing:
        if not (folder / asset).is_file():
            raise WeightreelError(
                f"reveal.js is not installed ({folder / asset} is missing); run `{npm_install(REVEAL)}` in this folder "
                "(in a checkout `make slides` does), or leave the HTML deck out with --formats pptx,pdf."
            )
        cache.mkdir(parents=True, exist_ok=True)
        new = cache / f".{os.getpid()}.tmp"
        shutil.copyfile(folder / asset, new)
        new.replace(cache / Path(asset).name)


def write_html(chapters: Sequence[Chapter], title: str, out: Path) -> None:
    """One file with all videos in it."""
    from manim_slides.convert import RevealJS

    install_reveal()
    deck = RevealJS(
        presentation_configs=[_with_notes_as_html(chapter.slides) for chapter in chapters],
        one_file=True,
        offline=True,
        title=escape(title),
        controls="true",
        progress="true",
        slide_number="c/t",
        hash="true",
    )
    deck.convert_to(out)
    html = out.read_text(encoding="utf-8")
    for theirs, ours in TEMPLATE_CHANGES.items():
        html = html.replace(theirs, ours.replace("{language}", language()), 1)
    out.write_text(html.replace(NOTES, PLAIN_NOTES), encoding="utf-8")


def _with_notes_as_html(slides: PresentationConfig) -> PresentationConfig:
    """The slides, whose notes a template writes into HTML as they are."""
    found = slides.model_copy(deep=True)
    for slide in found.slides:
        slide.notes = escape(slide.notes)
    return found


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


def make_deck(
    deck: str,
    settings: Settings,
    *,
    quality: str = "m",
    out: Path | None = None,
    formats: Sequence[str] = FORMATS,
    draw: Draw = run_manim,
) -> None:
    """Write DECK.{html,pptx,pdf} of a store into a folder, with other settings as `variant` names it: DECK.hi.{…}.

    A deck takes the place of an older one only when it is whole.

    Args:
        deck: `lecture`: the talk's films, or without a talk all for which the store holds something; or films, a comma
            list.
        settings: what the films are drawn with; several stores are merged first.
        quality: l, m, h or k; t is a thumbnail for tests.
        out: a folder, which is made; by default one of the store's own in media/slides.
        formats: of FORMATS.
        draw: leaves a film's slides in a new folder; by default Manim does, in a process of its own.

    Raises:
        WeightreelError: no such deck, quality, store or run; the store holds nothing for any of the films; Manim
            failed; manim-slides or, for html, reveal.js is missing.
    """
    orders = _ordered(deck, settings, quality, out)
    if "html" in formats:
        install_reveal()
    chapters = chapters_of(orders, deck, draw)
    folder = claim(out, settings.store, settings.talk) if out else place_for(SLIDES, settings.store, settings.talk)
    with holding(orders[0].settings):
        title, name = title_of_deck(orders[0]), name_of_deck(deck)
        writers = {
            "html": lambda path: write_html(chapters, title, path),
            "pptx": lambda path: write_pptx(chapters, path),
            "pdf": lambda path: write_pdf(chapters, title, path),
        }
        count = sum(len(chapter.slides.slides) for chapter in chapters)
        for kind in formats:
            target = folder / f"{name}{variant(settings)}.{kind}"
            new = target.with_name(f".{name}{variant(settings)}.partial.{kind}")
            try:
                writers[kind](new)
                new.replace(target)
            finally:
                new.unlink(missing_ok=True)
            say(name, f"{target}: {count} slides, {target.stat().st_size / 1e6:.1f} MB")


def show_deck(
    deck: str,
    settings: Settings,
    options: Sequence[str] = (),
    *,
    quality: str = "m",
    out: Path | None = None,
) -> None:
    """Show a deck in a window.

    Args:
        deck, settings, quality, out: as `make_deck` has them.
        options: of `manim-slides present`, such as --full-screen.

    Raises:
        WeightreelError: as `make_deck`, there is no Qt, or the player fails.
    """
    need_qt()
    orders = _ordered(deck, settings, quality, out)
    chapters = chapters_of(orders, deck)
    scenes = {order.film.name: order.film.scene for order in orders}
    present([(scenes[chapter.film], chapter.slides) for chapter in chapters], orders[0].folder / ".present", options)


def _ordered(deck: str, settings: Settings, quality: str, out: Path | None) -> list[Order]:
    known, films = find_films(), listed_films(deck)
    films = films or films_of(settings, known)
    for name in films if deck != NAME else ():
        if name not in known and not is_path(name):
            raise WeightreelError(f"there is no deck {name!r}; there are: {NAME}, {', '.join(known)}, or several: a,b.")
    if not has_slides():
        raise WeightreelError(
            "manim_slides is missing; pip install 'weightreel[slides]' (in a checkout `make slides` does)."
        )
    # Films that are named say what the store lacks; speakers have their own voice.
    drawn = replace(settings, slides=True, voice="", if_possible=not films or settings.if_possible)
    told = orders_of(films or LECTURE, drawn, quality, (out or SLIDES) / ".films")
    with holding(drawn):
        opening = [replace(told[0], film=OPENING)] if current_talk().title else []
    return [*opening, *told, replace(told[0], film=CLOSING)]


def title_of_deck(order: Order) -> str:
    """What a deck is called, with the settings that are current: as the talk says, else by its networks."""
    if title := current_talk().title:
        return title
    with Store(order.store) as store:
        in_own_words(store)
        return f"Weightreel: {', '.join(dict.fromkeys(map(title_of, store.select(order.settings.runs))))}"
