"""A store that is not as it was written is refused before HDF5 sees it; who changed it by intent seals it again."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store import reader
from weightreel.analysis.store.check.faults import check, same, seal_again
from weightreel.analysis.store.layout import in_file
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.seal import BLOCK, block, seal
from weightreel.analysis.store.writer import Contents, write
from weightreel.cli import main

CHANGED = r"is damaged or was changed after it was written; copy it again, or, if you changed it yourself, check"
VERSIONS = Path(__file__).parent / "versions"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is written anew for each example."""
    return tmp_path_factory.mktemp("seal") / "store.h5"


def refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(WeightreelError, match=CHANGED):
        Store(path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_byte_changed_anywhere_is_noticed(pristine: Path, place: Path, data: st.DataObject) -> None:
    whole = pristine.read_bytes()
    at = data.draw(st.one_of(st.integers(0, BLOCK + 200), st.integers(0, len(whole) - 1)), "place")
    flipped = data.draw(st.integers(1, 255), "bits")
    refused(place, whole[:at] + bytes([whole[at] ^ flipped]) + whole[at + 1 :])


@pytest.mark.parametrize("at", range(BLOCK + 16))
def test_so_is_every_byte_of_the_block_and_of_the_signature(pristine: Path, place: Path, at: int) -> None:
    whole = bytearray(pristine.read_bytes())
    whole[at] ^= 1
    refused(place, whole)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_cut_off_or_added_is_noticed(pristine: Path, place: Path, data: st.DataObject) -> None:
    whole = pristine.read_bytes()
    refused(place, whole[: data.draw(st.integers(BLOCK, len(whole) - 1), "length")])
    refused(place, whole + data.draw(st.binary(min_size=1, max_size=2000), "more"))


@pytest.mark.parametrize("length", [0, 3, BLOCK // 4])
def test_a_stump_is_no_store(pristine: Path, place: Path, length: int) -> None:
    place.write_bytes(pristine.read_bytes()[:length])
    with pytest.raises(WeightreelError, match=r"is not a store or is truncated|is damaged or was changed"):
        Store(place)


def test_a_block_without_its_file_is_refused(pristine: Path, place: Path) -> None:
    refused(place, pristine.read_bytes()[:BLOCK])


def test_other_hdf5_files_with_a_block_are_told_as_what_they_are(place: Path) -> None:
    with h5py.File(place, "w", userblock_size=BLOCK) as file:
        file["x"] = 1
    with place.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(BLOCK))
    with pytest.raises(WeightreelError, match="is not a store"):
        Store(place)


def test_a_store_without_its_block_is_refused(pristine: Path, place: Path) -> None:
    """The HDF5 part alone is a file of its own, and says that it is of version 1.4, which is always sealed."""
    refused(place, pristine.read_bytes()[BLOCK:])


def test_the_block_says_how_to_compare_it(pristine: Path) -> None:
    text = pristine.read_bytes()[:BLOCK].decode()
    digest = re.search(r"BLAKE2b-256 ([0-9a-f]{64})\n", text)
    assert digest
    assert block(digest[1]).decode() == text
    if shutil.which("b2sum"):
        command = text.splitlines()[2].replace("STORE", str(pristine))
        found = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
        assert found.split()[0] == digest[1]


def edit(path: Path, key: str, value: float) -> None:
    with h5py.File(path, "r+") as file:
        file[in_file(f"/runs/cnn-s0/{key}")][0] = value


class TestSealingAgain:
    def test_a_clean_store_is_sealed(self, pristine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = Path(shutil.copy(pristine, tmp_path / "mine.h5"))
        edit(path, "train/loss", 2.5)
        assert main(["check", str(path)]) == 2
        assert re.search(CHANGED, capsys.readouterr().err)
        assert main(["check", "--seal", str(path)]) == 0
        assert "mine.h5 is clean and sealed." in capsys.readouterr().out
        with Store(path) as store, Store(pristine) as before:
            assert store.run("cnn-s0")["train/loss"][0] == 2.5
            assert store.results != before.results
        assert same(path, pristine) == ["/runs/cnn-s0/train/loss differs in 1 of 6 places, first at 0"]

    def test_one_with_problems_is_left_as_it_is(
        self, pristine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = Path(shutil.copy(pristine, tmp_path / "mine.h5"))
        edit(path, "network/spectrum/status", 1)
        whole = path.read_bytes()
        assert main(["check", "--seal", str(path)]) == 1
        assert "disagrees with alpha" in capsys.readouterr().out
        assert path.read_bytes() == whole

    @pytest.mark.parametrize("version", ["1.0", "1.2", "1.3-recorded"])
    def test_an_older_store_becomes_one_of_this_version(self, version: str, tmp_path: Path) -> None:
        old = VERSIONS / f"{version}.h5"
        path = Path(shutil.copy(old, tmp_path / "old.h5"))
        assert seal_again(path) == []
        assert check(path) == []
        assert same(old, path) == []
        assert path.stat().st_size < old.stat().st_size
        with Store(old) as before, Store(path) as after:
            assert before.results == after.results


class TestResults:
    """The digest on screen."""

    def test_it_is_of_what_was_measured_alone(self, contents: Contents, pristine: Path, tmp_path: Path) -> None:
        with Store(pristine) as store:
            digest = store.results
        contents.datasets["/runs/cnn-s0/seconds"] += 1
        contents.describe("/", created="2026-01-01T00:00:00Z", software='{"torch": "9"}', recipe='{"title": "Other"}')
        contents.describe("/runs/cnn-s0", device="another", title="Mine")
        write(tmp_path / "later.h5", contents)
        assert self.digest(tmp_path / "later.h5") == digest

    @pytest.mark.parametrize(
        "change",
        [
            lambda c: c.datasets["/runs/cnn-s0/train/loss"].__setitem__(2, 0.5),
            lambda c: c.datasets["/runs/cnn-s0/layers/head.0/spectrum/n_tail"].__setitem__(2, 5),
            lambda c: c.drop("/runs/cnn-s0/test/loss"),
            lambda c: c.describe("/runs/cnn-s0/attacks/uniform-noise", threshold=0.8),
            lambda c: c.describe("/runs/cnn-s0/layers/head.0", kind="conv2d"),
        ],
    )
    def test_any_other_measurement_has_another(
        self, contents: Contents, pristine: Path, tmp_path: Path, change: Callable[[Contents], None]
    ) -> None:
        change(contents)
        write(tmp_path / "other.h5", contents)
        assert self.digest(tmp_path / "other.h5") != self.digest(pristine)

    def test_a_nan_is_a_nan(self, contents: Contents, pristine: Path, tmp_path: Path) -> None:
        loss = contents.datasets["/runs/cnn-s0/running_loss"]
        assert np.isnan(loss[0])
        loss[0] = np.frombuffer(b"\x01\x00\xc0\xff", "<f4")[0]
        write(tmp_path / "nan.h5", contents)
        assert self.digest(tmp_path / "nan.h5") == self.digest(pristine)

    def digest(self, path: Path) -> str:
        with Store(path) as store:
            contents = store.contents()
            assert "results" not in contents.attributes["/"]
            return store.results


def test_a_store_is_the_same_file_when_it_is_read_as_when_it_was_compared(
    pristine: Path, contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that replaces it in between is waited for."""
    path = Path(shutil.copy(pristine, tmp_path / "store.h5"))
    real, replaced = reader.verify, []

    def verify(asked: Path, *, sealed: bool) -> object:
        found = real(asked, sealed=sealed)
        if not replaced:
            contents.datasets["/runs/cnn-s0/train/loss"][0] = 9
            write(path, contents)
            replaced.append(path)
        return found

    monkeypatch.setattr(reader, "verify", verify)
    with Store(path) as store:
        assert store.run("cnn-s0")["train/loss"][0] == 9


def test_files_are_told_apart_by_their_seals(pristine: Path, contents: Contents, tmp_path: Path) -> None:
    contents.describe("/runs/cnn-s0", title="Mine")
    write(tmp_path / "a.h5", contents)
    write(tmp_path / "b.h5", contents)
    stores = [Store(path) for path in (pristine, tmp_path / "a.h5", tmp_path / "b.h5", VERSIONS / "1.0.h5")]
    first, titled, again, old = [store.fingerprint for store in stores]
    assert titled == again
    assert len({first, titled, old}) == 3


def test_results_that_are_not_those_it_names_are_a_problem(pristine: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(pristine, tmp_path / "other.h5"))
    edit(path, "train/loss", 2.5)
    seal(path)
    assert [str(p) for p in check(path)] == ["/: has an attribute 'results' that is not the digest of what it holds"]


def stacked_otherwise(path: Path, name: str, value: object) -> None:
    with h5py.File(path, "r+") as file:
        file["runs/cnn-s0/network"][name[: name.index("@")]].attrs[name.partition("@")[2]] = value
    seal(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weight/counts@lengths", np.array([1, 2], np.int32)),
        ("weight/counts@lengths", np.full(6, 3, np.int32)),
        ("spectrum/alpha@measured", np.ones(3, np.uint8)),
    ],
)
def test_layers_that_cannot_be_told_apart_are_a_problem(
    pristine: Path, tmp_path: Path, name: str, value: object
) -> None:
    path = Path(shutil.copy(pristine, tmp_path / "other.h5"))
    stacked_otherwise(path, name, value)
    at = name.partition("@")[0]
    found = [str(problem) for problem in check(path)]
    assert f"/runs/cnn-s0/network/{at}: does not say which part of it is which layer's" in found


@pytest.mark.parametrize(
    ("spoil", "path", "what"),
    [
        (lambda n: n["spectrum/alpha"].attrs.__setitem__("units", "m"), "spectrum/alpha", "has units 'm'"),
        (lambda n: n.create_dataset("spectrum/mood", data=1.5), "spectrum/mood", "no such dataset"),
        (lambda n: n["weight/mean"].attrs.__delitem__("DIMENSION_LIST"), "weight/mean", "labels its dimensions"),
    ],
)
def test_what_is_stacked_is_held_against_the_schema(
    pristine: Path, tmp_path: Path, spoil: Callable[[h5py.Group], object], path: str, what: str
) -> None:
    copy = Path(shutil.copy(pristine, tmp_path / "other.h5"))
    with h5py.File(copy, "r+") as file:
        spoil(file["runs/cnn-s0/network"])
    seal(copy)
    found = check(copy)
    assert any(problem.path == f"/runs/cnn-s0/network/{path}" and what in problem.what for problem in found), found
