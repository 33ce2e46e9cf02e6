"""A store whose every name is an attack: nothing of it runs or loads anything, and it is read as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pptx
import pypdf
import pytest
import srt
from bs4 import BeautifulSoup
from manim_slides.config import PresentationConfig, SlideConfig
from playwright.sync_api import Browser

from tests.end_to_end.browser import Visit, launched
from tests.end_to_end.test_page import small_film
from tests.made.names import PAYLOADS, SCRIPT, store_named
from weightreel.analysis.files import file_name
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.plain_text import one_line, subtitle
from weightreel.analysis.store.reader import Store
from weightreel.cli import main
from weightreel.scenes.making.deck import Chapter, write_html, write_pdf, write_pptx

pytestmark = pytest.mark.slow

SHIFTS = (0, 9, 18)
"""Where among the payloads each store begins, so that each of them stands in several fields."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


def opened(browser: Browser, file: Path) -> Visit:
    """A page in which whatever a name would do is noticed."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context, file)
    visit.page.on("dialog", lambda dialog: visit.said.append(f"error: dialog {dialog.message}"))
    return visit


def assert_nothing_happened(visit: Visit, *files: Path) -> None:
    assert visit.complaints == []
    beyond = {url for url in visit.requests if not url.startswith(("data:", "blob:"))}
    assert {url.partition("#")[0] for url in beyond} <= {file.as_uri() for file in files}
    assert visit.page.evaluate("window.__ran") is None
    assert visit.page.locator("iframe, object, embed, [onerror], [onload], [onmouseover]").count() == 0
    assert visit.page.locator('a[href^="javascript"], img[src^="http"]').count() == 0


@pytest.mark.parametrize("shift", SHIFTS)
def test_no_name_of_a_store_runs_or_loads_anything_in_its_page(browser: Browser, tmp_path: Path, shift: int) -> None:
    store = store_named(tmp_path / "<b>'{x}' %41 #n.h5", PAYLOADS[shift:] + PAYLOADS[:shift], models=bool(shift % 2))
    film = tmp_path / "films" / file_name(store.stem) / "t" / "esd.mp4"
    small_film(film)
    cues = [srt.Subtitle(i, timedelta(seconds=i), timedelta(seconds=i + 1), subtitle(one_line(f"So {name}")))
            for i, name in enumerate(PAYLOADS, 1)]  # fmt: skip
    film.with_suffix(".srt").write_text(srt.compose(cues), "utf-8")
    out = tmp_path / "a page" / "%41 #<i>{0}.html"
    assert main(["site", str(store), "--films", str(tmp_path / "films"), "--out", str(out)]) == 0

    visit = opened(browser, out)
    page = visit.page
    page.wait_for_selector("main[data-drawn=all]")
    with Store(store) as held:
        titles = [title_of(run) for run in held.runs.values()]
        layers = [[layer.name for layer in run.layers.values() if layer.has("spectrum")] for run in held.runs.values()]
    networks = page.locator("#run option").all_inner_texts()
    for place, (network, title) in enumerate(zip(networks, titles, strict=True)):
        assert " ".join(title.split()) in " ".join(network.split())
        page.select_option("#run", index=place)
        labels = page.locator("#layer option").all_inner_texts()
        for label, layer in zip(labels, layers[place], strict=True):
            assert " ".join(layer.split()) in " ".join(label.split())
            page.select_option("#layer", label=label)
        page.locator("#epoch").press("Home")
        page.wait_for_selector("main[data-drawn=all]")
        reading = page.locator("#learning .reading").inner_text()
        assert "epoch 0" in reading, "the page's own scripts go on"
    if page.locator("#noise-kind").count():
        page.select_option("#noise-kind", index=1)
    page.locator("[data-seek]").first.dispatch_event("click")
    heard = page.locator("[data-seek]").all_text_contents()
    assert any(SCRIPT in words for words in heard)
    assert_nothing_happened(visit, out, film)


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Chapter:
    """A film of slides, of which each has a payload in its notes."""
    video = tmp_path_factory.mktemp("deck") / "slide.mp4"
    small_film(video, seconds=1)
    slides = [
        SlideConfig(file=video, rev_file=video, notes=f"At epoch 3 {one_line(name)} is sure.") for name in PAYLOADS
    ]
    config = PresentationConfig(slides=slides, resolution=(64, 36), background_color="#000000")
    return Chapter("esd", one_line(SCRIPT), config)


def test_no_name_runs_in_a_deck_and_its_notes_say_it(
    browser: Browser, chapter: Chapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    out = tmp_path / "deck.html"
    write_html([chapter], one_line(f"</title>{SCRIPT}"), out)
    visit = opened(browser, out)
    page = visit.page
    page.wait_for_function("() => window.Reveal && Reveal.isReady()")
    assert page.title() == f"</title>{SCRIPT}"
    for slide in chapter.slides.slides:
        assert page.locator("section.present aside.notes").last.evaluate("e => e.textContent") == slide.notes
        # What is sent to the speaker's window, which reads it as HTML.
        assert BeautifulSoup(page.evaluate("Reveal.getSlideNotes()"), "html.parser").find(True) is None
        page.keyboard.press("ArrowRight")
    assert_nothing_happened(visit, out)


def test_handout_and_powerpoint_say_names_as_they_are(chapter: Chapter, tmp_path: Path) -> None:
    write_pdf([chapter], one_line(SCRIPT), tmp_path / "deck.pdf")
    pages = pypdf.PdfReader(tmp_path / "deck.pdf").pages
    assert len(pages) == len(PAYLOADS)
    assert all("is sure." in "".join(page.extract_text().split("\n")) for page in pages[:4])
    assert not any("/URI" in str(page.get("/Annots")) for page in pages)
    write_pptx([chapter], tmp_path / "deck.pptx")
    slides = pptx.Presentation(str(tmp_path / "deck.pptx")).slides
    said = [slide.notes_slide.notes_text_frame.text for slide in slides]
    assert said == [slide.notes for slide in chapter.slides.slides]
