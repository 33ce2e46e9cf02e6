"""What a film says: its script, its chapters, and a voice that its timing follows."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from manim import RIGHT, Dot, FadeIn, Square, tempconfig

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import current, holding
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.kit import film as kit_film
from weightreel.scenes.kit.beats import BREATH, SMALL_PRINT, Beat, chapters_of, script_of, seconds_to_read
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.stage import HOLD
from weightreel.scenes.kit.voice import Speech

ROOT = Path(__file__).parents[3]
RATE = 16_000
SPOKEN = {"First, and at length.": 2.5, "Second.": 0.4, "Last.": 1.7}
"""Seconds that the voice of these tests takes for a sentence."""
DETAIL = "a detail in smaller letters"


def write_tone(path: Path, seconds: float) -> Path:
    """A WAV file with a tone from its beginning to its end."""
    samples = np.sin(np.arange(round(seconds * RATE)) * 2 * np.pi * 440 / RATE)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((samples * 12_000).astype(np.int16).tobytes())
    return path


class Metronome:
    """A voice that takes the seconds of SPOKEN."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def speech(self, sentence: str) -> Speech:
        path = write_tone(self.folder / f"{len(sentence)}.wav", SPOKEN[sentence])
        return Speech(path, SPOKEN[sentence])


class Told(Film):
    """Three beats with a voice, and one that is over at once."""

    def construct(self) -> None:
        self.beat("One", "First, and at length.")
        self.wait(0.5)
        self.beat("Nothing", "Of no length.")
        self.take_away("Two", "Second.", DETAIL)
        self.beat("Three", "Last.", notes="Last. And more for the speaker.")
        self.play(FadeIn(Square()), run_time=0.5)


@pytest.fixture
def spoken(small: Path, monkeypatch: pytest.MonkeyPatch) -> Film:
    """The film, told by the metronome."""
    monkeypatch.setattr(kit_film, "chosen", lambda: Metronome(small))
    film = Told()
    film.render()
    return film


def samples_of(path: Path) -> np.ndarray:
    """Loudness of a film's sound, a value a hundredth of a second."""
    with av.open(str(path)) as film:
        (stream,) = film.streams.audio
        heard = np.concatenate([frame.to_ndarray().mean(0) for frame in film.decode(stream)])
        each = stream.rate // 100
    return np.sqrt((heard[: len(heard) // each * each].reshape(-1, each) ** 2).mean(1))


def test_every_beat_has_its_time_and_notes(small: Path) -> None:
    film = Told()
    with tempconfig({"dry_run": True}):
        film.render()
    assert [beat.name for beat in film.beats] == ["One", "Two", "Three"]
    assert [beat.notes for beat in film.beats] == [
        "First, and at length.", f"Second. {DETAIL}", "Last. And more for the speaker.",
    ]  # fmt: skip
    assert [beat.start for beat in film.beats[1:]] == [beat.end for beat in film.beats[:-1]]
    assert film.beats[-1].end == pytest.approx(float(film.time))
    for beat in film.beats:
        assert beat.end - beat.start >= seconds_to_read(beat.caption) - 0.1


def test_a_beat_without_a_caption_is_refused(small: Path) -> None:
    """It would be a slide without notes."""
    with pytest.raises(ValueError, match="'One' has no caption"):
        Told().beat("One", " ")


def test_the_script_has_what_to_say_and_when() -> None:
    beats = [Beat("One", "It rises.", "It rises.", 0.0, 4.6), Beat("Two", "a_b * c", "a_b * c Why: noise.", 4.6, 65.2)]
    assert script_of("Weights", beats) == (
        "# Weights\n\nNarration of a film of 1:05.\n\n## 0:00–0:05 One\n\nIt rises.\n\n"
        "## 0:05–1:05 Two\n\na_b \\* c\n\n> Notes: Why: noise.\n"
    )


def test_chapters_follow_each_other() -> None:
    one, two = chapters_of([Beat("A", "a", "a", 0.0, 1.25), Beat("B", "b", "b", 1.25, 3.0)])
    assert (one["start"], one["end"], two["start"], two["end"]) == (0, 1250, 1250, 3000)


class TestAVoice:
    def test_a_beat_lasts_until_its_sentence_has_been_spoken(self, spoken: Film) -> None:
        one, two, three = spoken.beats
        assert one.end - one.start == pytest.approx(SPOKEN[one.caption] + BREATH, abs=0.15)
        needed = SPOKEN[two.caption] + BREATH + len(DETAIL) / SMALL_PRINT
        assert two.end - two.start == pytest.approx(max(needed, 4.0), abs=0.15)
        assert three.end - three.start == pytest.approx(SPOKEN[three.caption] + BREATH, abs=0.15)

    def test_it_is_heard_in_the_film_and_no_sentence_is_cut(self, spoken: Film) -> None:
        path = spoken.renderer.file_writer.movie_file_path
        loud = samples_of(path) > 0.05
        assert len(loud) / 100 == pytest.approx(spoken.beats[-1].end, abs=0.1)
        for beat in spoken.beats:
            heard = np.flatnonzero(loud[round(100 * beat.start) : round(100 * beat.end)]) / 100
            assert heard[0] <= 0.05
            assert heard[-1] == pytest.approx(SPOKEN[beat.caption], abs=0.08)
            assert len(heard) / 100 == pytest.approx(SPOKEN[beat.caption], abs=0.08)

    def test_chapters_captions_and_script_tell_the_same_times(self, spoken: Film, small: Path) -> None:
        path = spoken.renderer.file_writer.movie_file_path
        with av.open(str(path)) as film:
            chapters = [(c["metadata"]["title"], c["start"] * float(c["time_base"])) for c in film.chapters()]
            frames = sum(1 for _ in film.decode(video=0))
        assert [name for name, _ in chapters] == ["One", "Two", "Three"]
        assert [start for _, start in chapters] == pytest.approx([beat.start for beat in spoken.beats], abs=0.01)
        assert frames == round(10 * spoken.beats[-1].end)
        captions = spoken.renderer.file_writer.subcaptions
        assert [c.content for c in captions] == [beat.caption for beat in spoken.beats]
        script = path.with_suffix(".md").read_text("utf-8")
        assert script.startswith("# told\n")
        assert "> Notes: And more for the speaker." in script

    def test_without_one_there_is_no_sound(self, small: Path) -> None:
        film = Told()
        film.render()
        with av.open(str(film.renderer.file_writer.movie_file_path)) as file:
            assert not file.streams.audio
            assert len(file.chapters()) == 3

    def test_slides_are_left_to_their_speaker(self, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEIGHTREEL_VOICE", "nobody")
        monkeypatch.setattr(Told, "next_slide", lambda *_, **__: None, raising=False)
        film = Told()
        film.settings = replace(film.settings, slides=True)
        with tempconfig({"dry_run": True}):
            film.render()
        assert not film.renderer.file_writer.includes_sound


def test_without_a_voice_nothing_of_it_is_imported() -> None:
    code = (
        "import sys; from weightreel.scenes.kit.film import chosen; "
        "print(chosen(), 'weightreel.scenes.kit.espeak' in sys.modules)"
    )
    silent = {name: value for name, value in os.environ.items() if not name.startswith("WEIGHTREEL_")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=silent, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-2:] == ["None", "False"]


class Repeating(Film):
    """A slide that repeats itself after one that does not; `shown` is what it begins with, and how long it is."""

    def next_slide(self, *, loop: bool, **_: object) -> None:
        self.looping = loop

    def play(self, *animations: object, **options: object) -> None:
        super().play(*animations, **options)
        if self.looping and self.shown is None:
            said = [part.said for m in self.mobjects for part in m.get_family() if hasattr(part, "said")]
            self.shown = " ".join(said), float(self.time)

    def construct(self) -> None:
        self.shown: tuple[str, float] | None = None
        self.beat("Title", "It begins.")
        self.title_card("Weights", "What training does.")
        began = float(self.time)
        self.beat("One clock", "It runs.", loop=True)
        self.sweep(EpochDial(self.run.epochs), seconds=1.0)
        self.lasted = float(self.time) - began


@pytest.mark.parametrize("slides", [True, False])
def test_a_slide_that_repeats_itself_begins_with_its_own_picture(slides: bool, small: Path) -> None:
    film = Repeating()
    film.settings = replace(film.settings, slides=slides)
    film.looping = False
    with tempconfig({"dry_run": True}):
        film.render()
    assert film.looping is slides
    if slides:
        assert film.shown is not None
        assert "What training does." not in film.shown[0]
        assert "Weights" in film.shown[0]
        assert film.lasted == pytest.approx(1.0 + HOLD)
    else:
        assert film.lasted == pytest.approx(1.8), "a film fades in, and does not wait"


class Moved(Film):
    """Four beats, of which the third begins with what the second left, and the last says its sentence on screen."""

    def construct(self) -> None:
        self.beat("One", "First.")
        dot = Dot()
        self.play(FadeIn(dot), run_time=1.0)
        self.beat("Two", "Second.")
        self.play(dot.animate(run_time=2.0).shift(RIGHT))
        self.beat("Three", "Third.")
        self.at_three = float(dot.get_x())
        self.wait(1.0)
        self.conclude("Fourth.", details=["Small."], seconds=1.0)


def told(text: str, small: Path, **settings: Any) -> Moved:
    """The film as a talk has it, drawn."""
    path = small / "talk.toml"
    path.write_text(text)
    with holding(replace(current(), talk=str(path), **settings)):
        film = Moved()
        film.draw()
    return film


def spans(film: Film) -> dict[str, float]:
    """Seconds of each beat."""
    return {beat.name: round(beat.end - beat.start, 2) for beat in film.beats}


PLAIN = {"One": 1.0, "Two": 2.0, "Three": 1.0}


def test_a_chapter_has_its_own_pace_and_a_film_the_talks(small: Path) -> None:
    film = told("", small)
    plain = spans(film)
    assert {name: plain[name] for name in PLAIN} == PLAIN
    film = told("[film.test_beats]\npace = 0.5\n[film.test_beats.chapter.Two]\npace = 2\n", small, pace=4.0)
    assert {name: spans(film)[name] for name in PLAIN} == {"One": 2.0, "Two": 1.0, "Three": 2.0}
    slow = told("", small, pace=0.5)
    assert spans(slow)["Answer"] == pytest.approx(2 * plain["Answer"], abs=0.3)
    assert (small / "told.mp4").is_file()


def test_what_is_read_stays_until_it_can_have_been(small: Path) -> None:
    long = "A sentence that takes three seconds to read out of a film."
    film = told(f'[film.test_beats.chapter.One]\nsay = "{long}"\n', small, pace=4.0)
    assert spans(film)["One"] == pytest.approx(seconds_to_read(long), abs=0.15)


def test_a_chapter_that_is_left_out_leaves_the_stage_as_it_was_and_takes_no_time(small: Path) -> None:
    film = told('[film.test_beats]\nleave_out = ["Two"]\n', small)
    assert [beat.name for beat in film.beats] == ["One", "Three", "Answer"]
    assert film.at_three == pytest.approx(1.0)
    assert film.beats[1].start == pytest.approx(1.0)
    with av.open(str(small / "told.mp4")) as container:
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(film.beats[-1].end, abs=0.15)
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["One", "Three", "Answer"]
    said = (small / "told.srt").read_text()
    assert "Third." in said
    assert "Second." not in said


def test_a_chapter_says_what_the_talk_says(small: Path) -> None:
    own = '[film.test_beats.chapter]\nOne = {say = "Mine.", notes = "Ask."}\nAnswer = {say = "Last."}\n'
    film = told(own, small)
    assert [(beat.caption, beat.notes) for beat in film.beats] == [
        ("Mine.", "Ask."), ("Second.", "Second."), ("Third.", "Third."), ("Last.", "Last. Small."),
    ]  # fmt: skip
    assert any(getattr(part, "said", "") == "Last." for mobject in film.mobjects for part in mobject.get_family())
    assert "Mine." in (small / "told.md").read_text()


def test_a_chapter_that_did_not_come_is_told_and_a_film_of_none_is_refused(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told('[film.test_beats]\nleave_out = ["Five"]\n', small)
    assert "film.test_beats: " in (err := capsys.readouterr().err)
    assert "has nothing for 'Five'; test_beats tells: One, Two, Three, Answer." in " ".join(err.split())
    with pytest.raises(WeightreelError, match="leave_out leaves nothing of test_beats"):
        told('[film.test_beats]\nleave_out = ["One", "Two", "Three", "Answer"]\n', small)
