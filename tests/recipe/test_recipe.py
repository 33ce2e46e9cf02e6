"""Recipes: what is accepted, what is refused, and in which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.made.recipe import TINY, tiny_recipe
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recipe.recipe import Recipe, difference, parse_recipe, read_recipe

SHIPPED = sorted((Path(__file__).parents[2] / "data").glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_recipes_are_valid(path: Path) -> None:
    assert read_recipe(path).runs()


def test_the_shipped_recipes_are_there() -> None:
    assert {"cifar10", "cifar10-download", "digits"} <= {path.stem for path in SHIPPED}


def test_defaults_are_the_reports() -> None:
    recipe = parse_recipe({"dataset": {"kind": "cifar10"}}, "test")
    assert (recipe.network.width, recipe.network.depth, recipe.network.dropout) == (64, 8, (0.4, 0.2))
    training = recipe.training
    assert (training.epochs, training.learning_rate, training.momentum, training.patience) == (50, 0.01, 0.9, 5)
    assert (recipe.noise.trials, recipe.noise.threshold) == (10_000, 0.9)


def test_overrides_reach_nested_settings(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text('[dataset]\nkind = "digits"\n', encoding="utf-8")
    recipe = read_recipe(path, ["training.epochs=5", "dataset.path=some/folder", "seeds=[3, 4]", "dataset.kind=folder"])
    assert recipe.training.epochs == 5
    assert recipe.dataset.path == "some/folder"
    assert recipe.seeds == (3, 4)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"training": {"epoch": 3}}, ["training.epoch", "epochs", "batch_size"]),
        ({"training": {"epochs": 0}}, ["training.epochs", "0"]),
        ({"noise": {"threshold": 1.5}}, ["noise.threshold", "1.5"]),
        ({"noise": {"history": 100, "trials": 50}}, ["preview ≤ history ≤ trials"]),
        ({"dataset": {"kind": "mnist"}}, ["dataset.kind", "mnist"]),
        ({"dataset": {"kind": "folder"}}, ["path must name the folder"]),
        ({"models": ["resnet"]}, ["models", "resnet"]),
        ({"seeds": [1, 1]}, ["seeds", "twice"]),
        ({"seeds": []}, ["seeds"]),
        ({"dataset": {"kind": "digits", "std": [0, 1, 1]}}, ["dataset.std", "above 0"]),
        ({"network": {"dropout": [0.4, 1.0]}}, ["network.dropout"]),
    ],
)
def test_bad_settings_are_named(table: dict[str, object], words: list[str]) -> None:
    with pytest.raises(WeightreelError) as caught:
        parse_recipe({"dataset": {"kind": "digits"}, **table}, "r.toml")
    message = str(caught.value)
    assert "r.toml" in message
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize("setting", ["epochs", "=3", "training..epochs=3"])
def test_malformed_overrides_are_refused(tmp_path: Path, setting: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text('[dataset]\nkind = "digits"\n', encoding="utf-8")
    with pytest.raises(WeightreelError, match="KEY=VALUE"):
        read_recipe(path, [setting])


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match=r"nowhere\.toml"):
        read_recipe(tmp_path / "nowhere.toml")
    broken = tmp_path / "broken.toml"
    broken.write_bytes(b"[dataset\nkind")
    with pytest.raises(WeightreelError, match="not a TOML file"):
        read_recipe(broken)


def test_json_round_trip() -> None:
    recipe = tiny_recipe()
    assert parse_recipe(json.loads(recipe.to_json()), "json") == recipe


def test_difference_names_the_first_setting_that_differs() -> None:
    a = json.loads(tiny_recipe().to_json())
    b = json.loads(tiny_recipe(training={"epochs": 9}).to_json())
    assert difference(a, a) == ""
    assert difference(a, b) == "training.epochs"


def test_runs_keep_pairs_together() -> None:
    recipe = Recipe.model_validate({**TINY, "seeds": [2, 0]})
    assert [name for name, _, _ in recipe.runs()] == ["cnn-s2", "spectral-cnn-s2", "cnn-s0", "spectral-cnn-s0"]
