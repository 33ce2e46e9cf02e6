"""One beat of a film: found by its name, drawn as the whole film draws it, and nothing but it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import Settings
from weightreel.cli import main
from weightreel.scenes.making.orders import QUALITIES
from weightreel.scenes.viewing.glimpse import glimpse, is_meant

FILM = """
from manim import DOWN, LEFT, PI, RIGHT, UP, Dot, FadeIn, Square
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film


class Mine(Film):
    def construct(self):
        dot, dial = Dot(radius=1), Timeline(self.epochs, [], self.zones.floor)
        self.ask("Mine", "Where does it go?", "A dot.", dot)
        self.beat("It moves", "It goes up, and turns into a square there.")
        self.play(FadeIn(dial), dot.animate.shift(2 * UP))
        self.run_clock(EpochClock(self.epochs), [dial], self.epochs, seconds=2)
        self.play(dot.animate.become(Square(1).shift(2 * UP)))
        self.beat("Another", "It is alone now.")
        self.clear_stage(dot)
        self.conclude("It went 2 units up.", dot.animate.rotate(PI / 3))
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(FILM)
    return path


def picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def test_a_beat_is_meant_by_its_beginning_or_number() -> None:
    assert is_meant(" it M", "It moves", 2)
    assert is_meant("2", "It moves", 2)
    assert not is_meant("moves", "It moves", 2)
    assert not is_meant(" ", "It moves", 2)


def test_a_still_of_a_beat_s_end_is_what_its_film_ends_on(film: Path, small_store: Path, tmp_path: Path) -> None:
    settings, size = Settings(store=str(small_store)), QUALITIES["l"]
    still = glimpse(str(film), "it", settings, tmp_path / "out")
    assert still == tmp_path / "out" / small_store.stem / "m" / "mine-It moves.png"
    moving = glimpse(str(film), "it", settings, tmp_path / "out", moving=True)
    with av.open(str(moving)) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    assert 3.5 * size.fps < len(frames) < 5.5 * size.fps
    shrunk = np.asarray(Image.open(still).resize((size.width, size.height), Image.Resampling.BOX)).astype(int)
    first, last = (np.asarray(frames[at]).astype(int) for at in (0, -1))
    assert np.abs(shrunk - last).mean() < 2.0
    assert np.abs(shrunk - first).mean() > 2 * np.abs(shrunk - last).mean()


def test_what_is_cleared_away_belongs_to_the_beat(film: Path, small_store: Path, tmp_path: Path) -> None:
    settings = Settings(store=str(small_store))
    before, cleared, after = (
        picture(glimpse(str(film), beat, settings, tmp_path / "out")) for beat in ("it", "another", "3")
    )
    assert (cleared == after).all()
    assert np.abs(before - cleared).mean() < 0.01


def test_one_that_is_not_there_is_answered_by_all(film: Path, small_store: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightreelError) as raised:
        glimpse(str(film), "?", Settings(store=str(small_store)), tmp_path / "out")
    there = "1 Question (0–1); 2 It moves (2–4); 3 Another (5–6); 4 Answer (7–10)."
    assert f"mine has no beat '?'; its beats, with their animations: {there}" in str(raised.value)


def test_the_command_prints_its_place(
    film: Path, small_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEIGHTREEL_STORE", str(small_store))
    assert main(["look", "mine.py", "--beat", "QUESTION"]) == 0
    assert capsys.readouterr().out == f"media/beats/{small_store.stem}/m/mine-Question.png\n"
    assert main(["look", str(small_store), "--films", "esd,mine.py", "--beat", "1"]) == 2
    assert "--beat is of one film" in capsys.readouterr().err
    assert main(["look", str(small_store), "--films", "esd", "--moving"]) == 2
    assert "name it with --beat" in capsys.readouterr().err
