"""Which films there are, how they can be rendered, and what each is made of."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.scenes.making.test_render import ROOT
from weightreel.analysis.errors import WeightreelError
from weightreel.scenes.making.orders import find_films


class TestFindingFilms:
    def test_a_film_is_a_file_with_one_film(self) -> None:
        films = find_films()
        assert {"weights", "biases", "weight_bias", "esd", "adversarial"} <= films.keys()
        assert "render" not in films
        assert "lecture" not in films

    def test_make_finds_the_same_films(self) -> None:
        text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        listed = re.search(r"films: +(.*)", text)
        assert listed is not None
        assert listed[1].split() == sorted(find_films())

    def test_two_films_in_a_file_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "twins.py").write_text("class A(Film): ...\nclass B(Film): ...\n")
        with pytest.raises(WeightreelError, match=r"twins\.py defines 2 films \(A, B\)"):
            find_films(tmp_path)
