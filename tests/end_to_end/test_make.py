"""What a user does with make, for real: in a fresh clone, with its own .venv, and from the shipped store."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.films import check_film
from tests.made.store import synthetic_store
from weightreel.analysis.store.reader import Store
from weightreel.scenes.making.orders import find_films

ROOT = Path(__file__).resolve().parents[2]
FILMS = sorted(find_films())

pytestmark = [pytest.mark.slow, pytest.mark.alone]


def make(folder: Path, *arguments: str) -> str:
    """Run make in `folder` and return what it printed, both streams together; it must succeed."""
    # Of the make that runs the tests, nothing may reach the make under test.
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("WEIGHTREEL_", "MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=clean,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def rendered(output: str) -> set[str]:
    """Films that a make rendered."""
    return {film for film in FILMS if f"{film}: rendering" in output}


def up_to_date(output: str) -> set[str]:
    """Films that a make left alone."""
    return {film for film in FILMS if f"{film}.mp4 is up to date" in output}


@pytest.fixture(scope="module")
def shipped() -> Path:
    """The store that `make` films where none is named, relative to the repository's root; it must be tracked."""
    named = re.search(r"^STORE \?= (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert named is not None
    tracked = subprocess.run(["git", "ls-files", "data/*.h5"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert named[1] in tracked.stdout.split(), f"the repository must ship {named[1]}, which make films by default"
    return Path(named[1])


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone of what is committed."""
    folder = tmp_path_factory.mktemp("fresh") / "weightreel"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return folder


class TestFreshClone:
    """In this order: each test goes on where the one before it left the clone."""

    def test_make_installs_and_renders_every_film(self, clone: Path, shipped: Path) -> None:
        output = make(clone, "-j2", "QUALITY=l")
        assert rendered(output) == set(FILMS)
        for film in FILMS:
            check_film(clone / "media" / "films" / shipped.stem / "l", film, "l")

    def test_the_films_needed_no_torch(self, clone: Path) -> None:
        installed = {path.name for path in (clone / ".venv").glob("lib/python*/site-packages/*")}
        assert "manim" in installed
        assert not {"torch", "weightwatcher", "sklearn", "manim_slides"} & installed

    def test_nothing_is_rendered_twice(self, clone: Path) -> None:
        for source in (clone / "scenes").rglob("*.py"):
            source.touch()
        output = make(clone, "-j2", "QUALITY=l")
        assert (rendered(output), up_to_date(output)) == (set(), set(FILMS))

    def test_nothing_tracked_was_changed(self, clone: Path) -> None:
        status = subprocess.run(["git", "status", "--short"], cwd=clone, capture_output=True, text=True, check=True)
        assert status.stdout == ""

    def test_a_changed_scene_or_store_is_rendered_again(self, clone: Path, tmp_path: Path) -> None:
        store = synthetic_store(tmp_path / "changing.h5", epochs=6, n_layers=3)
        arguments = ("-j2", "QUALITY=t", f"STORE={store}", f"OUT={tmp_path}")
        assert rendered(make(clone, *arguments)) == set(FILMS)

        scene = clone / "scenes" / "esd.py"
        scene.write_text(scene.read_text() + "# changed\n")
        output = make(clone, *arguments)
        assert (rendered(output), up_to_date(output)) == ({"esd"}, set(FILMS) - {"esd"})

        synthetic_store(store, epochs=6, n_layers=3, seed=1)
        assert rendered(make(clone, *arguments)) == set(FILMS)

    def test_make_help_and_clean(self, clone: Path) -> None:
        listed = make(clone, "help")
        for target in (
            "videos",
            "test",
            "test-slow",
            "demo",
            "data",
            "sheet",
            "slides",
            "site",
            "figures",
            "bench",
            "clean",
        ):
            assert f"\n  {target} " in listed
        make(clone, "clean")
        assert not (clone / "media" / "films").exists()
        assert (clone / ".venv").is_dir()
        assert (clone / "media" / "README.md").is_file()


def test_the_demo(tmp_path: Path) -> None:
    """Digits are trained, measured, attacked and filmed; runs where the tests themselves run."""
    store = tmp_path / "digits.h5"
    make(ROOT, "demo", f"DEMO_STORE={store}", f"OUT={tmp_path}")
    with Store(store) as made:
        assert all(run.complete for run in made.runs.values())
    for film in FILMS:
        check_film(tmp_path / "digits" / "l", film, "l")
    shutil.rmtree(tmp_path)
