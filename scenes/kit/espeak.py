"""The program espeak-ng as a speech service of manim-voiceover's: no network and no account, and many languages."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from manim_voiceover.services.base import SpeechService

from weightreel.analysis.errors import WeightreelError

PROGRAMS = ("espeak-ng", "espeak")
SPEED = 160
"""Words a minute; the program's own are 175, in films with much to see a little fast."""


class EspeakService(SpeechService):
    """Speaks by espeak-ng.

    Args:
        lang: one of `espeak-ng --voices`, such as `en` or `hi`.

    Raises:
        WeightreelError: the program is not installed.
    """

    def __init__(self, lang: str = "en", **kwargs: Any) -> None:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None:
            raise WeightreelError(
                "WEIGHTREEL_VOICE=espeak needs the program espeak-ng; install it (apt install espeak-ng, or "
                "brew install espeak-ng), or unset WEIGHTREEL_VOICE."
            )
        self._program, self._lang = program, lang
        super().__init__(**kwargs)

    def generate_from_text(self, text: str, cache_dir: Any = None, path: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Speak into a WAV file below `cache_dir`.

        Raises:
            WeightreelError: the program fails, for example because it does not know the language.
        """
        said = {"input_text": text, "service": "espeak", "config": {"lang": self._lang, "speed": SPEED}}
        name = str(path or f"{self.get_audio_basename(said)}.wav")
        file = Path(cache_dir or self.cache_dir) / name
        command = [self._program, "-v", self._lang, "-s", str(SPEED), "-w", str(file), "--stdin"]
        done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False)
        if done.returncode or not file.is_file():  # where it cannot write it says so and returns 0
            why = " ".join(done.stderr.split())
            raise WeightreelError(
                f"{Path(self._program).name} could not speak in the language {self._lang} ({why}); choose "
                "another voice by WEIGHTREEL_VOICE, or none by unsetting it."
            )
        return {"input_text": text, "input_data": said, "original_audio": name}
