"""A table of TOML as a part: what is wrong with it in one sentence that names the file, the key and the likeliest."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recipe.part import Part
from weightreel.analysis.recipe.toml import shown

P = TypeVar("P", bound=Part)

FREE = "[key]"
"""What pydantic puts behind a key of a table whose keys are free, where the key itself is wrong."""


def checked(part: type[P], table: dict[str, Any], where: str, whole: str, remedy: str) -> P:
    """A part from a table.

    Args:
        part: what the table is to be.
        table: as TOML gives it.
        where: names the table's origin in errors.
        whole: what the table is, in words, where the fault lies in no key of it.
        remedy: ends the sentence, after a semicolon.

    Raises:
        WeightreelError: a key is unknown or out of range; the first is named, and the number of others.
    """
    try:
        return part.model_validate(table)
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        key = ".".join(shown(name) for name in first["loc"] if name != FREE) or whole
        if first["type"] == "extra_forbidden":
            what = f"there is no setting {key}{_meant(part, first['loc'])}"
        else:
            given = f", got {shown(first['input'], quoted=True)}" if not isinstance(first["input"], dict) else ""
            what = f"{key}: {shown(first['msg'].removeprefix('Value error, '), 300)}{given}"
        more = f" ({len(others)} more after it)" if others else ""
        raise WeightreelError(f"{where}: {what}{more}; {remedy}.") from error


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`, did you mean NAME?` with the likeliest of what is known; a semicolon where nothing is near."""
    near = nearest(name, known)
    return f", did you mean {shown(near)}?" if near else ";"


def nearest(name: str, known: Iterable[str]) -> str:
    """The likeliest of what is known, whatever its capitals; empty where nothing is near."""
    by_small = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(name[:100].casefold(), by_small, 1)
    return by_small[near[0]] if near else ""


def _meant(part: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """What an unknown setting may have been meant to be, and what stands beside it."""
    siblings, last = list(_beside(part, location).model_fields), str(location[-1])
    everywhere = [
        f"{name}.{key}"
        for name, field in part.model_fields.items()
        for within in _parts(field.annotation)[:1]
        if field.annotation is within
        for key in within.model_fields
    ]
    near = difflib.get_close_matches(last[:100], siblings, 1)
    near += [path for path in everywhere if path.partition(".")[2] == last]
    meant = f", did you mean {near[0]}?" if near else ";"
    return f"{meant} the settings beside it are: {', '.join(siblings)}"


def _beside(part: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    """The part that a location of pydantic's lies in; keys of tables of parts are passed over."""
    for name in location[:-1]:
        if (field := part.model_fields.get(str(name))) and (within := _parts(field.annotation)):
            part = within[0]
    return part


def _parts(annotation: Any) -> list[type[BaseModel]]:
    """The parts that stand in an annotation, those within tables too."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [part for within in typing.get_args(annotation) for part in _parts(within)]
