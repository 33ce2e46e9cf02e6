"""A store whose clock counts steps says epoch nowhere: tables, Markdown, stills, page and films, in any language."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.made.store import synthetic_store
from tests.snapshots import faces
from tests.snapshots.films import films
from weightreel.analysis.findings.words.language import speaking, translated
from weightreel.analysis.maths.phases import VALIDATION_RULE
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.page.build import Charts, page_html

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "hi")
IN_WORDS = (*LANGUAGES, "de")
"""Of faces that are drawn in no time."""
STEPS_A_RECORD = 40


def test_tables_and_stills_say_whose_clock_they_mean() -> None:
    """They speak of runs of several clocks, so that no word is held for all of them as it is in a film."""
    bare = [
        f"{path}: {ast.unparse(call)}"
        for room in ("tables", "stills", "export")
        for path in sorted((ROOT / "analysis" / room).glob("*.py"))
        for call in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("phrase", "phrase_n")
        if any("{clock" in ast.unparse(argument).lower() for argument in call.args)
        if not {"clock", None} & {keyword.arg for keyword in call.keywords}
    ]
    assert bare == []


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that a store may hold, of the report's networks and of defences, two seeds each, counted by steps."""
    path = tmp_path_factory.mktemp("steps") / "steps.h5"
    synthetic_store(
        path, epochs=14, n_layers=3, models=("cnn", "spectral-cnn", "gaussian-cnn"), seeds=(0, 1), trials=60,
        history_trials=30, sample=8, drawn=256,
    )  # fmt: skip
    with Store(path) as store:
        contents, runs = store.contents(), list(store.runs)
    for run in runs:
        root = f"/runs/{run}"
        contents.describe(root, clock="step", source="made up")
        contents.describe(f"{root}/phase/validation", rule=VALIDATION_RULE)
        counted = contents.datasets[f"{root}/epoch"]
        contents.datasets[f"{root}/epoch"] = counted * STEPS_A_RECORD
        contents.datasets[f"{root}/step"] = (counted * STEPS_A_RECORD).astype(np.int64)
    write(path, contents)
    return path


def words_for_epochs(text: str) -> list[str]:
    """Lines that name an epoch, in any of the languages, as people read it."""
    return [line for line in text.splitlines() if re.search(r"\bepochs?\b|\bepochen?\b|एपॉक", line, re.IGNORECASE)]


def test_a_line_that_names_an_epoch_is_found() -> None:
    assert words_for_epochs("Step 3\nthe last Epochs\nएपॉक 3") == ["the last Epochs", "एपॉक 3"]
    for code in IN_WORDS:
        with speaking(code):
            assert words_for_epochs(translated("epoch")) and words_for_epochs(translated("epochs"))


FIGURE_NAMES = re.compile(r"^[a-z0-9-]+: \S+ × \S+ inches", re.MULTILINE)
"""Lines that name a figure's file."""


@pytest.mark.parametrize(
    ("face", "language"),
    [*product((faces.show, faces.markdown), IN_WORDS), *product((faces.figures,), LANGUAGES)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_tables_and_stills(face: Callable[[str], str], steps: Path, language: str) -> None:
    with speaking(language):
        said, step = FIGURE_NAMES.sub("", face(str(steps))), translated("step")
    assert len(said) > 1000 and step in said
    assert words_for_epochs(said) == []


class Page(HTMLParser):
    """What a page says: text, attributes that are read aloud, and the data of its script."""

    READ = ("aria-label", "title", "alt", "content", "placeholder")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.data: Any = None
        self._element = ("", "")
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._element = (tag, found.get("type") or "")
        self.texts += [text for name in self.READ if (text := found.get(name))]

    def handle_data(self, data: str) -> None:
        if self._element == ("script", "application/json"):
            self.data = json.loads(data)
        elif self._element[0] not in ("script", "style"):
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._element = ("", "")


def strings_in(data: Any) -> Iterator[str]:
    """The texts of JSON, but for names of its fields."""
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, list):
        for value in data:
            yield from strings_in(value)
    elif isinstance(data, str):
        yield data


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page(steps: Path, language: str, tmp_path: Path) -> None:
    with speaking(language), Store(steps) as store:
        page = Page(page_html(store, [], Charts("", "0"), tmp_path / "index.html"))
        step = translated("step")
    said = [*page.texts, *strings_in(page.data)]
    assert len(said) > 500 and any(step in text for text in said)
    assert words_for_epochs("\n".join(said)) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_films(steps: Path, language: str) -> None:
    said = films(str(steps), language)
    with speaking(language):
        assert said.count(translated("step")) > 20
    assert words_for_epochs(said) == []
