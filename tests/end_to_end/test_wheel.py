"""What is installed from a wheel: one package, which works beside others of any name and in any folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path
from sysconfig import get_path

import av
import pytest
from PIL import Image

from tests.end_to_end.films import LIT
from tests.made.store import synthetic_store
from tests.weightreel.test_cli import settings
from weightreel.cli import COMMANDS
from weightreel.scenes.making.orders import QUALITIES

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("weightreel", "analysis", "page", "scenes")
NOT_OURS = 'raise RuntimeError("a package of somebody else was imported")\n'
MINE = """
from manim import Dot
from weightreel.scenes.kit.film import Film

class Mine(Film):
    def construct(self):
        self.ask("Mine", "What is it?", "A dot.", Dot(radius=2))
        self.conclude("It is 1 dot.")
"""
"""A film of somebody's own."""

pytestmark = pytest.mark.slow


def call(*command: str | Path, cwd: Path, code: int = 0, **environment: str) -> str:
    """The command's output, errors included; the test ends with it where the exit code is another."""
    hidden = ("WEIGHTREEL_", "PYTHON")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=clean | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


def build(source: Path, kind: str, out: Path) -> Path:
    """The one sdist or wheel of a source folder."""
    out.mkdir()
    code = f"import setuptools.build_meta as backend; backend.build_{kind}({str(out)!r})"
    call(sys.executable, "-c", code, cwd=source)
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheel")


@pytest.fixture(scope="module")
def wheels(folder: Path) -> tuple[Path, Path]:
    """The wheel of the checkout, and that of the sdist of the checkout."""
    source = folder / "source"  # setuptools would leave its own in the checkout, and find it in the next wheel
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    with tarfile.open(build(source, "sdist", folder / "sdist")) as archive:
        assert not any(member.issym() or member.islnk() for member in archive.getmembers())
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return build(source, "wheel", folder / "direct"), build(unpacked, "wheel", folder / "by sdist")


def contents(wheel: Path) -> dict[str, int]:
    """Check sums of the files of a wheel by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {info.filename: info.CRC for info in archive.infolist()}


@pytest.fixture(scope="module")
def installed(folder: Path, wheels: tuple[Path, Path]) -> Path:
    """The folder of programs of an environment with the wheel, with what else this one has, and with strangers."""
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    site = Path(call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    # The files *.pth there are not read, so that an editable install of the checkout stays unseen.
    (site / "others.pth").write_text("\n".join({get_path("purelib"), get_path("platlib")}))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    before = set(site.iterdir())
    call(*pip, "install", "--no-deps", "--no-index", "--force-reinstall", wheels[1], cwd=folder)
    assert {path.name for path in set(site.iterdir()) - before} == {"weightreel", "weightreel-0.1.0.dist-info"}
    for name in ("analysis", "page", "scenes"):
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(NOT_OURS)
    return python.parent


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A working folder with modules of its user."""
    found = tmp_path / "elsewhere"
    for name in ("analysis", "scenes"):
        (found / name).mkdir(parents=True)
        (found / name / "__init__.py").write_text(NOT_OURS)
    return found


def test_a_wheel_holds_one_package_with_its_data(wheels: tuple[Path, Path]) -> None:
    direct, by_sdist = map(contents, wheels)
    assert direct == by_sdist
    assert {name.partition("/")[0] for name in direct} == {"weightreel", "weightreel-0.1.0.dist-info"}
    tracked = subprocess.run(
        ["git", "ls-files", "analysis", "page", "scenes"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {f"weightreel/{name}" for name in tracked} - direct.keys() == set()
    assert "weightreel/py.typed" in direct


def test_every_command_runs(installed: Path, elsewhere: Path, tmp_path: Path) -> None:
    import numpy as np

    made = tmp_path / "made"
    made.mkdir()
    recipe, store, other = made / "digits.toml", made / "a.h5", made / "b.h5"
    shutil.copy(ROOT / "data" / "digits.toml", recipe)
    for number in range(3):
        weight = np.random.default_rng(number).normal(size=(60, 40)).astype(np.float32)
        np.savez(made / f"step-{number}.npz", **{"fc.weight": weight})
    shown = synthetic_store(made / "s.h5", epochs=2, n_layers=2, models=("cnn",), attacks=False, drawn=256)
    (elsewhere / "own").mkdir()
    (elsewhere / "own" / "mine.py").write_text(MINE)
    (elsewhere / "node_modules").symlink_to(ROOT / "node_modules")
    small = ("--quality", "t", "--layers", "blocks.0.*")
    with_qt = find_spec("PySide6") or find_spec("PyQt6")
    calls: dict[str, tuple[list[str | Path], int, str]] = {
        "run": ([recipe, "--out", store, *settings('models=["cnn"]')], 0, "is complete"),
        "train": ([recipe, "--out", other, *settings('models=["spectral-cnn"]')], 0, "is complete"),
        "spectra": ([other], 0, ""),
        "attack": ([other, "--only", "noise"], 0, ""),
        "import": ([f"{made}/step-*.npz", "--out", made / "i.h5"], 0, ""),
        "merge": ([store, other, "--out", made / "both.h5"], 0, "is complete"),
        "show": ([made / "both.h5"], 0, "Spectral CNN"),
        "check": ([made / "both.h5"], 0, "is clean"),
        "rescue": ([made / "both.h5", "--out", made / "rescued.h5"], 0, "all of it"),
        "figures": ([made / "i.h5"], 0, ".png"),
        "export": ([store, "--to", "csv"], 0, ".csv"),
        "film": ([shown, "--films", "weights,own/mine.py", *small], 0, "mine: media/films/s/t/mine.mp4: "),
        "slides": ([shown, "--deck", "weights", *small], 0, "weights.html: "),
        "present": ([shown, "--deck", "weights", *small], 2, "manim-slides[pyside6]"),
        "cache": ([], 0, ""),
        "site": ([shown], 0, "2 films beside it"),
        "look": ([shown, "--films", "weights"], 0, "no fault"),
    }
    assert calls.keys() == COMMANDS.keys()
    for command, (arguments, code, said) in calls.items():
        if command == "present" and with_qt:
            continue
        told = call(
            installed / "weightreel", command, *arguments,
            cwd=elsewhere, code=code, PYTHONPATH=".", XDG_CACHE_HOME=str(tmp_path / "cache"), OMP_NUM_THREADS="1",
        )  # fmt: skip
        assert said in told, (command, told)
    assert {path.suffix for path in (elsewhere / "media" / "slides" / "s").glob("weights.*")} == {
        ".html",
        ".pptx",
        ".pdf",
    }
    assert call(installed / "python", "-m", "weightreel", "--version", cwd=elsewhere) == "weightreel 0.1.0\n"


def test_a_recorder_records(installed: Path, elsewhere: Path) -> None:
    code = (
        "import torch\nfrom weightreel import Recorder, Store\n"
        "model = torch.nn.Linear(60, 10)\n"
        "with Recorder('run.h5', model) as recorder:\n"
        "    for epoch in range(2): recorder.epoch(loss=1.0 - epoch / 2)\n"
        "print(len(next(iter(Store('run.h5').runs.values())).epochs))\n"
    )
    told = call(installed / "python", "-c", code, cwd=elsewhere, PYTHONPATH=".", OMP_NUM_THREADS="1")
    assert told.splitlines()[-1] == "3"
    assert "is clean" in call(installed / "weightreel", "check", "run.h5", cwd=elsewhere, PYTHONPATH=".")


def test_a_film_is_whole_and_its_scene_renders_by_hand(installed: Path, elsewhere: Path, tmp_path: Path) -> None:
    store = synthetic_store(tmp_path / "mine.h5", epochs=2, n_layers=4, models=("cnn",), attacks=False, drawn=256)
    before = {path.name for path in elsewhere.iterdir()}
    options = ("--films", "weights", "--quality", "t", "--layers", "blocks.0.*", "--out", "films")
    said = call(installed / "weightreel", "film", store, *options, cwd=elsewhere, PYTHONPATH=".")
    assert "weights: films/mine/t/weights.mp4: " in said
    assert {path.name for path in elsewhere.iterdir()} - before == {"films"}
    film = elsewhere / "films" / "mine" / "t" / "weights"
    assert {path.suffix for path in film.parent.glob("weights.*")} == {".mp4", ".srt", ".md", ".png"}
    with av.open(str(film.with_suffix(".mp4"))) as container:
        size, (stream,) = QUALITIES["t"], container.streams.video
        assert (stream.width, stream.height) == (size.width, size.height)
        assert stream.frames > 20 * size.fps
    assert Image.open(film.with_suffix(".png")).convert("L").getextrema()[1] >= LIT
    assert "is up to date" in call(installed / "weightreel", "film", store, *options, cwd=elsewhere, PYTHONPATH=".")

    scene = Path(call(installed / "weightreel", "film", "--where", "weights", cwd=elsewhere).strip())
    assert scene.is_relative_to(installed.parent)
    call(
        installed / "python", "-m", "manim", "render", "--resolution", "426,240", "--save_last_frame", scene,
        cwd=elsewhere, WEIGHTREEL_STORE=str(store), PYTHONPATH=".",
    )  # fmt: skip
    (last,) = (elsewhere / "media" / "images").rglob("*.png")
    assert Image.open(last).convert("L").getextrema()[1] >= LIT
