"""Manim's command with the project's settings and nobody else's: `python -m weightreel.scenes.making.manim_alone`."""

from __future__ import annotations

from manim.__main__ import main

if __name__ == "__main__":
    main(prog_name="manim")
