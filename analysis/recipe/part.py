"""What the parts of a recipe share: kinds of numbers with their ranges, and what no setting may be."""

from __future__ import annotations

import math
import types
import typing
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1, le=10**9)]
"""A number of images, at least one; more are refused when they are counted."""
Count = Annotated[int, Field(ge=0, le=10**9)]
Trials = Annotated[int, Field(ge=1, le=10**7)]
"""How often something is measured anew: each costs a forward pass at least."""
Steps = Annotated[int, Field(ge=1, le=10**5)]
Repeats = Annotated[int, Field(ge=0, le=10**5)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""What every generator of random numbers takes."""
AboveZero = Annotated[float, Field(gt=0, le=10**6)]
NotNegative = Annotated[float, Field(ge=0, le=10**6)]
Text = Annotated[str, Field(max_length=1000)]

_LONGEST = 4096
"""Letters of any text, as of a path."""
_MOST = 1000
"""Entries of any list or table."""
_DEEPEST = 5
"""Lists and tables within each other."""


class Part(BaseModel):
    """A frozen table of settings; unknown keys are refused, and so is what is no number where one is wanted."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_sane(cls, value: object, info: ValidationInfo) -> object:
        kinds = _kinds(cls.model_fields[info.field_name or ""].annotation)
        # Parts within a part look at their own settings, and name them.
        parts = any(isinstance(kind, type) and issubclass(kind, Part) for kind in kinds)
        _refuse_strange(dict.fromkeys(value) if parts and isinstance(value, dict) else value, kinds, 0)
        return value


def _kinds(annotation: Any) -> set[Any]:
    """The types that stand in an annotation, those within lists and tables too."""
    if typing.get_origin(annotation) is Literal:
        return {type(value) for value in typing.get_args(annotation)}
    if typing.get_origin(annotation) is Annotated:
        return _kinds(typing.get_args(annotation)[0])
    within = [kind for kind in typing.get_args(annotation) if kind is not Ellipsis]
    return set().union(*map(_kinds, within)) if within else {annotation}


def _refuse_strange(value: object, kinds: set[Any], depth: int) -> None:
    """Refuse what no setting may be, wherever it stands in a value.

    Args:
        value: as the file has it.
        kinds: that the setting may be of, or be made of.
        depth: lists and tables around the value.

    Raises:
        ValueError: what is wrong with it.
    """
    if isinstance(value, BaseModel):
        return
    if isinstance(value, list | tuple | dict):
        if depth == _DEEPEST:
            raise ValueError("lists and tables stand within each other too deeply")
        if len(value) > _MOST:
            raise ValueError(f"has {len(value):,} entries, and {_MOST:,} at most are taken")
        for key in value if isinstance(value, dict) else ():
            _refuse_text(str(key))
        for entry in value.values() if isinstance(value, dict) else value:
            _refuse_strange(entry, kinds, depth + 1)
    elif isinstance(value, bool):
        if not kinds & {bool, Any}:
            raise ValueError("should be no true or false")
    elif isinstance(value, str):
        if not kinds & {str, Any}:
            raise ValueError("should be no text: leave out the quotes")
        _refuse_text(value)
    elif isinstance(value, int | float):
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("should be a finite number")
        if isinstance(value, int) and abs(value) >= 2**63:
            raise ValueError("should be a number of 64 bits")
        if not kinds & {int, float, Any}:
            raise ValueError("should be no number" if kinds - {types.NoneType} != {bool} else "should be true or false")
    elif value is not None:
        raise ValueError(f"should be no {type(value).__name__}")  # TOML has dates and times


def _refuse_text(text: str) -> None:
    if len(text) > _LONGEST:
        raise ValueError(f"has {len(text):,} letters, and {_LONGEST:,} at most are taken")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise ValueError("should be text without line breaks and other control characters")
