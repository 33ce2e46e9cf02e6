"""Two stores of one name: each page, table and still has a place of its own, and a page the films of its own store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.settings import Settings
from weightreel.cli import main
from weightreel.page import build
from weightreel.page.build import Charts
from weightreel.scenes.making.orders import orders_of


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with exp1/run.h5 and exp2/run.h5."""
    for seed, name in enumerate(("exp1", "exp2")):
        (tmp_path / name).mkdir()
        synthetic_store(tmp_path / name / "run.h5", epochs=2, seed=seed, n_layers=2, models=("cnn",), attacks=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(build, "read_charts", lambda *_: Charts("", "6.1.0"))
    return tmp_path


def test_tables_of_two_stores_lie_apart(here: Path) -> None:
    for name in ("exp1", "exp2", "exp1"):
        assert main(["export", f"{name}/run.h5", "--to", "json"]) == 0
    digests = {
        path.parent.name: json.loads(path.read_text("utf-8"))["store"]["digest"]
        for path in (here / "media" / "export").glob("*/*.json")
        if path.name == "run.json"
    }
    assert digests.keys() == {"run", "exp2-run"}
    assert len(set(digests.values())) == 2


def test_a_folder_of_another_store_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "exp1/run.h5", "--to", "csv", "--out", "out"]) == 0
    before = {path: path.read_bytes() for path in (here / "out").iterdir()}
    assert main(["export", "exp2/run.h5", "--to", "csv", "--out", "out"]) == 2
    assert "out holds what was made of" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (here / "out").iterdir()} == before


def test_a_page_has_the_films_of_its_own_store(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, film in (("exp1", "esd"), ("exp2", "weights")):
        (order,) = orders_of([film], Settings(store=f"{name}/run.h5"), "l", Path("media/films"))
        order.folder.mkdir(parents=True)
        (order.folder / f"{film}.mp4").write_bytes(b"")
    for name in ("exp1", "exp2"):
        assert main(["site", f"{name}/run.h5"]) == 0
    pages = {path.parent.name: path.read_text("utf-8") for path in Path("media/site").glob("*/index.html")}
    assert pages.keys() == {"run", "exp2-run"}
    assert 'src="../../films/run/l/esd.mp4"' in pages["run"]
    assert "weights.mp4" not in pages["run"]
    assert 'src="../../films/exp2-run/l/weights.mp4"' in pages["exp2-run"]
    assert "esd.mp4" not in pages["exp2-run"]
    assert "media/site/exp2-run/index.html" in capsys.readouterr().out


def test_films_of_several_stores_are_not_those_of_others_of_their_names(here: Path) -> None:
    stores = [f"{name}/{part}.h5" for name in ("exp1", "exp2") for part in ("a", "b")]
    for seed, store in enumerate(stores):
        synthetic_store(store, epochs=2, seed=seed, n_layers=2, models=("cnn",), attacks=False)
    folders = []
    for pair in (stores[:2], stores[2:], stores[:2]):
        (order,) = orders_of(["weights"], Settings(store=",".join(pair)), "l", Path("media/films"))
        folders.append((order.folder.parent.name, order.store.name))
    assert folders == [("a+b", "a+b.h5"), ("exp2-a+b", "exp2-a+b.h5"), ("a+b", "a+b.h5")]


@pytest.mark.parametrize("name", ["{x} 100%s 'q' \"d\".h5", "a\nb.h5", "-run.h5", "$HOME;#?&.h5", "[red].h5"])
def test_a_store_of_any_name_in_a_folder_of_any_name(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = here / "{0} %d '<b>'\n-x"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (here / "exp1" / "run.h5").rename(folder / name)
    for command in (["check"], ["show"], ["export", "--to", "csv"], ["site"]):
        assert main([*command, "--", name]) == 0, capsys.readouterr().err
    (page,) = Path("media/site").glob("*/index.html")
    assert "<b>" not in page.read_text("utf-8")
    assert "\n-x" not in capsys.readouterr().out
