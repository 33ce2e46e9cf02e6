"""What a store says of an imported run, and by what its records are counted."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.importing.attack import Attacker
from weightreel.analysis.importing.options import Import
from weightreel.analysis.networks.checkpoints.agree import Agreed
from weightreel.analysis.networks.checkpoints.order import Ordered
from weightreel.analysis.networks.layers import layers_of_parts
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.runs.about import RunAbout

Array = NDArray[Any]


def about_of(options: Import, recipe: Recipe, ordered: Ordered, agreed: Agreed, attacker: Attacker | None) -> RunAbout:
    """What the store says of the run."""
    names = [checkpoint.name for checkpoint in ordered.checkpoints]
    title = options.title or _common(names) or options.out.stem
    model = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "imported"
    files = f"{names[0]} … {names[-1]}" if len(names) > 1 else names[0]
    return RunAbout(
        name=f"{model}-s0",
        title=title,
        model=model,
        seed=0,
        clock=ordered.clock,
        layers=tuple(layers_of_parts(agreed.parts)),
        n_parameters=sum(
            math.prod(shape) for part in agreed.parts.values() if not part.tied for shape in part.shapes.values()
        ),
        device="not known",
        source=f"imported from {len(names)} checkpoint{'s' * (len(names) > 1)}, {files}",
        skipped=agreed.skipped,
        dataset_name=options.dataset_name or (attacker.dataset.name if attacker else ""),
        recipe={
            "source": "import",
            "checkpoints": names,
            "record": recipe.record.model_dump(mode="json"),
            "spectra": recipe.spectra.model_dump(mode="json") if options.spectra else None,
        },
        sample=recipe.record.sample,
        bins=recipe.record.bins,
        spectra=recipe.spectra,
        saliency=recipe.gradient.saliency_epochs,
        dataset=attacker.about_dataset(options.dataset_name) if attacker else None,
        described=attacker.described() if attacker else {},
    )


def _common(names: list[str]) -> str:
    """What names of checkpoints begin with alike, without the word that counts them and without a number begun."""
    if len(names) == 1:
        begin = names[0].rpartition(".")[0] or names[0]
    else:
        alike = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
        begin = "".join(letters[0] for letters in alike)
        if any(name[len(begin) :][:1].isdigit() for name in names):
            begin = begin.rstrip("0123456789")
    begin = begin.rstrip("._=- ")
    return re.sub(r"(^|[._=-]+)(epochs?|ep|e|global_step|steps?|iter|checkpoint|ckpt)$", "", begin, flags=re.IGNORECASE)


def counted(ordered: Ordered, number: int) -> dict[str, Array]:
    """The datasets that count the records."""
    tick = ordered.ticks[number]
    if ordered.clock == "step":
        return {"epoch": np.asarray(number), "step": np.asarray(tick)}
    steps = {"step": np.asarray(ordered.steps[number])} if ordered.steps else {}
    return {"epoch": np.asarray(tick), **steps}
