"""Disks that are full, folders that may not be written to, clocks that were set back, and two processes at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.store.check.faults import check

ROOT = Path(__file__).parents[2]
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from weightreel.cli import main
sys.exit(main(sys.argv[2:]))
"""
"""A disk on which no file may become longer: what is written beyond fails as on one that is full."""


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("stores")
    return [
        synthetic_store(folder / f"{name}.h5", 6, n_layers=2, models=(name,), sample=32) for name in ("cnn", "other")
    ]


def command_of(*arguments: object, limit: int | None = None) -> list[str]:
    begin = ["-m", "weightreel"] if limit is None else ["-c", LIMITED, str(limit)]
    return [sys.executable, *begin, *map(str, arguments)]


def done(*arguments: object, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command_of(*arguments, limit=limit), cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )


def is_refused(process: subprocess.CompletedProcess[str], *words: str) -> None:
    assert process.returncode == 2, process.stderr
    assert "Traceback" not in process.stderr
    sentences = [line for line in process.stderr.splitlines() if line.startswith("weightreel: ")]
    assert len(sentences) == 1, process.stderr
    for word in words:
        assert word in sentences[0]


@pytest.mark.parametrize("limit", [1000, 30_000, 200_000])
def test_a_merge_on_a_full_disk(limit: int, stores: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    out.write_bytes(b"before")
    assert sum(store.stat().st_size for store in stores) > limit
    is_refused(
        done("merge", *stores, "--out", out, "--force", limit=limit), "out.h5 could not be written", "disk space"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["out.h5"]
    assert out.read_bytes() == b"before"


@pytest.mark.parametrize(
    ("command", "file"),
    [
        (("export", "--to", "json"), "cnn.json"),
        (("export", "--to", "csv"), "parameters.csv"),
        (("figures",), "training-curves.png"),
    ],
)
def test_other_faces_on_a_full_disk(command: tuple[str, ...], file: str, stores: list[Path], tmp_path: Path) -> None:
    (tmp_path / file).write_bytes(b"before")
    name, *options = command
    is_refused(done(name, stores[0], *options, "--out", tmp_path, limit=3000), f"{file} could not be written")
    assert (tmp_path / file).read_bytes() == b"before"
    assert not [path for path in tmp_path.glob(".*") if path.name != ".store.json"]  # whose folder it is


@pytest.mark.slow
def test_a_film_on_a_full_disk(stores: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "cnn" / "t"
    folder.mkdir(parents=True)
    (folder / "biases.mp4").write_bytes(b"before")
    process = done("film", stores[0], "--films", "biases", "--quality", "t", "--out", tmp_path, limit=20_000)
    is_refused(process, "the film before it, if any, is unchanged")
    assert "the film could not be written (File too large)" in process.stderr
    assert (folder / "biases.mp4").read_bytes() == b"before"
    assert not list(folder.glob("*partial"))


@pytest.mark.slow
def test_a_training_on_a_full_disk_goes_on_when_there_is_room(tmp_path: Path) -> None:
    settings = (
        "training.epochs=1 training.threads=1 dataset.n_train=64 dataset.n_validation=32 dataset.n_test=32 "
        "network.width=2 network.depth=4 noise.trials=50 noise.history=20 gradient.images=0 "
        "certificate.images=0 spectra.resamples=0 fooling.steps=2 spectra.interval_resamples=0 "
        "models=['cnn'] worst_case.images=0 masking.images=0"
    ).split()
    out = tmp_path / "run.h5"
    run = ["run", "data/digits.toml", "--out", out, *(word for setting in settings for word in ("--set", setting))]
    is_refused(done(*run, limit=20_000), "could not be written", "go on with --resume")
    assert not out.exists()
    again = done(*run, "--resume")
    assert again.returncode == 0, again.stderr
    assert check(out) == []


def test_links_are_written_through_and_what_is_no_file_is_left(stores: list[Path], tmp_path: Path) -> None:
    target, link = tmp_path / "elsewhere" / "real.h5", tmp_path / "link.h5"
    target.parent.mkdir()
    link.symlink_to(target)
    assert done("merge", *stores, "--out", link).returncode == 0  # where nothing lies yet
    assert link.is_symlink() and check(target) == []
    assert done("merge", *stores, "--out", link, "--force").returncode == 0
    assert link.is_symlink() and [path.name for path in target.parent.iterdir()] == ["real.h5"]
    pipe, loop, folder = (tmp_path / f"{name}.h5" for name in ("pipe", "loop", "folder"))
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    folder.mkdir()
    for out, told in ((pipe, "a named pipe"), (loop, "a link that leads to itself"), (folder, "a folder")):
        is_refused(done("merge", *stores, "--out", out, "--force"), out.name, told)
    assert pipe.is_fifo() and loop.is_symlink() and folder.is_dir()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_only_be_read(stores: list[Path], tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        for name, *options in (("merge", stores[1]), ("export", "--to", "csv"), ("figures",)):
            out = tmp_path / ("out.h5" if name == "merge" else "out")
            is_refused(done(name, stores[0], *options, "--out", out), "cannot be written", "--out")
        assert done("show", stores[0]).returncode == 0
    finally:
        tmp_path.chmod(0o755)


def test_a_clock_that_was_set_back(stores: list[Path], tmp_path: Path) -> None:
    """Files of tomorrow are read, replaced and found up to date as others are."""
    tomorrow = time.time() + 86_400
    copies = [tmp_path / store.name for store in stores]
    for store, copy in zip(stores, copies, strict=True):
        copy.write_bytes(store.read_bytes())
        os.utime(copy, (tomorrow, tomorrow))
    out = tmp_path / "out.h5"
    out.write_bytes(b"of tomorrow")
    litter = tmp_path / ".out.h5.999999999.tmp"
    litter.write_bytes(b"left by a process that was killed")
    for path in (out, litter):
        os.utime(path, (tomorrow, tomorrow))
    assert done("merge", *copies, "--out", out, "--force").returncode == 0
    assert check(out) == []
    assert litter.exists()  # what is younger than an hour may be someone's
    os.utime(litter, (0, 0))
    assert done("merge", *copies, "--out", out, "--force").returncode == 0
    assert not litter.exists()
    assert done("show", out).returncode == 0


def test_two_at_once(stores: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    both = [
        subprocess.Popen(command_of("merge", *stores, "--out", out, "--force"), cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [process.wait(300) for process in both] == [0, 0]
    assert check(out) == [] and [path.name for path in tmp_path.iterdir()] == ["out.h5"]


@pytest.mark.slow
def test_two_of_one_film_at_once(stores: list[Path], tmp_path: Path) -> None:
    command = command_of("film", stores[0], "--films", "biases", "--quality", "t", "--out", tmp_path)
    both = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert sum("rendering" in words for words in told) == 1
    assert sum("another process renders it" in words and "is up to date" in words for words in told) == 1
