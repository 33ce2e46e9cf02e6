"""Films of one's own: named by their files, made of what lies beside them, and told which of their lines is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from weightreel.analysis.errors import NothingToShow, WeightreelError
from weightreel.analysis.settings import Settings
from weightreel.cli import main
from weightreel.scenes.making.authored import claim, films_listed, home_of
from weightreel.scenes.making.in_process import class_of, draw_film
from weightreel.scenes.making.orders import (
    Order,
    film_named,
    films_named,
    find_films,
    orders_of,
    sources_of,
)

ROOT = Path(__file__).resolve().parents[3]
IMPORTS = "from manim import Dot\nfrom weightreel.scenes.kit.film import Film\n"
FILM = f"""{IMPORTS}
class Mine(Film):
    def construct(self):
        self.ask("Mine", "What is it?", "A dot that stands.", Dot(radius=2))
        self.conclude("It is 1 dot.")
"""


def body(*lines: str, imports: str = "") -> str:
    """A film of these lines."""
    return (
        IMPORTS + imports + "\nclass Mine(Film):\n    def construct(self):\n        " + "\n        ".join(lines) + "\n"
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a folder `own` in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "own").mkdir()
    return tmp_path


def written(path: Path, text: str = FILM) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


class TestNames:
    def test_a_path_is_a_film(self, here: Path) -> None:
        written(here / "own" / "x.py")
        film = film_named("own/x.py")
        assert (film.name, film.scene, film.own) == ("x", "Mine", True)
        assert film_named("own/x") == film
        assert film_named("x.py", folder=here / "own").path == here / "own" / "x.py"

    def test_a_name_stays_the_package_s(self, here: Path) -> None:
        written(here / "esd.py")
        assert film_named("esd") == find_films()["esd"]

    def test_the_file_of_a_film_of_the_package_is_that_film(self) -> None:
        film = find_films()["esd"]
        assert film_named(str(film.path)) == film
        assert film_named(str(ROOT / "scenes" / "esd.py")) == film

    @pytest.mark.parametrize("name", ["esd", "ESD", "lecture", "data"])
    def test_one_called_as_ours_has_its_folder_s_name_too(self, here: Path, name: str) -> None:
        written(here / "own" / f"{name}.py")
        assert film_named(f"own/{name}.py").name == f"own-{name}"

    def test_commas_and_blanks_in_files_that_are_there(self, here: Path) -> None:
        written(here / "own" / "my films" / "a, b.py")
        assert films_listed("esd, own/my films/a, b.py ,weights,") == ["esd", "own/my films/a, b.py", "weights"]
        assert films_listed("own/my films/a, b.py:Mine,esd") == ["own/my films/a, b.py:Mine", "esd"]
        assert films_listed("own/a, b.py") == ["own/a", "b.py"]

    def test_one_of_several_classes(self, here: Path) -> None:
        two = FILM + "\nclass Other(Mine):\n    pass\n\nclass Third(Mine):\n    pass\n"
        written(here / "own" / "x.py", two)
        with pytest.raises(
            WeightreelError, match=r"own/x.py defines 2 films \(Other, Third\); name one, as in own/x.py:Other"
        ):
            film_named("own/x.py")
        assert (film_named("own/x.py:Third").name, film_named("own/x.py:Third").scene) == ("x-Third", "Third")
        with pytest.raises(WeightreelError, match="no film 'Mine'; there are: Other, Third"):
            film_named("own/x.py:Mine")

    def test_none_is_made_twice_and_no_two_are_one(self, here: Path) -> None:
        written(here / "one" / "x.py")
        written(here / "two" / "x.py")
        assert [film.name for film in films_named(["esd", "one/x.py", str(here / "one/x.py"), "esd"])] == ["esd", "x"]
        with pytest.raises(WeightreelError, match=r"one/x.py and two/x.py would be one film, x.mp4"):
            films_named(["one/x.py", "two/x.py"])

    def test_a_folder_says_whose_film_lies_in_it(self, here: Path) -> None:
        one, two, films = written(here / "one" / "x.py"), written(here / "two" / "x.py"), here / "films"
        films.mkdir()
        claim(films, "x", one)
        claim(films, "x", one)
        with pytest.raises(WeightreelError, match=r"films/x.mp4 is the film of .*one/x.py, and .*two/x.py would take"):
            claim(films, "x", two)
        one.unlink()
        claim(films, "x", two)

    @pytest.mark.parametrize(
        ("named", "said"),
        [
            ("own/none.py", "there is no film's file own/none.py; in own there are: x.py."),
            ("own/", "there is no film's file own; in own there are: x.py."),
            ("none/x.py", "there is no film's file none/x.py; name a Python file"),
            ("mine", "there is no film 'mine'; there are: adversarial,"),
        ],
    )
    def test_what_is_not_there(self, here: Path, named: str, said: str) -> None:
        written(here / "own" / "x.py")
        with pytest.raises(WeightreelError) as raised:
            film_named(named)
        assert said in str(raised.value)


class TestFaults:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("x = (\n", "own/x.py, line 1: x = ( (SyntaxError: '(' was never closed)."),
            ("import nothing_there\n", "own/x.py, line 1: import nothing_there (ModuleNotFoundError: No module"),
            ("x = 1\n", "own/x.py defines no film; write a class in it that is derived from"),
            ("from manim import Scene\nclass X(Scene):\n    pass\n", "own/x.py defines no film"),
            ("a\0b", "(SyntaxError: source code string cannot contain null bytes)"),
        ],
    )
    def test_of_the_file(self, here: Path, text: str, said: str) -> None:
        written(here / "own" / "x.py", text)
        with pytest.raises(WeightreelError) as raised:
            film_named("own/x.py")
        assert said in str(raised.value)
        assert "\n" not in str(raised.value)

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("self.play(foo)", "own/x.py, line 7: self.play(foo) (NameError: name 'foo' is not defined)."),
            ("self.play(Dot())", "own/x.py, line 7: self.play(Dot()) (TypeError: Unexpected argument Dot passed to"),
            ("self.run['grad/x']", "holds no /runs/cnn-s0/grad/x; "),
            ("self.run['grad/x']", "(own/x.py, line 7: self.run['grad/x'])"),
            ("open('a.csv')", "name the file by Path(__file__).with_name('a.csv')."),
            ("helper.fail()", "own/helper.py, line 2: raise ValueError('mine') (ValueError: mine)."),
        ],
    )
    def test_of_a_line(self, here: Path, small_store: Path, line: str, said: str) -> None:
        written(here / "own" / "helper.py", "def fail():\n    raise ValueError('mine')\n")
        written(here / "own" / "x.py", body(line, imports="import helper\n"))
        order = Order(film_named("own/x.py"), Settings(store=str(small_store)), "t", here)
        sys.modules.pop("helper", None)
        with pytest.raises(WeightreelError) as raised:
            draw_film(order, here / "work")
        assert said in str(raised.value)
        assert "\n" not in str(raised.value)

    def test_a_refusal_is_told_as_it_is(self, here: Path, small_store: Path) -> None:
        line = "raise NothingToShow('This store holds nothing.')"
        written(here / "own" / "x.py", body(line, imports="from weightreel.analysis.errors import NothingToShow\n"))
        order = Order(film_named("own/x.py"), Settings(store=str(small_store)), "t", here)
        with pytest.raises(NothingToShow, match=r"^This store holds nothing\.$"):
            draw_film(order, here / "work")

    def test_the_command_ends_with_two(self, here: Path, small_store: Path, capsys: pytest.CaptureFixture[str]) -> None:
        written(here / "own" / "x.py", body("self.play(foo)"))
        assert main(["look", str(small_store), "--films", "own/x.py"]) == 2
        assert capsys.readouterr().err.startswith("weightreel: own/x.py, line 6: self.play(foo) (NameError")


class TestWhatItIsMadeOf:
    def test_modules_beside_it_in_every_form(self, here: Path) -> None:
        film = written(here / "own" / "x.py", "import beside, numpy\nfrom .near import R\nfrom weightreel import kit\n")
        files = ["beside.py", "near.py", "far/__init__.py", "far/thing.py"]
        for name, text in zip(files, ["from far import thing\n", "R = 1\n", "", ""], strict=True):
            written(here / "own" / name, text)
        written(here / "own" / "not_imported.py", "")
        written(here / "root" / "weightreel" / "kit.py", "import beside_ours\n")
        written(here / "root" / "beside_ours.py", "")
        ours = here / "root" / "weightreel" / "kit.py"
        found = sources_of(film, here / "root", here / "own")
        assert set(found) == {film, ours, *(here / "own" / name for name in files)}

    def test_within_a_package(self, here: Path) -> None:
        for name in ("talks/__init__.py", "talks/common.py", "talks/first/__init__.py"):
            written(here / name, "")
        film = written(here / "talks" / "first" / "x.py", FILM.replace("class", "from ..common import R\n\nclass", 1))
        assert home_of(film) == (here, "talks.first")
        assert here / "talks" / "common.py" in sources_of(film, here / "root", here)
        (here / "talks" / "common.py").write_text("R = 2\n")
        assert class_of(film_named(str(film))).__name__ == "Mine"

    def test_the_kit_is_part_of_it(self, here: Path) -> None:
        path = written(here / "own" / "x.py")
        assert {"x.py", "film.py", "drawing.py"} <= {source.name for source in sources_of(path, ROOT, path.parent)}


def test_orders_take_names_and_paths(here: Path, small_store: Path) -> None:
    written(here / "own" / "x.py")
    orders = orders_of(["weights", "own/x.py"], Settings(store=str(small_store)), "t", here / "out")
    assert [order.film.name for order in orders] == ["weights", "x"]
    assert {order.folder for order in orders} == {here / "out" / small_store.stem / "t"}


@pytest.mark.slow
def test_a_film_beside_a_shipped_one_is_whole_and_made_again_when_its_module_changed(
    here: Path, small_store: Path
) -> None:
    written(here / "own" / "beside.py", "SAID = 'It is 1 dot.'\n")
    text = FILM.replace("class", "import beside\n\nclass", 1).replace('"It is 1 dot."', "beside.SAID")
    written(here / "own" / "my film.py", text)
    said = []
    for _ in range(2):
        said.append(rendered(here, small_store))
    written(here / "own" / "beside.py", "SAID = 'They are 2 dots.'\n")
    said.append(rendered(here, small_store))
    assert [" of film in " in told for told in said] == [True, False, True]
    made = here / "media" / "films" / small_store.stem / "t"
    assert {path.suffix for path in made.glob("my film.*")} == {".mp4", ".srt", ".md", ".png"}
    assert "They are 2 dots." in (made / "my film.srt").read_text()


def rendered(here: Path, store: Path) -> str:
    """What the command says."""
    command = [sys.executable, "-m", "weightreel", "film", str(store), "--films", "own/my film.py", "--quality", "t"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WEIGHTREEL_")}
    done = subprocess.run(
        command, cwd=here, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr
