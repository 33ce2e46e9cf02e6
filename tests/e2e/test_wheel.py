"""What is installed from a wheel films a store in a folder where there is nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from sysconfig import get_path

import av
import pytest
from PIL import Image

from tests.e2e.films import LIT
from tests.synthetic import synthetic_store
from weightreel.scenes.making.orders import QUALITIES

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("analysis", "page", "scenes")


def call(*command: str | Path, cwd: Path, **environment: str) -> str:
    """The command's output; the test ends with its errors where it fails."""
    hidden = ("WEIGHTREEL_", "PYTHON")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=clean | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the wheel, and with what else this one has."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # setuptools would leave its own in the checkout, and find it in the next wheel
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    call(*pip, "wheel", source, "--no-deps", "--no-build-isolation", "--wheel-dir", folder, cwd=folder)
    (wheel,) = folder.glob("weightreel-*.whl")
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    site = Path(call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    # The files *.pth there are not read, so that an editable install of the checkout stays unseen.
    (site / "others.pth").write_text("\n".join({get_path("purelib"), get_path("platlib")}))
    call(*pip, "--python", python, "install", "--no-deps", "--no-index", "--force-reinstall", wheel, cwd=folder)
    return python.parent


@pytest.mark.slow
def test_an_installed_wheel_films_a_store(installed: Path, tmp_path: Path) -> None:
    store = synthetic_store(tmp_path / "mine.h5", epochs=2, n_layers=4, models=("cnn",), attacks=False, drawn=256)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    loaded = call(installed / "python", "-c", "import scenes; print(weightreel.scenes.__file__)", cwd=elsewhere).strip()
    assert Path(loaded).is_relative_to(installed.parent)
    options = ("--films", "weights", "--quality", "t", "--layers", "blocks.0.*", "--out", "films")
    said = call(installed / "weightreel", "film", store, *options, cwd=elsewhere)
    assert "weights: films/mine/t/weights.mp4: " in said
    assert [path.name for path in elsewhere.iterdir()] == ["films"]
    film = elsewhere / "films" / "mine" / "t" / "weights"
    assert {path.suffix for path in film.parent.glob("weights.*")} == {".mp4", ".srt", ".md", ".png"}
    with av.open(str(film.with_suffix(".mp4"))) as container:
        size, (stream,) = QUALITIES["t"], container.streams.video
        assert (stream.width, stream.height) == (size.width, size.height)
        assert stream.frames > 20 * size.fps
    assert Image.open(film.with_suffix(".png")).convert("L").getextrema()[1] >= LIT
    assert "is up to date" in call(installed / "weightreel", "film", store, *options, cwd=elsewhere)

    scene = Path(call(installed / "weightreel", "film", "--where", "weights", cwd=elsewhere).strip())
    assert scene == Path(loaded).with_name("weights.py")
    call(
        installed / "python", "-m", "manim", "render", "--resolution", "426,240", "--save_last_frame", scene,
        cwd=elsewhere, WEIGHTREEL_STORE=str(store),
    )  # fmt: skip
    (last,) = (elsewhere / "media" / "images").rglob("*.png")
    assert Image.open(last).convert("L").getextrema()[1] >= LIT
