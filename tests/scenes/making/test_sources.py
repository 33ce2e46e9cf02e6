"""What stands in films' sources: their chapters, and every text."""

from __future__ import annotations

from pathlib import Path

from weightreel.analysis.places import ROOT
from weightreel.scenes.making.orders import find_films
from weightreel.scenes.making.sources import chapters_in, sources_of, texts_in


def test_chapters_are_found_in_the_sources(tmp_path: Path) -> None:
    films = find_films()
    esd = chapters_in(sources_of(films["esd"].path, ROOT))
    assert esd is not None
    assert {"Question", "It learns", "Chance", "A power law?", "Answer"} <= set(esd)
    own = tmp_path / "own.py"
    own.write_text('self.beat("Plain", "a")\nself.take_away(phrase("Told"), "b")\nself.conclude("c", name="Last")\n')
    assert chapters_in([own]) == ["Plain", "Told", "Last"]
    assert "Plain" in texts_in([own])
    own.write_text('for name in names:\n    self.beat(name, "a")\n')
    assert chapters_in([own]) is None, "names are made while it is told"


def test_a_film_of_the_old_form_has_chapters_that_can_be_named() -> None:
    training = chapters_in(sources_of(find_films()["training"].path, ROOT))
    assert {"Title", "What is confused", "What was learned", "Data"} <= set(training or ())
