"""What is shown, drawn and exported of trainings that other code made."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.runs.test_record import ABOUT, LAYERS, record
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.export.csv import tables
from weightreel.analysis.export.formats import export
from weightreel.analysis.export.json import page_data
from weightreel.analysis.findings.spectra import Spectrum
from weightreel.analysis.measures.spectra import measure_spectra
from weightreel.analysis.recipe.recipe import SpectraRecipe
from weightreel.analysis.runs.about import RunAbout
from weightreel.analysis.runs.record import RunWriter
from weightreel.analysis.stills.draw import figures
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.merge import merge
from weightreel.analysis.store.reader import Store
from weightreel.analysis.tables.markdown import defences_markdown
from weightreel.analysis.tables.overview import show
from weightreel.cli import main
from weightreel.page.build import Charts, page_html

STEPS = [0, 1, 2, 3, 5, 8, 16, 32, 64, 128, 256]


def written(path: Path, about: RunAbout, clock: list[int], **numbers: float) -> Path:
    writer = RunWriter(path, about)
    for at in clock:
        found = record(at, **(numbers if at else {}))
        writer.add({**found, about.clock: np.asarray(at)})
    writer.close()
    return path


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By steps with a loss alone; by epochs with nothing but weights; by epochs with all; and both of these merged."""
    folder = tmp_path_factory.mktemp("other")
    found = {
        "steps": written(
            folder / "steps.h5", replace(ABOUT, clock="step"), STEPS, **{"train/loss": 0.5, "metrics/perplexity": 3.0}
        ),
        "bare": written(folder / "bare.h5", replace(ABOUT, skipped={}), [0, 1, 2]),
        "full": written(
            folder / "full.h5", ABOUT, [0, 1, 2],
            **{"train/loss": 0.5, "validation/loss": 0.7, "train/accuracy": 0.75, "validation/accuracy": 0.5},
        ),
    }  # fmt: skip
    merge([found["bare"], found["full"]], folder / "merged.h5")
    return found | {"merged": folder / "merged.h5"}


EVERY = pytest.mark.parametrize("name", ["steps", "bare", "full", "merged"])


def shown(path: Path) -> str:
    console = Console(record=True, width=160, file=io.StringIO())
    with Store(path) as store:
        show(store, console)
    return " ".join(console.export_text().split())


class TestShow:
    @EVERY
    def test_nothing_is_shown_that_is_not_there(self, stores: dict[str, Path], name: str) -> None:
        assert check(stores[name]) == []
        said = shown(stores[name])
        assert "nan" not in said and "images" not in said and "0 training" not in said
        assert "recorded by a test; shown is what its code handed over." in said

    def test_steps_are_called_steps(self, stores: dict[str, Path]) -> None:
        said = shown(stores["steps"])
        assert "run step train loss" in said and "mine-s0 256 0.5" in said
        assert "number first (step) last (step)" in said and "perplexity 3 (1) 3 (256)" in said
        assert "epoch" not in said
        assert "measured at step 256" in said and "not recorded: odd (is complex)" in said

    def test_columns_are_of_what_is_known(self, stores: dict[str, Path]) -> None:
        assert "train" not in shown(stores["bare"]).partition("Alpha of")[0]
        assert "0.5 0.7 75.00 50.00 50.00 (1)" in shown(stores["full"])

    def test_a_table_of_defences_needs_answers(self, stores: dict[str, Path]) -> None:
        with Store(stores["full"]) as store, pytest.raises(WeightreelError, match="holds no answers of a network"):
            defences_markdown(store)

    @pytest.mark.parametrize("command", ["attack", "spectra"])
    @pytest.mark.parametrize("name", ["bare", "merged"])
    def test_what_needs_a_recipe_says_so(
        self, stores: dict[str, Path], command: str, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = stores[name].read_bytes()
        assert main([command, str(stores[name])]) == 2
        assert "was made by no recipe of ours" in " ".join(capsys.readouterr().err.split())
        assert stores[name].read_bytes() == before


class TestFigures:
    @EVERY
    def test_those_are_drawn_that_there_is_something_for(
        self, stores: dict[str, Path], name: str, tmp_path: Path
    ) -> None:
        with Store(stores[name]) as store:
            drawn = {path.stem for path in figures(store, tmp_path)}
        assert ("training-curves" in drawn) == (name != "bare")
        assert {"alpha", "spectral-norm-epochs"} <= drawn
        assert not {stem for stem in drawn if stem.startswith(("confusion", "noise", "phases"))}

    def test_axes_say_what_the_clock_counts(self, stores: dict[str, Path], tmp_path: Path) -> None:
        import matplotlib as mpl

        with Store(stores["steps"]) as store, mpl.rc_context({"svg.fonttype": "none"}):
            from weightreel.analysis.stills.draw import STYLE

            kept = STYLE["svg.fonttype"]
            STYLE["svg.fonttype"] = "none"  # letters stay letters
            try:
                figures(store, tmp_path)
            finally:
                STYLE["svg.fonttype"] = kept
        words = " ".join(re.findall(r">([^<>]+)</text>", " ".join(p.read_text() for p in tmp_path.glob("*.svg"))))
        assert "step" in words and "epoch" not in words


class TestExport:
    @EVERY
    def test_json_has_what_there_is(self, stores: dict[str, Path], name: str, tmp_path: Path) -> None:
        with Store(stores[name]) as store:
            (path,) = export(store, "json", tmp_path)
        for run in json.loads(path.read_text())["runs"]:
            assert run["clock"] == ("step" if name == "steps" else "epoch")
            assert run["logarithmic"] == (name == "steps")
            assert run["source"] == "recorded by a test"
            assert set(run["train"]) <= {"loss", "accuracy"}
            assert len(run["epoch"]) == len(run["layers"][0]["spectrum"]["alpha"])
            if name == "steps":
                assert run["epoch"] == STEPS and run["phase"] is None and not run["validation"]
                assert run["metrics"]["perplexity"][-1] == 3.0

    def test_further_numbers_have_a_table(self, stores: dict[str, Path], tmp_path: Path) -> None:
        with Store(stores["steps"]) as store:
            export(store, "csv", tmp_path)
        with (tmp_path / "metrics.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows[-1] == {"run": "mine-s0", "epoch": "256", "metric": "perplexity", "value": "3.0"}
        with (tmp_path / "runs.csv").open(newline="") as file:
            assert next(csv.DictReader(file))["clock"] == "step"


class TestPage:
    @EVERY
    def test_it_has_no_place_for_what_is_not_there(self, stores: dict[str, Path], name: str, tmp_path: Path) -> None:
        with Store(stores[name]) as store:
            page = page_html(store, [], Charts("", "0"), tmp_path / "index.html")
        text, _, _ = page.partition('<script type="application/json"')
        assert ('id="learning"' in text) == (name != "bare")
        assert 'id="esd"' in text and 'id="noise"' not in text and "breaks" not in text
        assert "{%" not in text and "{{" not in text
        assert not re.search(r"\b0 (training|validation|test)", text)
        assert (">Step</span> <output" in text) == (name == "steps")

    def test_a_recipes_page_has_everything(self, small_store: Path, tmp_path: Path) -> None:
        with Store(small_store) as store:
            page = page_html(store, [], Charts("", "0"), tmp_path / "index.html")
        for part in ("learning", "parameters", "esd", "alpha", "noise", "gallery"):
            assert f'id="{part}"' in page


class TestLargestAlone:
    """Spectra of which a randomised method found the largest eigenvalues only."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        recipe = SpectraRecipe(randomised_above=50, top=20)
        about = replace(ABOUT, spectra=recipe)
        writer = RunWriter(tmp_path / "top.h5", about)
        for epoch in range(2):
            found = record(epoch)
            state = {f"{name}.weight": np.random.default_rng(epoch).normal(size=(60, 80)) for name in ("first",)}
            state |= {"first.bias": np.zeros(60), "norm.weight": np.ones(60)}
            kept = {key: value for key, value in found.items() if "spectrum" not in key}
            writer.add(kept | measure_spectra(LAYERS, state, recipe, 1))
        writer.close()
        return tmp_path / "top.h5"

    def test_densities_are_of_all_eigenvalues(self, path: Path) -> None:
        with Store(path) as store:
            run = store.run("mine-s0")
            top = Spectrum.of(run, run.layer("first"))
            density = 10.0**top.density * np.diff(10.0**top.edges)
            data = page_data(store, [run])["runs"][0]["layers"][0]["spectrum"]
            (table,) = [table for table in tables(store, [run]) if table.name == "spectra"]
            row = dict(zip(table.columns, next(iter(table.rows)), strict=True))
        assert (top.n_eigenvalues, top.n_all) == (20, 60)
        np.testing.assert_allclose(density.sum(1), 20 / 60, rtol=0.06)  # the smallest may lie left of the axis
        assert (data["n_known"], data["n_eigenvalues"]) == (row["n_known"], row["n_eigenvalues"]) == (20, 60)

    def test_the_table_says_how_many_are_known(self, path: Path) -> None:
        said = shown(path)
        assert "20 of 60" in said and "a randomised method found the largest eigenvalues alone" in said
