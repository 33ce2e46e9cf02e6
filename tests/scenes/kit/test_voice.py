"""A voice that speaks a film's captions, where WEIGHTREEL_VOICE names one; the film's timing follows it."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from manim import tempconfig
from pydub import AudioSegment

from tests.scenes.kit.test_beats import Told, write_tone
from weightreel.analysis.errors import WeightreelError
from weightreel.scenes.kit import voice
from weightreel.scenes.kit.voice import Voice, aloud, chosen


class Fake:
    """A speech service of a second; it counts how often it speaks."""

    def __init__(self, cache_dir: Path, transcription_model: None, lang: str = "") -> None:
        self.lang, self.said = lang, []
        assert transcription_model is None

    def generate_from_text(self, text: str, cache_dir: Path) -> dict[str, Any]:
        self.said.append(text)
        return {"original_audio": write_tone(cache_dir / "called.mp3", 1.0).name}


def test_a_sentence_is_spoken_once(tmp_path: Path) -> None:
    service = Fake(tmp_path, None)
    speaker = Voice("fake", service, tmp_path / "kept")
    first, again = speaker.speech("So it  is."), speaker.speech("So it is.")
    assert first == again
    assert first.seconds == pytest.approx(1.0)
    assert service.said == ["So it is."]
    assert AudioSegment.from_file(first.path, "wav").rms > 1000
    assert Voice("other", service, tmp_path / "kept").speech("So it is.").path != first.path
    assert [path.suffix for path in (tmp_path / "kept").iterdir()] == [".wav", ".wav"]


def test_another_format_is_kept_as_wave(tmp_path: Path) -> None:
    class Compressed(Fake):
        def generate_from_text(self, text: str, cache_dir: Path) -> dict[str, Any]:
            voice.convert_audio(write_tone(cache_dir / "a.wav", 1.0), cache_dir / "a.mp3", "mp3")
            return {"original_audio": "a.mp3"}

    said = Voice("fake", Compressed(tmp_path, None), tmp_path).speech("So it is.")
    assert said.seconds == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("sentence", "spoken_as"),
    [
        ("Epochs 41–50: 0.7 → 1e−06.", "Epochs 41 to 50: 0.7 to 1 times ten to the power of −6."),
        ("2.5e+03 of WᵀW", "2.5 times ten to the power of 3 of W transposed W"),
        ("well-known – as it were", "well-known – as it were"),
    ],
)
def test_signs_are_spoken(sentence: str, spoken_as: str) -> None:
    assert aloud(sentence) == spoken_as


def test_ones_own_speaks_the_films_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "_installed", lambda _: True)
    monkeypatch.setattr(voice, "language", lambda: "hi")
    monkeypatch.setenv("WEIGHTREEL_VOICE_FOLDER", str(tmp_path))
    monkeypatch.setenv("WEIGHTREEL_VOICE", f"{__name__}:Fake")
    speaker = chosen()
    assert speaker is not None
    assert speaker._service.lang == "hi"


class Silent(Fake):
    """A service that cannot be reached."""

    def generate_from_text(self, text: str, cache_dir: Path) -> dict[str, Any]:
        raise ConnectionError("no route\nto host")


class Broken(Fake):
    """A service that does not start."""

    def __init__(self, **_: object) -> None:
        raise EOFError


class TestBadInput:
    """One sentence that names the remedy."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEIGHTREEL_VOICE_FOLDER", str(tmp_path))
        monkeypatch.setattr(voice, "_installed", lambda module: module == "manim_voiceover")

    def refused(self, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setenv("WEIGHTREEL_VOICE", name)
        with pytest.raises(WeightreelError) as error:
            chosen()
        assert len(str(error.value).splitlines()) == 1
        return str(error.value)

    def test_an_unknown_voice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "espeak, azure" in self.refused("nobody", monkeypatch)

    def test_without_manim_voiceover(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(voice, "_installed", lambda _: False)
        assert "pip install 'weightreel[voice]'" in self.refused("espeak", monkeypatch)

    @pytest.mark.parametrize("name", [name for name, known in voice.SERVICES.items() if known.extra])
    def test_without_what_a_service_needs(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        assert f"pip install 'manim-voiceover[{name}]'" in self.refused(name, monkeypatch)

    @pytest.mark.skipif(find_spec("manim_voiceover") is None, reason="manim-voiceover is not installed")
    def test_without_the_program(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "which", lambda _: None)
        assert "apt install espeak-ng" in self.refused("espeak", monkeypatch)

    @pytest.mark.parametrize("place", ["nowhere:Nobody", f"{__name__}:Nobody", f"{__name__}:Broken"])
    def test_one_of_ones_own_that_does_not_start(self, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "could not be started" in self.refused(place, monkeypatch)

    def test_a_service_that_fails(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEIGHTREEL_VOICE", f"{__name__}:Silent")
        speaker = chosen()
        assert speaker is not None
        with pytest.raises(WeightreelError, match=r"no route to host.*Try again, or choose another voice"):
            speaker.speech("So it is.")
        assert list(tmp_path.iterdir()) == []

    def test_a_film_leaves_with_2(self, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEIGHTREEL_VOICE", f"{__name__}:Silent")
        with tempconfig({"dry_run": True}), pytest.raises(SystemExit) as left:
            Told().render()
        assert left.value.code == 2
