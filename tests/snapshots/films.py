"""What the films of a store say: their scripts, and the words that each chapter brings to the screen.

`python -m tests.snapshots.films` prints it. Language and store are chosen by the environment when films are imported,
so each pair of them has a process of its own.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
from manim import config, tempconfig

from weightreel.scenes.making.orders import find_films

ROOT = Path(__file__).parents[2]
SMALL = {
    "pixel_width": 16, "pixel_height": 9, "frame_rate": 10, "dry_run": True, "progress_bar": "none",
    "verbosity": "ERROR",
}  # fmt: skip
"""Frames are drawn, for a film's times are theirs, but nobody looks at them."""
FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
"""Fonts that come with Matplotlib: a script that they lack leaves letters out, and no sentence depends on letters."""


def films(store: str, language: str = "en") -> str:
    """The scripts of all films of a store; where one has nothing to show, the sentence that says so."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("WEIGHTREEL_")}
    chosen = {"WEIGHTREEL_STORE": store, "WEIGHTREEL_LANG": language, "WEIGHTREEL_FONTS": str(FONTS)}
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        cwd=ROOT, env=clean | chosen, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the films of {store} in {language} could not be told:\n{done.stderr}")
    return done.stdout


def _told(name: str, folder: Path) -> str:
    """A film's script, and in each of its chapters what is to be read on the screen and nowhere before."""
    film = find_films()[name]
    spec = importlib.util.spec_from_file_location(name, film.path)  # as Manim loads it
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)

    class Told(getattr(module, film.scene)):  # type: ignore[misc]
        def setup(self) -> None:
            self.read: dict[str, int] = {}
            super().setup()

        def play(self, *arguments: Any, **options: Any) -> None:
            super().play(*arguments, **options)
            for part in (part for mobject in self.mobjects for part in mobject.get_family()):
                self.read.setdefault(" ".join(str(getattr(part, "said", "")).split()), len(self.beats))

    config.output_file = str(folder / name)  # the script is written there, though no video is
    told = Told()
    told.render()
    script = (folder / f"{name}.md").read_text(encoding="utf-8")
    spoken, parts = script.replace("\\", ""), script.split("\n## ")
    for number in range(len(parts) - 1):
        if words := [text for text, chapter in told.read.items() if text not in spoken and chapter == number]:
            parts[number + 1] = parts[number + 1].rstrip("\n") + f"\n\nScreen: {' | '.join(words)}\n"
    return "\n## ".join(parts)


def _all(folder: Path) -> Iterator[str]:
    for name in find_films():
        refused = io.StringIO()
        try:
            with contextlib.redirect_stderr(refused):
                yield f"<!-- {name} -->\n{_told(name, folder)}"
        except SystemExit as left:
            yield f"<!-- {name} -->\nexit code {left.code}: {refused.getvalue()}"


def main() -> None:
    """Print what the films say of the store that the environment names."""
    with tempfile.TemporaryDirectory() as folder, tempconfig(SMALL | {"media_dir": folder}):
        sys.stdout.write("\n".join(_all(Path(folder))))


if __name__ == "__main__":
    main()
