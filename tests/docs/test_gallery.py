"""The films of docs/gallery: small, drawn without a fault on any store, and rendered by hand as the README says."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import av
import pytest
from manim import tempconfig
from PIL import Image

from tests.edited import edited
from tests.end_to_end.films import LIT
from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.settings import Settings, holding
from weightreel.scenes.kit.film import Film
from weightreel.scenes.making.orders import QUALITIES, find_films
from weightreel.scenes.viewing.stillness import KINDS
from weightreel.scenes.viewing.watch import check

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "gallery"
FILMS = find_films(FOLDER)
MOST_LINES = 30


def film(name: str) -> type[Film]:
    """The class of a film, loaded as Manim loads it: as a module of its own."""
    spec = importlib.util.spec_from_file_location(name, FILMS[name].path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: type[Film] = getattr(module, FILMS[name].scene)
    return found


@pytest.fixture(scope="module")
def bare_store(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of one run, without losses, answers, parameters and spectra."""
    path = tmp_path_factory.mktemp("bare") / "bare.h5"
    with edited(small_store, path) as file:
        del file["runs/spectral-cnn-s0"]
        run = file["runs/cnn-s0"]
        for part in ("train", "validation", "parameters"):
            del run[part]
        for layer in run["layers"].values():
            layer.pop("spectrum", None)
    return path


@pytest.mark.parametrize("name", FILMS)
class TestEachFilm:
    def test_is_short_and_has_a_picture(self, name: str) -> None:
        assert len(FILMS[name].path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
        readme = (FOLDER / "README.md").read_text(encoding="utf-8")
        assert f"]({name}.py)" in readme and f"]({name}.png)" in readme
        assert Image.open(FOLDER / f"{name}.png").convert("L").getextrema()[1] >= LIT

    def test_has_no_fault_of_layout(self, name: str, small_store: Path, tmp_path: Path) -> None:
        with holding(Settings(store=str(small_store))):
            report = check(film(name), tmp_path)
        # Thirty lines show how to tell; that these films move as much as the package's own is not asked of them.
        assert [fault for fault in report.faults if fault.kind not in KINDS] == []

    def test_renders(self, name: str, small_store: Path, tmp_path: Path) -> None:
        size = QUALITIES["t"]
        small = {"pixel_width": size.width, "pixel_height": size.height, "frame_rate": size.fps}
        quiet = {"verbosity": "WARNING", "progress_bar": "none"}
        with holding(Settings(store=str(small_store))), tempconfig({"media_dir": str(tmp_path), **small, **quiet}):
            film(name)().render()
        (made,) = (path for path in tmp_path.rglob("*.mp4") if "partial_movie_files" not in path.parts)
        with av.open(str(made)) as container:
            assert container.streams.video[0].frames > 10 * size.fps

    def test_says_what_a_store_lacks(self, name: str, bare_store: Path, tmp_path: Path) -> None:
        frameless = {"dry_run": True, "save_last_frame": True, "media_dir": str(tmp_path)}
        with holding(Settings(store=str(bare_store))), tempconfig(frameless), pytest.raises(NothingToShow) as refused:
            film(name)().draw()
        assert str(bare_store) in str(refused.value)


def test_manim_renders_a_film_by_hand(small_store: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "manim", "render", "-ql", "-s", FOLDER / "slope.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"WEIGHTREEL_STORE": str(small_store), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (last,) = (tmp_path / "media" / "images").rglob("*.png")
    assert Image.open(last).convert("L").getextrema()[1] >= LIT
