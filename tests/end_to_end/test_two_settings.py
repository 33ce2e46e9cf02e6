"""Two settings in one interpreter give what two interpreters give: films, slides, the text of decks, and pages."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.places import variant
from weightreel.analysis.settings import Settings, holding
from weightreel.page.build import CHARTS_FILE, make_page
from weightreel.scenes.making import deck
from weightreel.scenes.making.in_process import draw_film
from weightreel.scenes.making.orders import Order, orders_of
from weightreel.scenes.making.render import run_manim

pytestmark = pytest.mark.slow

FILM = "biases"
ROOT = Path(__file__).parents[2]
GERMAN = """
msgid ""
msgstr ""
"Language: de\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "Biases"
msgstr "Schwellenwerte"

msgid "epoch"
msgstr "Epoche"

msgid "{clock}"
msgstr "{clock}"

msgid "All biases"
msgstr "Alle zusammen"
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Settings]:
    """Two that differ in store, theme, language and runs."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "mine.po").write_text(GERMAN.strip() + "\n", encoding="utf-8")
    small = {"n_layers": 2, "attacks": False, "sample": 8, "drawn": 256}
    one = synthetic_store(folder / "one.h5", epochs=3, models=("cnn",), **small)
    other = synthetic_store(folder / "other.h5", epochs=5, models=("spectral-cnn", "cnn"), **small)
    return (
        Settings(store=str(one)),
        Settings(store=str(other), theme="light", language=str(folder / "mine.po"), runs="spectral-cnn-s0"),
    )


def order_of(settings: Settings, out: Path) -> Order:
    (order,) = orders_of([FILM], settings, "t", out)
    order.folder.mkdir(parents=True, exist_ok=True)
    return order


def film_in(folder: Path) -> Path:
    """The whole film, not its parts."""
    (film,) = (path for path in folder.glob(f"videos/**/{FILM}.mp4") if "partial_movie_files" not in path.parts)
    return film


def frames_of(video: Path) -> np.ndarray:
    """All frames, (n, height, width, 3) uint8."""
    with av.open(str(video)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_films_are_the_same_one_after_the_other_and_apart(settings: tuple[Settings, Settings], tmp_path: Path) -> None:
    # The first once more at the end: nothing of the second may have stayed.
    for i, each in enumerate((*settings, settings[0])):
        draw_film(order_of(each, tmp_path), tmp_path / f"together-{i}")
    seen = []
    for i, each in enumerate(settings):
        run_manim(order_of(each, tmp_path / f"folder-{i}"), tmp_path / f"apart-{i}")
        together, apart = (film_in(tmp_path / f"{kind}-{i}") for kind in ("together", "apart"))
        assert np.array_equal(frames_of(together), frames_of(apart))
        for text in (".srt", ".md"):
            assert together.with_suffix(text).read_text("utf-8") == apart.with_suffix(text).read_text("utf-8")
        seen.append(apart.with_suffix(".md").read_text("utf-8"))
    again = film_in(tmp_path / "together-2")
    assert np.array_equal(frames_of(film_in(tmp_path / "together-0")), frames_of(again))
    assert "# Biases" in seen[0] and "# Schwellenwerte" in seen[1]


def test_slides_are_the_same_and_decks_speak_their_language(
    settings: tuple[Settings, Settings], tmp_path: Path
) -> None:
    english, german = (replace(each, slides=True) for each in settings)
    draw_film(order_of(english, tmp_path), tmp_path / "english")
    draw_film(order_of(german, tmp_path), tmp_path / "together")
    run_manim(order_of(german, tmp_path / "folder"), tmp_path / "apart")
    found = []
    for place in ("together", "apart"):
        slides = json.loads((tmp_path / place / "slides" / "Biases.json").read_text("utf-8"))["slides"]
        found.append([(slide["notes"], slide["loop"], frames_of(tmp_path / place / slide["file"])) for slide in slides])
    assert len(found[0]) == len(found[1]) > 3
    for (notes, loop, frames), (other_notes, other_loop, other_frames) in zip(*found, strict=True):
        assert (notes, loop) == (other_notes, other_loop)
        assert np.array_equal(frames, other_frames)

    for each in settings:
        out = tmp_path / "decks" / Path(each.store).stem
        deck.make_deck(FILM, each, quality="t", out=out, formats=("pdf",), draw=draw_film)
    decks = {path.relative_to(tmp_path / "decks").as_posix() for path in tmp_path.glob("decks/*/*.pdf")}
    assert decks == {"one/biases.pdf", f"other/biases{variant(german)}.pdf"}
    assert variant(german).startswith(".own-") and variant(german).endswith(".light")


@pytest.fixture
def echarts(tmp_path: Path) -> Path:
    """A stand-in for the package that draws the page's charts, which no setting changes."""
    folder = tmp_path / "echarts"
    (folder / CHARTS_FILE).parent.mkdir(parents=True)
    (folder / CHARTS_FILE).write_text("var echarts = {};\n", encoding="utf-8")
    (folder / "package.json").write_text('{"version": "0"}', encoding="utf-8")
    return folder


def test_pages_are_the_same_one_after_the_other_and_apart(
    settings: tuple[Settings, Settings], echarts: Path, tmp_path: Path
) -> None:
    """The page holds both themes, and shows the one that its reader's device asks for: theirs changes nothing."""
    english, hindi = settings[0], replace(settings[1], language="hi")
    german = replace(hindi, language=settings[1].language)
    pages = []
    for i, each in enumerate((english, hindi, german, english)):  # the first once more: nothing may have stayed
        with holding(each):
            page = make_page(each.store, tmp_path / f"together-{i}.html", runs=each.runs, echarts=echarts)
        pages.append(page.path.read_bytes())
    assert pages[0] == pages[3] and len(set(pages)) == 3
    for i, each in enumerate((english, hindi, german)):
        out = tmp_path / f"apart-{i}.html"
        command = [sys.executable, "-m", "weightreel", "site", each.store, "--lang", each.language, "--out", str(out)]
        subprocess.run([*command, "--runs", each.runs, "--echarts", str(echarts)], cwd=ROOT, check=True)
        assert out.read_bytes() == pages[i]
    for i, sign in enumerate(('<html lang="en"', '<html lang="hi"', '<html lang="de"')):
        assert sign.encode() in pages[i]
    with holding(replace(english, theme="light")):
        make_page(english.store, tmp_path / "light.html", echarts=echarts)
    assert (tmp_path / "light.html").read_bytes() == pages[0]
