"""Every setting of a recipe against every value that is none: one sentence that names file and key, or a recipe."""

from __future__ import annotations

import datetime
import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recipe.defence import DefenceRecipe
from weightreel.analysis.recipe.recipe import Recipe, parse_recipe, read_recipe

NESTED: Any = 1
for _ in range(300):
    NESTED = [NESTED]

STRANGE: dict[str, Any] = {
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "nan": float("nan"),
    "1e308": 1e308,
    "-1e308": -1e308,
    "more than 64 bits": 2**64,
    "less than 64 bits": -(2**64),
    "6,000 digits": 10**6000,
    "the largest integer": 2**63 - 1,
    "the least integer": -(2**63),
    "negative": -1,
    "true": True,
    "a number in quotes": "5",
    "a million letters": "x" * 10**6,
    "NUL": "a\0b",
    "a line break": "a\nb",
    "half a letter": "\ud800",
    "an escape": "\x1b[31mred",
    "a date": datetime.date(2024, 2, 3),
    "a time": datetime.datetime(2024, 2, 3, tzinfo=datetime.UTC),
    "nothing in a list": [],
    "many in a list": [1] * 5000,
    "infinity in a list": [float("inf")],
    "nan three times": [float("nan")] * 3,
    "true in a list": [True, True, True],
    "true twice": [True, True],
    "a list in lists": NESTED,
    "a table": {"x": 1},
    "an empty table": {},
    "a table of infinity": {"features.0": float("inf")},
    "a table of a long key": {"k" * 10**5: 1},
}
NEVER = [
    "infinity", "minus infinity", "nan", "1e308", "-1e308", "more than 64 bits", "6,000 digits", "the largest integer",
    "negative", "true", "a number in quotes", "a million letters", "a date", "many in a list", "a list in lists",
    "a table", "nan three times", "true in a list",
]  # fmt: skip
"""What no number of a recipe may be."""


def settings(part: type[BaseModel] = Recipe, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, field in part.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings(field.annotation, (*path, name))
        else:
            yield (*path, name), field.annotation
    if part is Recipe:
        yield from settings(DefenceRecipe, ("defences", "mine"))


def kinds(annotation: Any) -> set[Any]:
    within = [kind for kind in typing.get_args(annotation) if kind is not Ellipsis]
    if typing.get_origin(annotation) is typing.Literal:
        return {type(value) for value in within}
    if typing.get_origin(annotation) is typing.Annotated:
        return kinds(within[0])
    return set().union(*map(kinds, within)) if within else {annotation}


ALL = {".".join(path): annotation for path, annotation in settings()}


def recipe_with(path: str, value: Any) -> Recipe:
    table: dict[str, Any] = {"dataset": {"kind": "digits"}}
    *parts, last = path.split(".")
    inner = table
    for part in parts:
        inner = inner.setdefault(part, {})
    inner[last] = value
    return parse_recipe(table, "r.toml")


def is_sentence(error: WeightreelError, *words: str) -> None:
    told = str(error)
    assert "\n" not in told and told.isprintable() and len(told) < 1500, told[:2000]
    assert "Traceback" not in told
    for word in words:
        assert word in told, told


@pytest.mark.parametrize("value", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("path", ALL)
def test_a_strange_value_is_a_recipe_or_one_sentence(path: str, value: Any) -> None:
    try:
        recipe = recipe_with(path, value)
    except WeightreelError as error:
        is_sentence(error, "r.toml: ", path)
    else:
        recipe.to_json()
        assert recipe.runs()


def test_every_number_has_a_range() -> None:
    taken = []
    for path, annotation in ALL.items():
        if kinds(annotation) <= {int, float, types.NoneType}:
            for what in NEVER:
                try:
                    recipe_with(path, STRANGE[what])
                except WeightreelError:
                    continue
                if not (what == "negative" and path in ("dataset.mean",)):
                    taken.append(f"{path}: {what}")
    assert taken == []


def test_truth_is_no_number_and_no_number_is_true() -> None:
    flags = [path for path, annotation in ALL.items() if annotation is bool]
    assert len(flags) >= 3
    for path in flags:
        for value in (1, 0, "true", "yes", 1.0):
            with pytest.raises(WeightreelError, match=path):
                recipe_with(path, value)


@pytest.mark.parametrize("table", [{"epochs": 3}, {"training": {"epoch": 3}}, {"noise": {"trial": 10}}])
def test_an_unknown_key_brings_the_likeliest(table: dict[str, Any]) -> None:
    meant = {"epochs": "training.epochs", "epoch": "epochs", "trial": "trials"}
    with pytest.raises(WeightreelError) as caught:
        parse_recipe({"dataset": {"kind": "digits"}, **table}, "r.toml")
    (key,) = [name for name in meant if name in json.dumps(table).split('"')]
    is_sentence(caught.value, "r.toml: there is no setting", f"did you mean {meant[key]}?")


@pytest.mark.parametrize("key", ["x" * 10**5, "a\nb", "\x1b[31m", "ключ", ""])
@pytest.mark.parametrize("within", ["", "training", "attacks", "defences"])
def test_an_unknown_key_of_any_letters_is_one_sentence(key: str, within: str) -> None:
    with pytest.raises(WeightreelError) as caught:
        table = {key: 3} if within else {}
        parse_recipe({"dataset": {"kind": "digits"}, **({within: table} if within else {key: 3})}, "r.toml")
    is_sentence(caught.value, "r.toml: ")


@pytest.mark.parametrize(
    "text", ["learning_rate=1e308", "epochs=inf", "epochs=1e11", f"epochs={'9' * 5000}", "x=\ud800"]
)
def test_settings_of_the_command_line_are_held_to_the_same(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text('dataset.kind = "digits"\n')
    with pytest.raises(WeightreelError) as caught:
        read_recipe(path, [f"training.{text}"])
    is_sentence(caught.value, "training." + text.partition("=")[0])
