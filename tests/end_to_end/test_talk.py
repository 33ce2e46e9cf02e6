"""From talk.toml to the deck: title, sentence, class name and pace as the talk has them, on screen and on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pypdf
import pytest
import srt

from tests.made.store import synthetic_store
from weightreel.cli import main

pytestmark = pytest.mark.slow

TALK = """
title = "Mine & <b>ours</b>"
store = "small.h5"
films = ["training"]

[names.classes]
automobile = "my car"
cat = "kitten"

[names.networks]
CNN = "our net"

[film.training]
leave_out = ["What it confuses most"]

[film.training.chapter."Training and validation"]
pace = 0.5
say = "Watch the *two* lines part."
notes = "Ask who has seen this."

[film.training.chapter."What is confused"]
pace = 0.25
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A talk, its store, a film without and with it, and its deck."""
    found = tmp_path_factory.mktemp("talk")
    synthetic_store(found / "small.h5", epochs=4, n_layers=2, models=("cnn",), attacks=False)
    (found / "talk.toml").write_text(TALK)
    film = ["--films", "training", "--quality", "t", "--out", str(found / "films")]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(found)
        assert main(["film", "small.h5", *film]) == 0
        assert main(["film", "talk.toml", *film]) == 0
        assert main(["slides", "talk.toml", "--quality", "t", "--out", "slides", "--formats", "pdf"]) == 0
    return found


def cues(folder: Path) -> dict[str, float]:
    """Seconds of each subtitle of the film in a folder."""
    found = srt.parse((folder / "t" / "training.srt").read_text(encoding="utf-8"))
    return {cue.content: (cue.end - cue.start).total_seconds() for cue in found}


def test_the_film_says_and_does_what_the_talk_says(folder: Path) -> None:
    plain, told = cues(folder / "films" / "small"), cues(folder / "films" / "small.talk")
    assert "Watch the *two* lines part." in told
    (confused,) = [cue for cue in plain if "answers to the validation images" in cue]
    assert told[confused.replace("CNN", "our net")] == pytest.approx(4 * plain[confused], rel=0.05)
    assert len(told) == len(plain) - 1
    assert any("our net" in cue for cue in told)
    assert not any("CNN" in cue for cue in told)
    script = (folder / "films" / "small.talk" / "t" / "training.md").read_text(encoding="utf-8")
    assert "Notes: Ask who has seen this." in script
    assert "What it confuses most" not in script


def test_the_handout_has_title_notes_and_names(folder: Path) -> None:
    pages = [page.extract_text() for page in pypdf.PdfReader(folder / "slides" / "lecture.pdf").pages]
    assert pages[0].count("Mine & <b>ours</b>") == 3, "heading, note and footer"
    assert all("Mine & <b>ours</b>" in page for page in pages)
    assert sum("Ask who has seen this." in page for page in pages) == 1
    text = re.sub(r"\s+", " ", " ".join(pages))
    assert "our net" in text
    assert "CNN" not in text


def test_nothing_is_rendered_twice_and_nothing_is_overwritten(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    talk = folder / "talk.toml"
    talk.write_text(TALK.replace("Mine &", "Yours &"))
    film = ["--films", "training", "--quality", "t", "--out", "films"]
    assert main(["film", "small.h5", "--talk", "talk.toml", *film]) == 0
    assert "small.talk/t/training.mp4 is up to date" in capsys.readouterr().out
    assert main(["film", "small.h5", *film]) == 0
    assert "small/t/training.mp4 is up to date" in capsys.readouterr().out
