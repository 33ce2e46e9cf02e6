"""From checkpoints to a store: look at all files, then record one after the other."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from analysis.epochs import workers
from analysis.errors import WeightreelError
from analysis.importing.agree import Agreed, agree
from analysis.importing.attack import Attacker
from analysis.importing.find import find_checkpoints
from analysis.importing.measure import (
    Place,
    goodness_tasks,
    layers_of_parts,
    measured_parameters,
    measured_spectra,
)
from analysis.importing.metrics import aligned, read_metrics
from analysis.importing.order import Ordered, in_order
from analysis.interrupts import stop_if_interrupted
from analysis.kinds import MATRIX_KINDS
from analysis.recipe import Recipe, override, parse_recipe
from analysis.run_writer import RunAbout, RunWriter
from analysis.store.reader import Store

Array = NDArray[Any]
Say = Callable[[str], None]

RANDOMISED_ABOVE = 4096
"""Shorter side of matrices of which an import measures the largest eigenvalues alone, unless it is told otherwise."""
NAMED = 4
"""Tensors of which a sentence says that they are left out for one reason; the store names all."""
SETTINGS = ("dataset", "noise", "gradient", "fooling", "certificate", "record", "spectra")
"""Parts of a recipe that an import has use for."""


@dataclass(frozen=True)
class Import:
    """What is imported, and how.

    Attributes:
        checkpoints: files, folders and patterns.
        out: the store.
        order: see `analysis.importing.order.in_order`.
        metrics: a CSV table or a folder of TensorBoard's logs.
        title: of the run, for people; empty for one made of the checkpoints' names.
        dataset_name: what the network was trained on, for people.
        jobs: processes that measure spectra.
        dask: address of a scheduler on whose workers to measure them instead.
        spectra: whether to measure them.
        model: `module:function`, which gives the network, so that it can be attacked.
        dataset: kind of the images that it is attacked with.
        overrides: settings of a recipe's parts SETTINGS, such as `record.bins=64`.
        resume: go on with what is there.
        force: begin again.
    """

    checkpoints: tuple[str, ...]
    out: Path
    order: str = ""
    metrics: Path | None = None
    title: str = ""
    dataset_name: str = ""
    jobs: int = 1
    dask: str = ""
    spectra: bool = True
    model: str = ""
    dataset: str = ""
    overrides: tuple[str, ...] = ()
    resume: bool = False
    force: bool = False


def import_checkpoints(options: Import, say: Say = print) -> None:
    """Import a series of checkpoints as a run of a store.

    All files are looked at first, their headers only, so that nothing is begun that could not be ended.

    Args:
        options: what and how.
        say: told, in sentences, of the order, of gaps, and of what is left out.

    Raises:
        WeightreelError: a file cannot be read or would run something, the order is not clear, nothing fits, or the
            store exists and neither `resume` nor `force` was given.
    """
    recipe = _recipe(options)
    ordered = in_order(find_checkpoints(options.checkpoints), options.order)
    agreed = agree(ordered.checkpoints)
    ordered = _kept(ordered, agreed)
    metrics = _metrics(options, ordered)
    attacker = Attacker(options.model, recipe, ordered.checkpoints[0]) if options.model else None
    for note in (*ordered.notes, *_told(agreed)):
        say(note)
    about = _about(options, recipe, ordered, agreed, attacker)
    if options.resume and _is_complete(options.out, about.name):
        say(f"{options.out} is complete already; nothing to do.")
        return
    with Progress(disable=not sys.stdout.isatty()) as progress:
        _record(options, about, ordered, agreed, metrics, attacker, progress)
    say(f"{options.out} is complete.")


def _record(
    options: Import,
    about: RunAbout,
    ordered: Ordered,
    agreed: Agreed,
    metrics: Mapping[str, Array],
    attacker: Attacker | None,
    progress: Progress,
) -> None:
    """Measure checkpoint after checkpoint and, of the last, what is measured once."""
    count = len(ordered.checkpoints)
    matrices = [layer for layer in about.layers if layer.kind in MATRIX_KINDS and not layer.tied]
    bar = progress.add_task("checkpoints", total=count)
    with _place(options) as place, _writing(options, about) as writer:
        if attacker:
            writer.fix(attacker.fixed())
        _refuse_others(writer, ordered)
        for number in range(writer.recorded(), count):
            progress.update(bar, completed=number)
            checkpoint, parts = ordered.checkpoints[number], agreed.parts_of(number)
            record = _counted(ordered, number) | {key: column[number] for key, column in metrics.items()}
            record |= measured_parameters(checkpoint, parts, about.sample)
            if options.spectra:
                for found in measured_spectra(checkpoint, parts, about.spectra, place):
                    record |= found
                    progress.advance(bar, 1 / len(matrices))
            if attacker:
                record |= attacker.record(checkpoint)
            writer.add(record)
            stop_if_interrupted()
        progress.update(bar, completed=count)
        last = ordered.checkpoints[-1]
        if options.spectra:
            _finish(writer, goodness_tasks(last, agreed.parts_of(count - 1), about.spectra))
        if attacker:
            _finish(writer, attacker.final(last))


def _is_complete(store: Path, run: str) -> bool:
    if not store.exists():
        return False
    with Store(store) as there:
        return run in there.runs and there.runs[run].complete


def _refuse_others(writer: RunWriter, ordered: Ordered) -> None:
    """Refuse to go on after records of other checkpoints."""
    done = writer.recorded()
    wanted = _counted(ordered, done - 1) if 0 < done <= len(ordered.ticks) else {}
    if done and (not wanted or any(writer.last().get(key) != value for key, value in wanted.items())):
        raise WeightreelError(
            f"{writer.files.store} was begun with other checkpoints or in another order; import those, or begin again "
            "with --force."
        )


def _finish(writer: RunWriter, tasks: Mapping[str, Callable[[], dict[str, Array]]]) -> None:
    """Do those of the works that are not done yet."""
    for name, task in tasks.items():
        if not writer.finished(name):
            writer.finish(name, task())
            stop_if_interrupted()


@contextlib.contextmanager
def _writing(options: Import, about: RunAbout) -> Iterator[RunWriter]:
    """A writer that is closed as complete where the block succeeds, and can be resumed where it does not."""
    writer = RunWriter(options.out, about, resume=options.resume, force=options.force)
    try:
        yield writer
    except BaseException:
        writer.close(complete=False)
        raise
    writer.close()


def _recipe(options: Import) -> Recipe:
    """The settings of what is measured; of a data set only where there is one."""
    table: dict[str, Any] = {
        "title": options.title,
        "dataset": {"kind": options.dataset or "digits"},
        "spectra": {"randomised_above": RANDOMISED_ABOVE, "resamples": 0},
    }
    for text in options.overrides:
        part = text.partition(".")[0]
        if part not in SETTINGS:
            raise WeightreelError(f"--set {text!r}: an import has settings of {', '.join(SETTINGS)} only.")
        override(table, text)
    return parse_recipe(table, "the import")


def _kept(ordered: Ordered, agreed: Agreed) -> Ordered:
    """Without the checkpoints that do not belong to the others."""
    if all(agreed.kept):
        return ordered

    def chosen(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(itertools.compress(values, agreed.kept)) if values else ()

    return replace(
        ordered, checkpoints=chosen(ordered.checkpoints), ticks=chosen(ordered.ticks), steps=chosen(ordered.steps)
    )


def _metrics(options: Import, ordered: Ordered) -> dict[str, Array]:
    if options.metrics is None:
        return {}
    return dict(aligned(read_metrics(options.metrics), ordered.clock, ordered.ticks, ordered.steps))


def _counted(ordered: Ordered, number: int) -> dict[str, Array]:
    """The datasets that count the records."""
    tick = ordered.ticks[number]
    if ordered.clock == "step":
        return {"epoch": np.asarray(number), "step": np.asarray(tick)}
    steps = {"step": np.asarray(ordered.steps[number])} if ordered.steps else {}
    return {"epoch": np.asarray(tick), **steps}


def _told(agreed: Agreed) -> Iterator[str]:
    """Sentences on what is left out; the store names it all."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, reason in agreed.skipped.items():
        reasons[reason].append(name)
    for reason, names in reasons.items():
        listed = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
        yield f"left out: {listed}: {reason}"


def _about(options: Import, recipe: Recipe, ordered: Ordered, agreed: Agreed, attacker: Attacker | None) -> RunAbout:
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


@contextlib.contextmanager
def _place(options: Import) -> Iterator[Place]:
    threads = os.cpu_count() or 1
    if options.jobs == 1 and not options.dask:
        yield Place(None, threads)
        return
    with workers(options.jobs, options.dask) as parallel:
        yield Place(parallel, max(1, threads // options.jobs), sends=bool(options.dask))
