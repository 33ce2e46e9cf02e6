"""Decks: every beat is a slide with its video and notes, in one HTML file, in PowerPoint and on paper."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import av
import pptx
import pypdf
import pytest
import srt
from bs4 import BeautifulSoup
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.util import Emu

from tests.end_to_end.browser import Visit, launched
from tests.end_to_end.films import render
from tests.made.store import synthetic_store
from weightreel.analysis import places
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.lecture import LECTURE, NAME
from weightreel.analysis.settings import Settings
from weightreel.scenes.making import deck
from weightreel.scenes.making.orders import find_films

pytestmark = pytest.mark.slow

DECK = ("biases", "perturbation", "spectral_norm")
"""Films of a small lecture; the store holds nothing for the second, and the third has slides that repeat themselves."""
PLAYS = """() => {
    const video = Reveal.getCurrentSlide().slideBackgroundElement.querySelector("video");
    return video !== null && video.currentTime > 0;
}"""
"""Whether the slide's video has begun."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_store(
        tmp_path_factory.mktemp("deck") / "small.h5", epochs=4, n_layers=2, models=("cnn",), attacks=False
    )


@pytest.fixture(scope="module")
def made(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the deck."""
    out = tmp_path_factory.mktemp("slides")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deck, "LECTURE", DECK)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        deck.make_deck(NAME, Settings(store=str(store)), quality="t", out=out)
    return out


@pytest.fixture(scope="module")
def beats(store: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Captions of the films that are in the deck, one a beat, but for their cards; and of the slide that it ends on."""
    out, told = tmp_path_factory.mktemp("films"), []
    for film in ("biases", "spectral_norm"):
        assert render(film, store, out).returncode == 0
        told += [caption.content for caption in srt.parse((out / store.stem / "t" / f"{film}.srt").read_text("utf-8"))]
    data = "What this film was made from: its data, its recipe, its seeds and the digest of its store."
    return [*(caption for caption in told if caption != data), data]


def test_powerpoint_has_a_playable_video_and_notes_on_every_slide(made: Path, beats: list[str]) -> None:
    slides = list(pptx.Presentation(str(made / f"{NAME}.pptx")).slides)
    assert len(slides) == len(beats)
    for slide, caption in zip(slides, beats, strict=True):
        assert slide.notes_slide.notes_text_frame.text.startswith(caption)
        (movie,) = [shape for shape in slide.shapes if shape.shape_type == MSO_SHAPE_TYPE.MEDIA]
        assert movie.width == Emu(1280 * 9525)
        video = next(rel.target_part.blob for rel in slide.part.rels.values() if "video" in rel.reltype)
        assert frames_in(video) > 1


def frames_in(video: bytes) -> int:
    with av.open(io.BytesIO(video)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_the_handout_has_a_page_a_slide_with_its_picture_and_notes(made: Path) -> None:
    pages = pypdf.PdfReader(made / f"{NAME}.pdf").pages
    slides = list(pptx.Presentation(str(made / f"{NAME}.pptx")).slides)
    assert len(pages) == len(slides)
    for page, slide in zip(pages, slides, strict=True):
        assert len(page.images) == 1
        words = re.findall(r"[A-Za-z]{4,}", slide.notes_slide.notes_text_frame.text)
        text = page.extract_text().replace("-\n", "").replace("\n", " ")
        assert sum(word in text for word in words) > 0.8 * len(words)


def test_the_html_deck_refers_to_nothing_outside(made: Path, beats: list[str]) -> None:
    html = BeautifulSoup((made / f"{NAME}.html").read_text(encoding="utf-8"), "html.parser")
    outside = [
        tag.attrs
        for tag in html.find_all(True)
        for name in ("src", "href", "data-background-video", "data-background-image")
        if tag.has_attr(name) and not tag[name].startswith("data:")
    ]
    assert outside == []
    assert not re.search(r"@import|url\((?!['\"]?data:)", "".join(style.get_text() for style in html.find_all("style")))
    videos = [tag["data-background-video"] for tag in html.find_all("section") if tag.has_attr("data-background-video")]
    assert len(videos) == len(beats)
    assert all(frames_in(base64.b64decode(video.split(",", 1)[1])) > 1 for video in videos)
    notes = [note.get_text() for note in html.find_all("aside", class_="notes")]
    assert len(notes) == len(beats)
    assert all(notes)


def test_slides_that_run_a_clock_repeat_themselves(made: Path) -> None:
    html = BeautifulSoup((made / f"{NAME}.html").read_text(encoding="utf-8"), "html.parser")
    repeat = {
        section.find("aside", class_="notes").get_text().strip()
        for section in html.find_all("section")
        if section.has_attr("data-background-video-loop")
    }
    listed = sorted(made.glob(".films/*/t/*/slides/*.json"))
    slides = [slide for file in listed for slide in json.loads(file.read_text(encoding="utf-8"))["slides"]]
    assert repeat == {slide["notes"] for slide in slides if slide["loop"]}
    assert repeat
    assert len(repeat) < len(slides), "questions, sentences and sources stay"


def test_every_slide_advances_and_plays_without_a_network(made: Path, beats: list[str]) -> None:
    with launched() as browser:
        visit = Visit(browser.new_context(viewport={"width": 1280, "height": 720}), made / f"{NAME}.html")
        page = visit.page
        page.wait_for_function("() => window.Reveal && Reveal.isReady()")
        assert page.evaluate("Reveal.getTotalSlides()") == len(beats)
        places, notes = [], []
        for _ in beats:
            page.wait_for_function(PLAYS)
            places.append(tuple(page.evaluate("Object.values(Reveal.getIndices())")))
            notes.append(page.evaluate("Reveal.getSlideNotes()"))
            page.keyboard.press("ArrowDown")
            if tuple(page.evaluate("Object.values(Reveal.getIndices())")) == places[-1]:  # the end of a film's column
                page.keyboard.press("ArrowRight")
        assert len(set(places)) == len(beats)
        assert all(notes)
        assert visit.complaints == []
        assert visit.asked_the_network == []
        assert visit.faults() == []


def test_nothing_is_rendered_twice(
    made: Path, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deck, "LECTURE", ("biases",))
    deck.make_deck(NAME, Settings(store=str(store)), quality="t", out=made, formats=("pdf",))
    assert "its slides are up to date" in capsys.readouterr().out


def test_every_film_but_the_trailer_is_in_the_lecture() -> None:
    assert set(LECTURE) == find_films().keys() - {"trailer"}
    assert len(set(LECTURE)) == len(LECTURE)


class TestBadInput:
    def test_an_unknown_deck(self, store: Path) -> None:
        with pytest.raises(WeightreelError, match="there are: lecture, adversarial"):
            deck.make_deck("nothing", Settings(store=str(store)))

    def test_without_reveal_it_says_what_installs_it(
        self, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setattr(places, "NODE_MODULES", tmp_path)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(WeightreelError, match=r"npm install reveal.js.*--formats"):
            deck.make_deck("biases", Settings(store=str(store)), out=tmp_path)

    def test_a_store_that_holds_nothing_for_it(self, store: Path, tmp_path: Path) -> None:
        with pytest.raises(WeightreelError, match="perturbation: not rendered"):
            deck.make_deck("perturbation", Settings(store=str(store)), quality="t", out=tmp_path, formats=("pdf",))
