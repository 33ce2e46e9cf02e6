"""A voice that speaks a film's captions, where WEIGHTREEL_VOICE names one; the film's timing follows it.

Voices are manim-voiceover's speech services: `espeak` (the program espeak-ng, no network), those of SERVICES, or
`module:Class` for a `SpeechService` of one's own. What was spoken is kept in WEIGHTREEL_VOICE_FOLDER, so that a
sentence is spoken once, and one that was recorded is found again.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from manim.scene.scene_file_writer import convert_audio
from pydub import AudioSegment

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.language import language, phrase
from weightreel.analysis.settings import current

if TYPE_CHECKING:
    from manim_voiceover.services.base import SpeechService


class Known(NamedTuple):
    """A service, the modules that it needs, and manim-voiceover's extra that brings them."""

    service: str
    modules: tuple[str, ...] = ()
    extra: str = ""


SERVICES: Mapping[str, Known] = {
    "espeak": Known("weightreel.scenes.kit.espeak:EspeakService"),
    "azure": Known("manim_voiceover.services.azure:AzureService", ("azure.cognitiveservices.speech",), "azure"),
    "elevenlabs": Known("manim_voiceover.services.elevenlabs:ElevenLabsService", ("elevenlabs",), "elevenlabs"),
    "gemini": Known("manim_voiceover.services.gemini:GeminiService", ("google.genai",), "gemini"),
    "gtts": Known("manim_voiceover.services.gtts:GTTSService", ("gtts",), "gtts"),
    "openai": Known("manim_voiceover.services.openai:OpenAIService", ("openai",), "openai"),
    "pyttsx3": Known("manim_voiceover.services.pyttsx3:PyTTSX3Service", ("pyttsx3",), "pyttsx3"),
    "recorder": Known("manim_voiceover.services.recorder:RecorderService", ("pyaudio", "pynput"), "recorder"),
}
DEFAULT_FOLDER = "media/voice"
"""Relative to the working directory."""
OTHERWISE = "or choose another voice, such as WEIGHTREEL_VOICE=espeak, or none by unsetting it"


@dataclass(frozen=True)
class Speech:
    """A sentence as it was spoken."""

    path: Path
    """A WAV file."""
    seconds: float


class Voice:
    """Speaks sentences, and keeps what it has spoken.

    Args:
        name: of the service, as WEIGHTREEL_VOICE has it.
        service: speaks what is not kept yet.
        folder: for the sentences.
    """

    def __init__(self, name: str, service: SpeechService, folder: Path) -> None:
        self.name, self.folder = name, folder
        self._service = service

    def speech(self, sentence: str) -> Speech:
        """The sentence, spoken now or before.

        Raises:
            WeightreelError: the service fails, for example because there is no network.
        """
        sentence = aloud(sentence)
        key = "\0".join((self.name, language(), sentence))
        spoken = self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.wav"
        if not spoken.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            # Films side by side may speak the same sentence: it is put in its place whole.
            with tempfile.TemporaryDirectory(dir=self.folder, prefix=".") as work:
                self._speak(sentence, Path(work)).replace(spoken)
        return Speech(spoken, AudioSegment.from_file(spoken, "wav").duration_seconds)

    def _speak(self, sentence: str, work: Path) -> Path:
        try:
            spoken = work / self._service.generate_from_text(sentence, cache_dir=work)["original_audio"]
            wave = work / "speech.wav"
            if spoken.read_bytes()[:4] == b"RIFF":  # whatever its name says
                spoken.replace(wave)
            else:
                convert_audio(spoken, wave, "pcm_s16le")
        except WeightreelError:
            raise
        except Exception as error:  # each service has errors of its own
            raise WeightreelError(
                f"WEIGHTREEL_VOICE={self.name} could not speak {sentence[:40]!r} ({_line(error)}); is its service "
                f"to be reached? Try again, {OTHERWISE}."
            ) from error
        return wave


def chosen() -> Voice | None:
    """The voice that WEIGHTREEL_VOICE names, None where it is unset.

    Raises:
        WeightreelError: it is unknown, or what it needs is not installed.
    """
    name = current().voice
    if not name:
        return None
    if name not in SERVICES and ":" not in name:
        raise WeightreelError(
            f"WEIGHTREEL_VOICE={name} is not known; set it to one of: {', '.join(SERVICES)}, or to module:Class, a "
            "SpeechService of manim-voiceover's kind."
        )
    if not _installed("manim_voiceover"):
        raise WeightreelError(
            f"WEIGHTREEL_VOICE={name} needs manim-voiceover; install it with: pip install 'weightreel[voice]', or "
            "unset WEIGHTREEL_VOICE."
        )
    folder = Path(current().voice_folder or DEFAULT_FOLDER).resolve()
    known = SERVICES.get(name) or Known(name)
    if missing := [module for module in known.modules if not _installed(module)]:
        raise WeightreelError(
            f"WEIGHTREEL_VOICE={name} needs {' and '.join(missing)}; install it with: pip install "
            f"'manim-voiceover[{known.extra}]', {OTHERWISE}."
        )
    return Voice(name, _started(name, known.service, folder), folder)


def aloud(sentence: str) -> str:
    """A caption as it is spoken: what voices leave out or spell is in words."""

    def power(found: re.Match[str]) -> str:
        of = {"number": found[1], "power": f"{found[2]}{int(found[3])}".lstrip("+")}
        return phrase("{number} times ten to the power of {power}", **of)

    sentence = re.sub(r"([\d.]+)e([−+])(\d+)", power, sentence)
    sentence = re.sub(r"(?<=\d)–(?=\d)|→", " " + phrase("to") + " ", sentence)
    return " ".join(sentence.replace("ᵀ", " " + phrase("transposed") + " ").split())


def _started(name: str, service: str, folder: Path) -> SpeechService:
    module, _, kind = service.partition(":")
    try:
        service = getattr(importlib.import_module(module), kind)
        # Without a model of its own: the words' times within a sentence are not used.
        options: dict[str, Any] = {"cache_dir": folder, "transcription_model": None}
        if "lang" in inspect.signature(service).parameters:
            options["lang"] = language()
        return service(**options)
    except WeightreelError:
        raise
    except Exception as error:
        raise WeightreelError(
            f"WEIGHTREEL_VOICE={name} could not be started ({_line(error)}); correct what it needs, {OTHERWISE}."
        ) from error


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that holds it
        return False


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
