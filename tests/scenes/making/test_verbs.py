"""The page of verbs is as the docstrings have it, every verb is on it, and every example draws its picture."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.golden.comparator import MOST_MEAN, MOST_STRONG, STRONG
from weightreel.scenes.kit.grammar import eye, grains, moves, pointing, space
from weightreel.scenes.kit.stage import Stage
from weightreel.scenes.kit.storyteller import Storyteller
from weightreel.scenes.making.verbs import EXAMPLE, PAGE, PICTURES, ROOT, VERBS, Verb, page, picture_of, verbs

ALL = [verb for _, told in verbs() for verb in told]
NOT_TOLD = {
    "setup", "play", "compile_animations", "get_moving_mobjects",  # Manim's
    "let_read", "close_beat", "sign", "standing",  # which other verbs call
    "title_card", "header", "top_of_take_away",  # of films that begin with a card
}  # fmt: skip
MOST_BYTES = 400_000


def test_the_page_is_as_the_docstrings_have_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m weightreel.scenes.making.verbs`"


def test_every_verb_is_on_it() -> None:
    told = {kind for _, kinds in VERBS for kind in kinds}
    for owner in (Stage, Storyteller):
        methods = {name for name, kind in vars(owner).items() if inspect.isroutine(kind) and not name.startswith("_")}
        assert methods - NOT_TOLD - {kind.__name__ for kind in told} == set()
    for module in (eye, grains, moves, pointing, space):
        for kind in vars(module).values():
            if getattr(kind, "__module__", "") == module.__name__ and EXAMPLE.search(inspect.getdoc(kind) or ""):
                assert kind in told, kind


def test_pictures_are_small_and_all_are_shown() -> None:
    files = set(PICTURES.iterdir())
    assert files == {ROOT / verb.picture for verb in ALL}
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("verb", ALL, ids=lambda verb: verb.name)
def test_its_example_draws_its_picture(verb: Verb, tmp_path: Path) -> None:
    assert len(verb.about) > 10
    kept, drawn = (np.asarray(image).astype(int) for image in (Image.open(ROOT / verb.picture), picture_of(verb)))
    assert kept.shape == drawn.shape
    difference = np.abs(kept - drawn)
    assert (difference.max(2) > STRONG).mean() <= MOST_STRONG
    assert difference.mean() <= MOST_MEAN
