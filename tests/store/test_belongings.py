"""What is made of two stores of one name lies apart, and what is made of one lies together."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.belongings import MARK, claim, place_for, place_of
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write


@pytest.fixture(scope="module")
def experiments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two experiments, each with a store run.h5, of which the second is another's continuation."""
    folder = tmp_path_factory.mktemp("experiments")
    for seed, name in enumerate(("exp1", "exp2")):
        (folder / name).mkdir()
        synthetic_store(folder / name / "run.h5", epochs=2, seed=seed, n_layers=2, models=("cnn",), attacks=False)
    return folder


def changed(store: Path) -> None:
    """Write a store anew, with another licence: its training went on."""
    with Store(store) as opened:
        contents = opened.contents()
    contents.describe("/", licence="changed")
    write(store, contents)


def test_a_folder_is_named_after_its_store_and_a_second_of_that_name_by_its_folder(
    experiments: Path, tmp_path: Path
) -> None:
    one, two = (experiments / name / "run.h5" for name in ("exp1", "exp2"))
    assert place_of(tmp_path, one) is None
    assert place_for(tmp_path, one) == tmp_path / "run"
    assert place_of(tmp_path, two) is None, "what lies there is another's"
    assert place_for(tmp_path, two) == tmp_path / "exp2-run"
    assert [place_for(tmp_path, store).name for store in (one, two, one, two)] == ["run", "exp2-run"] * 2
    assert [place_of(tmp_path, store) for store in (one, two)] == [tmp_path / "run", tmp_path / "exp2-run"]


def test_several_stores_have_a_folder_together(experiments: Path, tmp_path: Path) -> None:
    for name in ("exp1", "exp2"):
        shutil.copytree(experiments, tmp_path / "stores" / name)
    both = [",".join(str(tmp_path / "stores" / top / name / "run.h5") for name in ("exp1", "exp2")) for top in
            ("exp1", "exp2")]  # fmt: skip
    changed(tmp_path / "stores" / "exp2" / "exp1" / "run.h5")
    out = tmp_path / "out"
    assert place_for(out, both[0]).name == "exp1-run+exp2-run"
    assert place_for(out, both[1]).name == "exp1-exp1-run+exp2-run"
    assert place_for(out, both[0]).name == "exp1-run+exp2-run"


def test_a_store_that_was_moved_or_goes_on_keeps_its_folder(experiments: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    shutil.copytree(experiments, here)
    out = here / "media"
    place_for(out, here / "exp1" / "run.h5")
    changed(here / "exp1" / "run.h5")
    assert place_for(out, here / "exp1" / "run.h5") == out / "run", "the same file"
    there = tmp_path / "there"
    here.rename(there)
    changed(there / "exp1" / "run.h5")
    assert place_of(there / "media", there / "exp1" / "run.h5") == there / "media" / "run", "the project was moved"
    place_for(there / "media", there / "exp1" / "run.h5")
    (there / "old").mkdir()
    (there / "exp1" / "run.h5").rename(there / "old" / "run.h5")
    assert place_for(there / "media", there / "old" / "run.h5") == there / "media" / "run", "the file was moved"
    changed(there / "old" / "run.h5")
    assert place_for(there / "media", there / "old" / "run.h5") == there / "media" / "run", "and it goes on there"


def test_a_copy_that_goes_on_leaves_the_first_in_peace(experiments: Path, tmp_path: Path) -> None:
    shutil.copytree(experiments, tmp_path / "s")
    one, two = (tmp_path / "s" / name / "run.h5" for name in ("exp1", "exp2"))
    shutil.copyfile(one, two)
    out = tmp_path / "out"
    assert place_for(out, one) == place_for(out, two) == out / "run"
    changed(two)
    assert place_for(out, two) == out / "exp2-run"
    assert place_for(out, one) == out / "run"


def test_a_folder_of_an_earlier_version_is_the_store_s_of_its_name(experiments: Path, tmp_path: Path) -> None:
    (tmp_path / "run" / "m").mkdir(parents=True)
    assert place_of(tmp_path, experiments / "exp1" / "run.h5") == tmp_path / "run"


def test_a_mark_that_cannot_be_read_is_somebody_else_s(experiments: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / MARK).write_text("{")
    assert place_for(tmp_path, experiments / "exp1" / "run.h5") == tmp_path / "exp1-run"


def test_two_that_come_at_once_are_given_two_folders(experiments: Path, tmp_path: Path) -> None:
    stores = [experiments / name / "run.h5" for name in ("exp1", "exp2")] * 8
    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda store: place_for(tmp_path, store), stores))
    assert len(set(places)) == 2
    assert places == places[:2] * 8
    assert {tuple(json.loads((place / MARK).read_text())["digests"]) for place in places} != set()


def test_a_folder_that_was_named_is_refused_to_another_store(experiments: Path, tmp_path: Path) -> None:
    one, two = (experiments / name / "run.h5" for name in ("exp1", "exp2"))
    out = tmp_path / "figures"
    assert claim(out, one) == claim(out, one) == out
    with pytest.raises(WeightreelError, match=r"holds what was made of .*exp1/run\.h5; name another folder with --out"):
        claim(out, two)


@pytest.mark.parametrize("name", ["..h5", ".stores.h5", "-run.h5", "{x} %s 'q'\n.h5", "x" * 240 + ".h5", "CON.h5"])
def test_no_name_of_a_store_leads_elsewhere(experiments: Path, tmp_path: Path, name: str) -> None:
    store = tmp_path / "s" / name
    store.parent.mkdir()
    shutil.copyfile(experiments / "exp1" / "run.h5", store)
    place = place_for(tmp_path / "out", store)
    assert place.parent == tmp_path / "out"
    assert place.name[0] not in ".-"
    assert not set(place.name) & set("{}\n/")
    assert len(place.name.encode()) <= 110


def test_talks_have_places_of_their_own(experiments: Path, tmp_path: Path) -> None:
    """Two talks of one name, and what was made without one, never share a folder."""
    one = experiments / "exp1" / "run.h5"
    talks = [tmp_path / name / "talk.toml" for name in ("monday", "tuesday")]
    out = tmp_path / "out"
    places = [place_for(out, one), *(place_for(out, one, str(talk)) for talk in talks)]
    assert [place.name for place in places] == ["run", "run.talk", "run.tuesday-talk"]
    assert [place_for(out, one, str(talk)) for talk in talks] == places[1:]
    assert place_of(out, one, str(talks[1])) == places[2]
    assert place_of(out, one) == places[0]
    with pytest.raises(WeightreelError, match=r"holds what was made of .*run\.h5 for the talk .*monday/talk\.toml"):
        claim(places[1], one, str(talks[1]))
    claim(places[1], one, str(talks[0]))
