"""docs/talk.md, the example that it copies, and make's variables of a lecture."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from weightreel.analysis.settings import Settings, of_talk
from weightreel.analysis.talk.talk import ChapterTalk, FilmTalk, Names, Talk, read_talk
from weightreel.scenes.making.orders import orders_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "talk.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "docs" / "examples" / "talk.toml"


def test_the_page_lists_every_key() -> None:
    table = PAGE.partition("## Every key")[2].partition("\n\nA pace")[0]
    tops = {key for key in Talk.model_fields if key not in ("names", "film")}
    for key in tops | set(FilmTalk.model_fields) - {"chapter"} | set(ChapterTalk.model_fields):
        assert re.search(rf"`\[?{key}\]?`", table), key
    assert all(f"`[names.{kind}]`" in table for kind in Names.model_fields)


@pytest.mark.parametrize("text", [EXAMPLE.read_text(encoding="utf-8"), *re.findall(r"```toml\n(.*?)```", PAGE, re.S)])
def test_the_examples_are_talks_of_the_store_that_ships(text: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.toml"
    path.write_text(text)
    assert read_talk(path).films == ("esd", "adversarial")
    store = ROOT / tomllib.loads(text).get("store", Settings().store)
    asked = Settings(**{**of_talk(str(path)), "talk": str(path), "store": str(store)})
    orders = orders_of(read_talk(path).films, asked, "t", tmp_path / "out")
    assert [order.film.name for order in orders] == ["esd", "adversarial"]


@pytest.mark.parametrize(
    ("asked", "ran"),
    [
        ("slides TALK=t.toml", 'slides --deck "lecture" --quality "m" --talk "t.toml"'),
        ("slides TALK=t.toml STORE=x.h5", 'slides "x.h5" --deck "lecture" --quality "m" --talk "t.toml"'),
        (
            "slides DECK=esd,noise THEME=light PACE=0.7",
            'slides "data/cifar10.h5" --deck "esd,noise" --quality "m" --theme "light" --pace "0.7"',
        ),
        ("present TALK=t.toml", 'present --deck "lecture" --quality "m" --talk "t.toml"'),
        ("TALK=t.toml", 'film --quality "m" --out "media/films" --talk "t.toml"'),
        ("esd TALK=t.toml", 'film --quality "m" --out "media/films" --talk "t.toml" --films esd'),
        ("esd THEME=light", 'film "data/cifar10.h5" --quality "m" --out "media/films" --theme "light" --films esd'),
        ("site TALK=t.toml THEME=dark", 'site --films "media/films" --theme "dark" --talk "t.toml"'),
        ("figures TALK=t.toml", 'figures --talk "t.toml"'),
    ],
)
def test_make_hands_on_what_a_lecture_is_made_with(asked: str, ran: str) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("WEIGHTREEL_", "MAKE", "MFLAGS"))}
    command = ["make", "-n", *asked.split()]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=True)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines() if "bin/weightreel" in line]
    assert f".venv/bin/weightreel {ran}" in lines


def test_make_help_names_them() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(f"[{variable}=" in told for variable in ("TALK", "THEME", "PACE", "DECK"))
