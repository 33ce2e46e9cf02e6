"""Several stores as one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.runs.test_record import ABOUT, RunWriter, record
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.check.faults import check, same
from weightreel.analysis.store.merge import MOST, merge, merged, one_store
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.cli import main


def recorded(path: Path, epochs: int, model: str = "mine", data: str = "", seed: int = 0) -> Path:
    about = replace(ABOUT, name=f"{model}-s{seed}", model=model, seed=seed, dataset_name=data)
    writer = RunWriter(path, about)
    for epoch in range(epochs):
        writer.add(record(epoch, **{"train/loss": 1.0 / (epoch + 1)}))
    writer.close()
    return path


def test_runs_of_one_name_are_told_apart_by_their_files(tmp_path: Path) -> None:
    paths = [recorded(tmp_path / "a.h5", 2), recorded(tmp_path / "b.h5", 4)]
    merge(paths, tmp_path / "both.h5")
    assert check(tmp_path / "both.h5") == []
    with Store(tmp_path / "both.h5") as both, Store(paths[1]) as second:
        assert [(run.name, run.title) for run in both.runs.values()] == [
            ("a-mine-s0", "Mine (a)"), ("b-mine-s0", "Mine (b)"),
        ]  # fmt: skip
        assert [len(run.epochs) for run in both.runs.values()] == [2, 4]
        one, other = both.run("b-mine-s0"), second.run("mine-s0")
        np.testing.assert_array_equal(one.layer("first")["weight/counts"], other.layer("first")["weight/counts"])
        assert both.recipe["stores"] == {"a": Store(paths[0]).digest, "b": second.digest}


def test_other_names_stay_and_data_are_named_together(tmp_path: Path) -> None:
    paths = [recorded(tmp_path / "a.h5", 1, "one", "words"), recorded(tmp_path / "b.h5", 1, "two", "sounds")]
    merge(paths, tmp_path / "both.h5")
    assert check(tmp_path / "both.h5") == []
    with Store(tmp_path / "both.h5") as both:
        assert list(both.runs) == ["one-s0", "two-s0"]
        assert both.dataset.attributes["name"] == "words; sounds"


def test_recipes_stores_of_the_same_data(tmp_path: Path, small_store: Path) -> None:
    shutil.copy(small_store, tmp_path / "again.h5")
    merge([small_store, tmp_path / "again.h5"], tmp_path / "both.h5")
    assert check(tmp_path / "both.h5") == []
    with Store(tmp_path / "both.h5") as both, Store(small_store) as one:
        assert len(both.runs) == 2 * len(one.runs)
        assert both.classes == one.classes
        assert main(["show", str(tmp_path / "both.h5")]) == 0


def test_merging_one_is_the_identity(tmp_path: Path, small_store: Path) -> None:
    with Store(small_store) as store:
        write(tmp_path / "same.h5", merged([store]))
    assert same(small_store, tmp_path / "same.h5") == []


def test_a_comma_list_is_one_store(tmp_path: Path) -> None:
    paths = [recorded(tmp_path / f"{name}.h5", 1, name) for name in "ab"]
    assert one_store(str(paths[0]), tmp_path) == paths[0]
    both = one_store(",".join(map(str, paths)), tmp_path / "merged")
    assert both.name == "a+b.h5"
    with Store(both) as store:
        assert list(store.runs) == ["a-s0", "b-s0"]


def test_a_films_stores_all_appear_where_another_seed_of_a_model_would_not(tmp_path: Path) -> None:
    paths = [recorded(tmp_path / f"{seed}.h5", 1, seed=seed) for seed in range(2)]
    merge(paths, tmp_path / "seeds.h5")
    with Store(tmp_path / "seeds.h5") as seeds:
        assert list(seeds.runs) == ["mine-s0", "mine-s1"]
        assert [run.name for run in seeds.select()] == ["mine-s0"]
    with Store(one_store(",".join(map(str, paths)), tmp_path / "merged")) as apart:
        assert [run.name for run in apart.select()] == ["0-mine-s0", "1-mine-s1"]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        paths.append(recorded(tmp_path / folder / "run.h5", 1))
    merge(paths, tmp_path / "both.h5")
    with Store(tmp_path / "both.h5") as both:
        assert list(both.runs) == ["one-run-mine-s0", "two-run-mine-s0"]
        assert list(both.recipe["stores"]) == ["one-run", "two-run"]
    (tmp_path / "more" / "one").mkdir(parents=True)
    paths.append(Path(shutil.copy(paths[0], tmp_path / "more" / "one" / "run.h5")))
    with pytest.raises(WeightreelError, match="rename one"):
        merge(paths, tmp_path / "three.h5")


def test_films_merge_again_only_what_changed(tmp_path: Path) -> None:
    paths = [recorded(tmp_path / f"{name}.h5", 1, name) for name in "ab"]
    both = one_store(",".join(map(str, paths)), tmp_path / "merged")
    first = both.stat().st_mtime_ns
    assert one_store(",".join(map(str, paths)), tmp_path / "merged").stat().st_mtime_ns == first
    paths[1].unlink()
    recorded(paths[1], 3, "b")
    with Store(one_store(",".join(map(str, paths)), tmp_path / "merged")) as store:
        assert len(store.run("b-s0").epochs) == 3


def test_a_store_whose_name_has_a_comma_is_itself(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a,b.h5", 1)
    assert one_store(str(path), tmp_path / "merged") == path


class TestRefusals:
    def test_images_of_different_data(self, tmp_path: Path, small_store: Path) -> None:
        with pytest.raises(WeightreelError, match=r"are of different data, and .* holds validation/confusion"):
            merge([small_store, recorded(tmp_path / "a.h5", 1)], tmp_path / "both.h5")
        assert not (tmp_path / "both.h5").exists()

    def test_on_the_command_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        a, b, out = recorded(tmp_path / "a.h5", 1), recorded(tmp_path / "b.h5", 1), tmp_path / "out.h5"
        (tmp_path / "text.h5").write_text("no store")
        for arguments, sentence in (
            ([a, a, "--out", out], "a store is named twice"),
            ([a, b, "--out", b], "is one of the stores to merge"),
            ([a, tmp_path / "text.h5", "--out", out], "text.h5 is not a store"),
            ([a, tmp_path / "none.h5", "--out", out], "there is no store"),
        ):
            assert main(["merge", *map(str, arguments)]) == 2
            assert sentence in " ".join(capsys.readouterr().err.split())
            assert not out.exists()
        assert main(["merge", str(a), str(b), "--out", str(out)]) == 0
        assert main(["merge", str(a), str(b), "--out", str(out)]) == 2
        assert "out.h5 exists; replace it with --force" in " ".join(capsys.readouterr().err.split())

    def test_too_many(self, tmp_path: Path) -> None:
        with pytest.raises(WeightreelError, match="name no more"):
            one_store(",".join(f"{i}.h5" for i in range(MOST + 1)), tmp_path)
