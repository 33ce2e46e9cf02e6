"""A lecture in a window: what is handed to manim-slides' player, and what is said where there is no Qt."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from manim_slides.config import PresentationConfig

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import Settings
from weightreel.scenes.making import deck, present

FILMS = ("Weights", "Biases")


@pytest.fixture
def chapters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, PresentationConfig]]:
    """Two films as slides, each in a folder of its own with paths relative to it, as manim-slides leaves them."""
    monkeypatch.chdir(tmp_path)
    found = []
    for scene in FILMS:
        file = Path("slides") / "files" / f"{scene}.mp4"
        place = tmp_path / scene.lower()
        (place / file).parent.mkdir(parents=True)
        (place / file).write_bytes(b"a video")
        slide = {"file": str(file), "rev_file": str(file), "loop": scene == "Biases", "notes": scene}
        (place / "slides" / f"{scene}.json").write_text(json.dumps({"slides": [slide]}))
        found.append((scene, PresentationConfig.from_file(Path(scene.lower()) / "slides" / f"{scene}.json")))
    return found


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The player's command line in `command`; `code` is what it ends with."""
    told: dict[str, Any] = {"code": 0}

    def run(command: list[str], check: bool) -> SimpleNamespace:
        told["command"] = command
        return SimpleNamespace(returncode=told["code"])

    monkeypatch.setattr(subprocess, "run", run)
    return told


def test_the_player_gets_the_chapters_in_order_from_one_folder(
    chapters: list[tuple[str, PresentationConfig]], called: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "list"
    present.present(chapters, folder, ["--full-screen"])
    assert called["command"][1:] == [
        "-m", "manim_slides", "present", "--folder", str(folder), "--full-screen", *FILMS,
    ]  # fmt: skip
    for scene in FILMS:
        (slide,) = PresentationConfig.from_file(folder / f"{scene}.json").slides
        assert slide.file.is_absolute() and slide.file.read_bytes() == b"a video"
        assert slide.loop == (scene == "Biases")
        assert slide.notes == scene


def test_where_the_player_fails_there_is_a_way_round(
    chapters: list[tuple[str, PresentationConfig]], called: dict[str, Any], tmp_path: Path
) -> None:
    called["code"] = -6
    with pytest.raises(WeightreelError, match=r"exit code -6.*open the HTML deck"):
        present.present(chapters, tmp_path / "list")


def test_without_qt_nothing_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(present, "find_spec", lambda _: None)
    monkeypatch.setattr(deck, "chapters_of", lambda *_: pytest.fail("it went on"))
    with pytest.raises(WeightreelError, match=r"pip install 'manim-slides\[pyside6\]'.*open the HTML deck"):
        deck.show_deck("biases", Settings())


def test_either_binding_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(present, "find_spec", lambda name: name if name == "PyQt6" else None)
    present.need_qt()
