"""The page in a headless browser without a network, as a reader uses it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.end_to_end.browser import Visit, launched
from weightreel.cli import main
from weightreel.page.build import MOST_BYTES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / "data" / "cifar10.h5"
FIGURES = ("learning", "parameters", "esd", "alpha", "noise")
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
SUBTITLES = "1\n00:00:00,000 --> 00:00:02,000\nThe beginning.\n\n2\n00:00:02,000 --> 00:00:04,000\nThe <end> & more.\n"


def small_film(path: Path, seconds: int = 4, fps: int = 5) -> None:
    """A film that a browser can play."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for index in range(seconds * fps):
            frame = av.VideoFrame.from_ndarray(np.full((36, 64, 3), 10 * index % 256, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the shipped store, with one film beside it."""
    folder = tmp_path_factory.mktemp("page with spaces")
    film = folder / "films" / STORE.stem / "t" / "esd.mp4"
    small_film(film)
    film.with_suffix(".srt").write_text(SUBTITLES, "utf-8")
    out = folder / "site" / "index.html"
    assert main(["site", str(STORE), "--films", str(folder / "films"), "--out", str(out), "--runs", ""]) == 0
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


@pytest.fixture
def visit(browser: Browser, page_file: Path) -> Iterator[Visit]:
    """The page on a desk; afterwards it must not have complained, nor asked the network."""
    context = browser.new_context(viewport=DESK)
    opened = Visit(context, page_file)
    yield opened
    assert opened.complaints == []
    assert opened.asked_the_network == []
    context.close()


def wait_until_drawn(visit: Visit) -> None:
    """Charts out of sight are drawn a moment later."""
    visit.page.wait_for_selector("main[data-drawn=all]")


def pictures(visit: Visit) -> dict[str, str]:
    """Every chart as SVG, by figure and place in it; ids that the library counts up do not tell charts apart."""
    wait_until_drawn(visit)
    found = {}
    for name in FIGURES:
        for place, chart in enumerate(visit.page.locator(f"#{name} .plot svg").all()):
            found[f"{name} {place}"] = re.sub(r"zr\d+", "", chart.evaluate("e => e.outerHTML"))
    return found


def words(visit: Visit) -> list[str]:
    wait_until_drawn(visit)
    return visit.page.locator(".reading").all_inner_texts()


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


def test_the_page_is_small_enough(page_file: Path) -> None:
    assert page_file.stat().st_size < MOST_BYTES


def test_the_slider_changes_every_chart(visit: Visit) -> None:
    slider = visit.page.locator("#epoch")
    assert slider.input_value() == slider.get_attribute("max") == "50"
    last, told = pictures(visit), words(visit)
    assert len(last) == 6
    for _ in range(30):
        slider.press("ArrowLeft")
    assert "20" in visit.page.locator("#epoch-now").inner_text()
    assert "epoch 20 of 50" in str(slider.get_attribute("aria-valuetext"))
    middle = pictures(visit)
    assert changed(last, middle) == set(last)
    assert all("epoch 20" in text and text not in told for text in words(visit))
    slider.press("Home")
    assert changed(middle, pictures(visit)) == set(last)


def test_another_network_changes_every_chart(visit: Visit) -> None:
    before = pictures(visit)
    faces = visit.page.locator("#gallery img").first.get_attribute("src")
    visit.page.select_option("#run", "spectral-cnn-s0")
    assert changed(before, pictures(visit)) == set(before)
    assert all(text.startswith("Spectral CNN") for text in words(visit))
    assert visit.page.locator("#gallery img").first.get_attribute("src") != faces


def test_another_layer_changes_what_is_of_layers(visit: Visit) -> None:
    before = pictures(visit)
    visit.page.select_option("#layer", "features.0")
    wait_until_drawn(visit)
    assert changed(before, pictures(visit)) == {"parameters 0", "esd 0", "alpha 0"}
    assert "only 27 eigenvalues" in visit.page.locator("#alpha .reading").inner_text()
    assert "only 27 eigenvalues" in visit.page.locator("#esd .reading").inner_text()


def test_weights_biases_and_kinds_of_noise_can_be_chosen(visit: Visit) -> None:
    before = pictures(visit)
    visit.page.select_option("#parameter", "bias")
    biases = pictures(visit)
    visit.page.check("#all-layers")
    whole = pictures(visit)
    visit.page.select_option("#noise-kind", "smooth-noise")
    assert changed(before, biases) == {"parameters 0"}
    assert changed(biases, whole) == {"parameters 0"}
    assert changed(whole, pictures(visit)) == {"noise 0"}
    assert "smooth noise" in visit.page.locator("#noise .reading").inner_text()


def test_play_goes_through_the_epochs_and_can_be_stopped(visit: Visit) -> None:
    play = visit.page.locator("#play")
    play.press("Enter")
    visit.page.wait_for_function("Number(document.getElementById('epoch').value) >= 2")
    assert play.get_attribute("aria-pressed") == "true"
    play.press("Enter")
    at = visit.page.locator("#epoch").input_value()
    visit.page.wait_for_timeout(600)
    assert visit.page.locator("#epoch").input_value() == at


def test_play_is_calm_where_less_motion_is_asked_for(browser: Browser, page_file: Path) -> None:
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")
    visit = Visit(context, page_file)
    visit.page.click("#play")
    seen = []
    for epoch in (1, 3):
        visit.page.wait_for_function(f"Number(document.getElementById('epoch').value) >= {epoch}")
        seen.append(time.monotonic())
    assert seen[1] - seen[0] > 1.2, "two epochs take two seconds; at the usual speed they would take 0.4"
    context.close()


def test_numbers_stand_in_tables_too(visit: Visit) -> None:
    visit.page.locator("#epoch").fill("7")
    for name in FIGURES:
        visit.page.locator(f"#{name} summary").press("Enter")
    visit.page.wait_for_function("document.querySelectorAll('figure details[open] tbody').length === 5")
    rows = visit.page.locator("#learning tbody tr")
    assert rows.count() == 51
    assert "answers " + rows.nth(7).locator("td").first.inner_text() in words(visit)[0]
    alpha = visit.page.locator("#alpha tbody tr", has_text="classifier.0").locator("td").nth(1).inner_text()
    assert alpha[:3] in visit.page.locator("#alpha .reading").inner_text()


def test_a_click_into_a_history_goes_to_its_epoch(visit: Visit) -> None:
    plot = visit.page.locator("#noise .plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    plot.click(position={"x": 66 + (box["width"] - 86) / 2, "y": box["height"] / 2})
    assert visit.page.locator("#epoch").input_value() == "25"


def test_films_play_with_subtitles_and_chapters(visit: Visit) -> None:
    film = visit.page.locator(".film")
    assert film.count() == 1
    film.locator("summary").click()
    film.locator("[data-seek]").nth(1).click()
    visit.page.wait_for_function("document.querySelector('video').currentTime >= 2.2")
    video = "document.querySelector('video')"
    assert visit.page.evaluate(f"{video}.error") is None
    cues = visit.page.evaluate(
        f"[...{video}.textTracks[0].cues].map(cue => [cue.startTime, cue.getCueAsHTML().textContent])"
    )
    assert cues == [[0, "The beginning."], [2, "The <end> & more."]]
    assert visit.page.evaluate(f"{video}.textTracks[0].mode") == "showing"
    assert film.locator(".gone").is_hidden()


def test_without_its_films_the_page_says_so(browser: Browser, page_file: Path, tmp_path: Path) -> None:
    alone = tmp_path / "index.html"
    alone.write_bytes(page_file.read_bytes())
    context = browser.new_context(viewport=DESK)
    visit = Visit(context, alone)
    visit.page.locator(".film summary").click()
    visit.page.locator("[data-seek]").first.click()
    visit.page.wait_for_selector(".gone", state="visible")
    assert len(pictures(visit)) == 6
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_everyone_can_read_it(browser: Browser, page_file: Path, scheme: str, viewport: dict[str, int]) -> None:
    context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
    visit = Visit(context, page_file)
    for summary in visit.page.locator("figure summary").all():
        summary.press("Enter")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    smallest = "Math.min(...[...document.querySelectorAll('p, li, td, th, label, select, button, summary, dd, dt')]"
    assert visit.page.evaluate(f"{smallest}.map(e => parseFloat(getComputedStyle(e).fontSize)))") >= 16
    assert visit.faults() == []
    assert visit.complaints == []
    context.close()


def test_it_follows_a_change_of_theme(visit: Visit) -> None:
    before = pictures(visit)
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_function("getComputedStyle(document.body).backgroundColor === 'rgb(14, 17, 22)'")
    visit.page.wait_for_timeout(300)
    assert changed(before, pictures(visit)) == set(before)
