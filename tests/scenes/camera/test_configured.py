"""A user's own manim.cfg reaches no film, and what Manim's settings cannot draw is refused in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from manim import config, tempconfig
from manim.constants import RendererType

from weightreel.analysis.places import ROOT
from weightreel.scenes.camera.configured import compose_frame, nothing_drawn, our_settings, refused_frame

HARMFUL = """[CLI]
frame_height = 4
frame_width = 5
from_animation_number = 2
upto_animation_number = 4
renderer = opengl
save_last_frame = True
transparent = True
"""


@pytest.mark.parametrize("written", [HARMFUL, "this is no configuration\n"], ids=["harmful", "broken"])
@pytest.mark.parametrize("where", [".config/manim", "."], ids=["home", "working folder"])
def test_a_users_own_settings_do_not_reach_films(tmp_path: Path, where: str, written: str) -> None:
    (tmp_path / where).mkdir(parents=True, exist_ok=True)
    (tmp_path / where / "manim.cfg").write_text(written, encoding="utf-8")
    code = (
        "import weightreel.scenes, manim\n"
        "c = manim.config\n"
        "print(c.frame_height, c.upto_animation_number, c.renderer.name, c.save_last_frame, c.transparent,"
        " c.encoder_queue_size, manim.__spec__.loader.__class__.__name__)"
    )
    environment = os.environ | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["8.0", "inf", "CAIRO", "False", "False", "4", "SourceFileLoader"], done.stderr


def test_settings_of_a_manim_that_was_imported_before_are_overridden() -> None:
    with tempconfig({"frame_height": 4.0, "upto_animation_number": 3}), tempconfig(our_settings()):
        assert config.frame_height == 8 and config.upto_animation_number == float("inf")


def test_a_frame_of_another_height_is_composed_as_films_are() -> None:
    with tempconfig({"pixel_width": 640, "pixel_height": 360, "frame_height": 4.0, "frame_width": 5.0}):
        compose_frame()
        assert (config.frame_height, config.frame_width) == (8.0, pytest.approx(8 * 16 / 9))
    with tempconfig({"pixel_width": 640, "pixel_height": 480}):
        compose_frame()
        assert config.frame_width == pytest.approx(8 * 16 / 9), "as Manim's --resolution draws it"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pixel_width": 641}, "even numbers"),
        ({"pixel_width": 0, "pixel_height": 0}, "0×0 pixels"),
        ({"frame_rate": 0}, "frames a second"),
        ({"from_animation_number": 5, "upto_animation_number": 3}, "from 5 to 3"),
        ({"from_animation_number": -3}, "from -3"),
    ],
)
def test_what_cannot_be_drawn_is_refused(settings: dict[str, object], said: str) -> None:
    with tempconfig({"dry_run": False, "write_to_movie": True} | settings):
        assert said in str(refused_frame())


def test_another_renderer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # Setting it as Manim does would turn the classes of this process into those of OpenGL for good.
    monkeypatch.setitem(config._d, "renderer", RendererType.OPENGL)
    assert "renderer Cairo" in str(refused_frame())


def test_ranges_and_usual_frames_are_drawn() -> None:
    with tempconfig({"from_animation_number": 3, "upto_animation_number": 5}):
        assert refused_frame() is None
        assert nothing_drawn(4) is None
        assert "has 2 animations" in str(nothing_drawn(2))
