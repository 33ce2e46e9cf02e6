"""Settings of a Recorder, held against what they may be before anything is trained."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recipe.recipe import RecordRecipe, SpectraRecipe, parse_recipe
from weightreel.analysis.recording.counting import Every
from weightreel.analysis.recording.handed import counted


def settings_of(recipe: Mapping[str, Any] | str | Path | None) -> tuple[RecordRecipe, SpectraRecipe]:
    """Settings of a recipe's tables `record` and `spectra`.

    Raises:
        WeightreelError: the file cannot be read, or a setting is out of range.
    """
    where = "recipe"
    if isinstance(recipe, str | Path):
        where = str(recipe)
        try:
            recipe = tomllib.loads(Path(recipe).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise WeightreelError(f"the recipe {where} cannot be read ({error}); name a TOML file.") from error
    tables = dict(recipe or {})
    chosen: dict[str, Any] = {key: tables[key] for key in ("record", "spectra") if key in tables}
    parsed = parse_recipe({"dataset": {"kind": "digits"}, **chosen}, where)  # no images are loaded
    return parsed.record, parsed.spectra


@dataclass(frozen=True)
class Wanted:
    """What a Recorder is asked for; its arguments say what they mean.

    Raises:
        WeightreelError: something is not what it may be.
    """

    store: Path
    model: nn.Module | None
    title: str
    name: str
    seed: int
    dataset: str
    every: Every
    record_settings: RecordRecipe
    spectra_settings: SpectraRecipe
    spectra: int
    resume: bool
    force: bool
    epoch: int | None
    step: int | None
    gap: str
    durable: bool

    def __post_init__(self) -> None:
        every = self.every
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", self.name):
            raise WeightreelError(f"name={self.name!r} is no name of a run; use letters, digits and hyphens.")
        if not (every is None or every == "log" or (isinstance(every, int) and every > 0)):
            raise WeightreelError(
                f"every={every!r} is no number of steps; give one above 0, 'log', or None for epochs."
            )
        if self.gap not in ("refuse", "keep"):
            raise WeightreelError(f"gap={self.gap!r} is neither 'refuse' nor 'keep'; choose one of them.")
        if self.resume and self.force:
            raise WeightreelError(
                "resume=True goes on with what is there, and force=True begins again; choose one of them."
            )


def name_of_run(title: str) -> str:
    """The name of a run, before its seed, made of the network's title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "network"


def count_of_option(name: str, value: Any) -> int | None:
    """An option `epoch` or `step`.

    Raises:
        WeightreelError: it counts nothing.
    """
    try:
        return None if value is None else counted(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise WeightreelError(
            f"{name}={value!r} is no count; give how many {name}s have ended, a whole number from 0."
        ) from error
