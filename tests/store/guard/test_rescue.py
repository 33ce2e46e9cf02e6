"""What can still be read of a damaged store is written to another, which is clean; what is lost is said."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.guard import process
from weightreel.analysis.store.guard.rescue import rescue
from weightreel.analysis.store.reader import Store
from weightreel.cli import main

RUN = "/runs/cnn-s0"
VERSIONS = Path(__file__).parents[1] / "versions"
Spoil = Callable[[h5py.File], object]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is quickly read and written."""
    path = tmp_path_factory.mktemp("rescue") / "small.h5"
    return synthetic_store(path, epochs=3, n_layers=3, models=("cnn",), trials=40, history_trials=10, sample=8)


def without(*paths: str) -> Spoil:
    def spoil(file: h5py.File) -> None:
        for path in paths:
            del file[path]

    return spoil


def flipped(path: str) -> Callable[[Path], None]:
    """A bit of the first chunk of a dataset, changed."""

    def flip(store: Path) -> None:
        with h5py.File(store) as file:
            at = file[path].id.get_chunk_info(0).byte_offset + 7
        content = bytearray(store.read_bytes())
        content[at] ^= 1
        store.write_bytes(content)

    return flip


def changed(spoil: Spoil) -> Callable[[Path], None]:
    def change(store: Path) -> None:
        with h5py.File(store, "r+") as file:
            spoil(file)

    return change


DAMAGE: dict[str, tuple[Callable[[Path], None], str, list[str], list[str]]] = {
    "nothing": (lambda _: None, "", [f"{RUN}/train/loss", f"{RUN}/layers/head.0/spectrum/alpha"], []),
    "a bit of stacked layers": (
        flipped(f"{RUN}/network/weight/counts"),
        f"{RUN}/network/weight/counts: is damaged and cannot be read",
        [f"{RUN}/layers/head.0/bias/counts", f"{RUN}/layers/head.0/spectrum/alpha", f"{RUN}/test/confusion"],
        [f"{RUN}/layers/head.0/weight/counts"],
    ),
    "a bit of what a recipe's run must have": (
        flipped(f"{RUN}/parameters/weight/counts"),
        f"{RUN}/parameters/weight/counts: is damaged and cannot be read",
        [f"{RUN}/train/loss", f"{RUN}/attacks/fooling/pixels"],
        [f"{RUN}/parameters/weight/counts"],
    ),
    "a link to another file": (
        changed(
            lambda f: (
                without(f"{RUN}/attacks/fooling")(f),
                f.__setitem__(f"{RUN}/attacks/fooling", h5py.ExternalLink("x.h5", "/")),
            )
        ),
        f"{RUN}/attacks/fooling: is a link to another file, 'x.h5'",
        [f"{RUN}/attacks/pgd10-linf-8/label"],
        [f"{RUN}/attacks/fooling/pixels"],
    ),
    "lengths": (
        changed(lambda f: f[f"{RUN}/network/weight/edges"].attrs.__setitem__("lengths", np.array([1, 2], "i4"))),
        "weight/edges: does not say which part of it is which layer's",
        [f"{RUN}/layers/head.0/bias/edges"],
        [f"{RUN}/layers/head.0/weight/counts"],
    ),
    "images": (
        changed(without("/dataset/classes")),
        "/dataset: is not whole; what runs hold of its images and classes is lost",
        [f"{RUN}/train/loss", f"{RUN}/layers/head.0/spectrum/alpha"],
        [f"{RUN}/attacks/fooling/pixels", f"{RUN}/test/confusion"],
    ),
    "numbers": (
        changed(lambda f: f[f"{RUN}/attacks/fooling/prediction"].__setitem__(0, 99)),
        f"{RUN}/attacks/fooling/prediction: holds 99",
        [f"{RUN}/attacks/pgd10-linf-8/label"],
        [f"{RUN}/attacks/fooling/prediction"],
    ),
    "recipe": (
        changed(lambda f: f.attrs.__setitem__("recipe", "{")),
        "/: cannot say its recipe",
        [f"{RUN}/attacks/fooling/pixels"],
        [],
    ),
    "more": (
        changed(lambda f: f.__setitem__(f"{RUN}/mood", 1)),
        f"{RUN}/mood: is nothing that this version knows",
        [f"{RUN}/train/loss"],
        [f"{RUN}/mood"],
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_rest_is_written_and_is_clean(
    small: Path, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, said, kept, lost = DAMAGE[damage]
    path, out = Path(shutil.copy(small, tmp_path / "old.h5")), tmp_path / "new.h5"
    spoil(path)
    before = path.read_bytes()
    assert main(["rescue", str(path), "--out", str(out)]) == 0
    words = capsys.readouterr().out
    assert said in words
    assert ("all of it" in words) == (damage == "nothing")
    assert check(out) == []
    assert path.read_bytes() == before
    with Store(small) as whole, Store(out) as rest:
        for place in kept:
            np.testing.assert_array_equal(rest[place[1:]], whole[place[1:]])
        assert not [place for place in lost if rest.has(place[1:])]


def test_what_was_cut_off_gives_what_stands_before(tmp_path: Path) -> None:
    path, whole = tmp_path / "old.h5", (VERSIONS / "1.2.h5").read_bytes()
    path.write_bytes(whole[:-700])
    assert rescue(path, tmp_path / "new.h5")
    assert check(tmp_path / "new.h5") == []
    with Store(tmp_path / "new.h5") as rest, Store(VERSIONS / "1.2.h5") as before:
        assert 100 < len(rest.contents().datasets) < len(before.contents().datasets)
    path.write_bytes(whole[: len(whole) // 5])
    with pytest.raises(WeightreelError, match=r"nothing can be rescued of .*: less than a quarter of it is there"):
        rescue(path, tmp_path / "newer.h5")


@pytest.mark.parametrize("version", ["1.0", "1.3-recorded"])
def test_of_an_old_store_too(tmp_path: Path, version: str) -> None:
    path = Path(shutil.copy(VERSIONS / f"{version}.h5", tmp_path / "old.h5"))
    with h5py.File(path, "r+") as file:
        (run,) = [*file["runs"]][:1]
        del file[f"runs/{run}/running_loss" if "recorded" not in version else f"runs/{run}/train/loss"]
    rescue(path, tmp_path / "new.h5")
    assert check(tmp_path / "new.h5") == []


def test_it_passes_over_what_ends_the_process(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = process.subprocess.Popen
    dies = (
        "from weightreel.analysis.store.guard import worker as w; real = w.save; "
        "w.TASKS['save'] = lambda path, at, *more: real(path, lambda p: (at(p), "
        f"p == '{RUN}/saliency' and __import__('os').abort()), *more); main()"
    )
    monkeypatch.setattr(
        process.subprocess, "Popen", lambda c, **how: real([*c[:3], c[3].replace("main()", dies), *c[4:]], **how)
    )
    assert rescue(small, tmp_path / "new.h5") == [
        [f"{RUN}/saliency", "ends the program that reads it (SIGABRT)"],
    ]
    with Store(tmp_path / "new.h5") as store:
        assert not store.has(f"{RUN[1:]}/saliency/epoch")
        assert store.has(f"{RUN[1:]}/attacks/fooling/pixels")


@pytest.mark.parametrize(
    ("store", "out", "what"),
    [
        ("old.h5", "old.h5", "old.h5 exists; choose another place with --out"),
        ("old.h5", "other.h5", "other.h5 exists; choose another place with --out"),
        ("old.h5", "link.h5", "link.h5 exists; choose another place with --out"),
        ("old.h5", "gone/new.h5", "there is no folder"),
        ("gone.h5", "new.h5", "there is no store"),
        ("other.h5", "new.h5", "nothing can be rescued of .*other.h5: .*is not a store or is truncated"),
    ],
)
def test_it_replaces_nothing_and_says_what_it_lacks(
    small: Path, tmp_path: Path, store: str, out: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(small, tmp_path / "old.h5")
    (tmp_path / "other.h5").write_bytes(b"something else")
    (tmp_path / "link.h5").symlink_to(tmp_path / "nowhere.h5")
    assert main(["rescue", str(tmp_path / store), "--out", str(tmp_path / out)]) == 2
    assert re.search(what, capsys.readouterr().err)
    assert (tmp_path / "other.h5").read_bytes() == b"something else"
    assert not (tmp_path / "nowhere.h5").exists()
