"""Settings: read from the environment when they are asked for, held while something is drawn, handed to a child."""

from __future__ import annotations

import ast
from dataclasses import fields, replace
from pathlib import Path

import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import VARIABLES, Settings, current, holding, of_talk, read_settings, variables

ROOT = Path(__file__).parents[2]
SOME = Settings(store="a.h5", runs="cnn-s1", language="hi", theme="light", slides=True, if_possible=True, jobs=2)


def test_every_field_has_its_variable() -> None:
    assert set(VARIABLES) == {field.name for field in fields(Settings)}
    assert len(set(VARIABLES.values())) == len(VARIABLES)


def test_the_environment_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES.values():
        monkeypatch.delenv(name, raising=False)
    assert current() == Settings()
    monkeypatch.setenv("WEIGHTREEL_THEME", "light")
    monkeypatch.setenv("WEIGHTREEL_RUN", "")
    assert current() == Settings(theme="light")


def test_what_is_held_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTREEL_THEME", "light")
    with holding(SOME):
        assert current() is SOME
        with holding(replace(SOME, theme="dark")):
            assert current().theme == "dark"
        assert current() is SOME
    assert current().theme == "light"


def test_a_child_process_reads_what_it_is_handed() -> None:
    assert read_settings(variables(SOME)) == SOME
    assert variables(Settings()) == {}


def test_a_switch_is_0_or_1() -> None:
    with pytest.raises(WeightreelError, match="WEIGHTREEL_SLIDES=yes is not known; set it to one of: 0, 1"):
        read_settings({"WEIGHTREEL_SLIDES": "yes"})


@pytest.mark.parametrize("text", ["0", "two", "-1", "1.5", "²"])
def test_a_number_is_one_from_1_on(text: str) -> None:
    with pytest.raises(WeightreelError, match=f"WEIGHTREEL_JOBS={text} is not known; set it to a number from 1 on"):
        read_settings({"WEIGHTREEL_JOBS": text})


@pytest.mark.parametrize("text", ["slow", "0", "-1", "nan", "5"])
def test_a_pace_is_a_number_in_its_range(text: str) -> None:
    with pytest.raises(WeightreelError, match=f"WEIGHTREEL_PACE={text} is no pace; give a number from 0.25 to 4"):
        read_settings({"WEIGHTREEL_PACE": text})
    assert read_settings({"WEIGHTREEL_PACE": "0.7"}).pace == 0.7


def test_a_talk_comes_after_variables_and_its_paths_lead_from_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "talk.toml"
    path.write_text('store = "a.h5, b.h5"\ntheme = "light"\npace = 0.5\nlanguage = "mine.po"\n')
    found = read_settings({"WEIGHTREEL_TALK": str(path)})
    stores = f"{tmp_path}/a.h5,{tmp_path}/b.h5"
    assert found == Settings(talk=str(path), store=stores, theme="light", pace=0.5, language=str(tmp_path / "mine.po"))
    assert read_settings({"WEIGHTREEL_TALK": str(path), "WEIGHTREEL_THEME": "dark"}).theme == "dark"


def test_a_child_process_keeps_what_was_asked_for_against_a_talk(tmp_path: Path) -> None:
    path = tmp_path / "talk.toml"
    path.write_text('theme = "light"\npace = 2\n')
    asked = Settings(talk=str(path), theme="dark", pace=1.0)
    assert read_settings(variables(asked)) == asked


def test_what_is_wrong_in_a_talk_is_left_to_who_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "talk.toml"
    path.write_text('theme = 3\npace = "fast"\n')
    assert of_talk(str(path)) == {}
    path.write_text("theme = ")
    assert of_talk(str(path)) == of_talk(str(tmp_path / "none.toml")) == of_talk("") == {}


def test_one_module_reads_the_variables_and_none_writes_them() -> None:
    """Others hand the environment on to a child process; training sets what cuBLAS asks for."""
    readers = {
        str(path.relative_to(ROOT))
        for folder in ("analysis", "scenes", "page", "weightreel", "notebooks", "scripts", "benchmarks", "docs")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "putenv"))
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }
    hand_on = {"analysis/store/guard/process.py", "scenes/making/orders.py", "scripts/notebooks.py"}
    assert readers <= {"analysis/settings.py", "analysis/networks/device.py"} | hand_on
