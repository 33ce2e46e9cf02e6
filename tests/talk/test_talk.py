"""A talk as a file: what its keys take, what is refused and in which sentence, and what of it concerns a film."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import Settings, holding
from weightreel.analysis.talk.talk import Talk, current_talk, film_key, is_talk, read_talk

WHOLE = '''
title = "What it learns"
store = "a.h5"
films = ["esd", "own/x.py"]
theme = "light"
language = "hi"
pace = 0.8
shape = "16:9"
[names]
classes = {automobile = "car"}
layers = {"features.0" = "first"}
networks = {cnn-s0 = "ours"}
[words]
"It learns" = """It
is learning"""
[film.esd]
pace = 0.9
leave_out = "Chance"
[film.esd.chapter."What stays"]
pace = 0.7
say = "These stay."
notes = """
Wait.
Ask."""
'''
REFUSED = {
    "a letter is wrong": ('titel = "a"', "there is no setting titel, did you mean title?"),
    "a key of a film": ('[film.esd]\nleaveout = ["a"]', "no setting film.esd.leaveout, did you mean leave_out?"),
    "a key of a chapter": ('[film.esd.chapter.X]\nsays = "a"', "film.esd.chapter.X.says, did you mean say?"),
    "a kind of names": ('[names.class]\na = "b"', "there is no setting names.class, did you mean classes?"),
    "films as tables": ("[films.esd]\npace = 1", r"films: .* stands in \[film\.esd\]"),
    "a film twice": ('films = ["esd", "esd"]', "films: 'esd' stands there twice"),
    "no pace": ('pace = "slow"', "pace: should be no text"),
    "a pace of nothing": ("pace = 0", "pace: Input should be greater than or equal to 0.25, got 0"),
    "too fast": ("[film.esd]\npace = 9", "film.esd.pace: Input should be less than or equal to 4"),
    "a theme": ('theme = "lihgt"', "theme: Input should be 'dark' or 'light', got 'lihgt'"),
    "a shape": ('shape = "4:3"', "shape: Input should be '16:9', got '4:3'"),
    "a number for words": ("[words]\na = 3", "words: should be no number"),
    "two of one name": ('[names.classes]\na = "x"\nb = "x"', "names.classes: two have the name 'x'"),
    "a name of nothing": ('[names.classes]\na = ""', "names.classes.a: String should have at least 1 character"),
    "no TOML": ("title = ", r"talk\.toml is not a TOML file \(.*\); docs/talk\.md has an example"),
}


def talk_of(text: str, folder: Path) -> Path:
    path = folder / "talk.toml"
    path.write_text(text)
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    talk = read_talk(talk_of(WHOLE, tmp_path))
    assert (talk.title, talk.films, talk.pace) == ("What it learns", ("esd", "own/x.py"), 0.8)
    assert talk.names.networks == {"cnn-s0": "ours"}
    assert talk.renames
    assert talk.words == {"It learns": "It is learning"}
    esd = talk.of_film("esd")
    assert (esd.pace, esd.leave_out) == (0.9, ("Chance",))
    stays = esd.chapter["What stays"]
    assert (stays.pace, stays.say, stays.notes) == (0.7, "These stay.", "Wait. Ask.")
    written = {line.partition(" ")[0].strip("[]").partition(".")[0] for line in WHOLE.split("\n")}
    assert set(Talk.model_fields) <= written


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_one_sentence(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match=told) as caught:
        read_talk(talk_of(text, tmp_path))
    assert str(caught.value).startswith(str(tmp_path / "talk.toml"))
    assert "\n" not in str(caught.value)


def test_a_talk_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match=r"the talk .*none\.toml cannot be read .* docs/talk\.md has an example"):
        read_talk(tmp_path / "none.toml")


def test_a_talk_that_is_edited_is_read_again(tmp_path: Path) -> None:
    path = talk_of('title = "one"', tmp_path)
    with holding(Settings(talk=str(path))):
        assert current_talk().title == "one"
        talk_of('title = "two"', tmp_path)
        os.utime(path, ns=(1, 1))
        assert current_talk().title == "two"
    with holding(Settings()):
        assert current_talk() == Talk()


def test_what_concerns_a_film(tmp_path: Path) -> None:
    """A title, a film's own settings and words that it cannot say leave the others as they are."""
    plain = read_talk(talk_of(WHOLE, tmp_path)).concerning("noise", ["It learns"])

    def changed(old: str, new: str, texts: tuple[str, ...] = ("It learns",)) -> bool:
        talk_of(WHOLE.replace(old, new), tmp_path)
        os.utime(tmp_path / "talk.toml", ns=(hash(new) % 10**9, hash(new) % 10**9))
        return read_talk(tmp_path / "talk.toml").concerning("noise", texts) != plain

    assert not changed("What it learns", "Another title")
    assert not changed('say = "These stay."', 'say = "They stay."')
    assert changed('"car"', '"auto"')
    assert changed("is learning", "has learned")
    assert changed("[film.esd]", "[film.noise]")
    talk = read_talk(talk_of(WHOLE, tmp_path))
    assert talk.concerning("noise", []) == talk.model_copy(update={"words": {}}).concerning("noise", ["It learns"])


def test_names_of_films_and_talks() -> None:
    assert (film_key("own/x.py"), film_key("esd")) == ("x", "esd")
    assert is_talk("a/Talk.TOML")
    assert not is_talk("a.h5")
