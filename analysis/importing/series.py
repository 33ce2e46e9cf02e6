"""From checkpoints to a store: look at all files, then record one after the other."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray
from rich.progress import Progress

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.importing.attack import Attacker
from weightreel.analysis.importing.measure import Resources, goodness_tasks, measured_parameters, measured_spectra
from weightreel.analysis.importing.metrics import aligned, read_metrics
from weightreel.analysis.importing.options import Import, recipe_of
from weightreel.analysis.importing.origin import about_of, counted
from weightreel.analysis.interrupts import stop_if_interrupted
from weightreel.analysis.networks.checkpoints.agree import Agreed, agree
from weightreel.analysis.networks.checkpoints.find import find_checkpoints
from weightreel.analysis.networks.checkpoints.order import Ordered, in_order
from weightreel.analysis.networks.checkpoints.state import LazyState
from weightreel.analysis.runs.about import RunAbout
from weightreel.analysis.runs.epochs import workers
from weightreel.analysis.runs.record import RunWriter, completed
from weightreel.analysis.runs.same_weights import refuse_other_weights

Array = NDArray[Any]
Say = Callable[[str], None]

NAMED = 4
"""Tensors of which a sentence says that they are left out for one reason; the store names all."""


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
    recipe = recipe_of(options)
    ordered = in_order(find_checkpoints(options.checkpoints), options.order)
    agreed = agree(ordered.checkpoints)
    ordered = _kept(ordered, agreed)
    metrics = _metrics(options, ordered)
    attacker = Attacker(options.model, recipe, ordered.checkpoints[0]) if options.model else None
    for note in (*ordered.notes, *_left_out_in_words(agreed)):
        say(note)
    about = about_of(options, recipe, ordered, agreed, attacker)
    if options.resume and completed(options.out, about.name):
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
    matrices = [layer for layer in about.layers if layer.has_spectrum]
    bar = progress.add_task("checkpoints", total=count)
    with _resources(options) as resources, _writing(options, about) as writer:
        if attacker:
            writer.fix(attacker.fixed())
        _refuse_others(writer, ordered, agreed)
        for number in range(writer.recorded(), count):
            progress.update(bar, completed=number)
            checkpoint, parts = ordered.checkpoints[number], agreed.parts_of(number)
            record = counted(ordered, number) | {key: column[number] for key, column in metrics.items()}
            record |= measured_parameters(checkpoint, parts, about.sample)
            if options.spectra:
                for found in measured_spectra(checkpoint, parts, about.spectra, resources):
                    record |= found
                    progress.advance(bar, 1 / len(matrices))
            if attacker:
                record |= attacker.record(checkpoint)
            writer.add(record)
            stop_if_interrupted()
        progress.update(bar, completed=count)
        last = ordered.checkpoints[-1]
        if options.spectra:
            tasks = goodness_tasks(last, agreed.parts_of(count - 1), about.spectra)
            _finish(writer, {name: _alone(task) for name, task in tasks.items()})
        if attacker:
            _finish(writer, attacker.final(last))


def _refuse_others(writer: RunWriter, ordered: Ordered, agreed: Agreed) -> None:
    """Refuse to go on after records of other checkpoints, or of those that were changed since."""
    done = writer.recorded()
    wanted = counted(ordered, done - 1) if 0 < done <= len(ordered.ticks) else {}
    if done and (not wanted or any(writer.last().get(key) != value for key, value in wanted.items())):
        raise WeightreelError(
            f"{writer.files.store} was begun with other checkpoints or in another order; import those, or begin again "
            "with --force."
        )
    if done:
        last, tick = ordered.checkpoints[done - 1], ordered.ticks[done - 1]
        state, remedy = LazyState(last, agreed.parts_of(done - 1)), "put that one back, or begin again with --force"
        refuse_other_weights(state, writer.last(), last.files[0], writer.about.name, tick, remedy)


def _finish(writer: RunWriter, tasks: Mapping[str, Callable[[dict[str, Array]], dict[str, Array]]]) -> None:
    """Do those of the works that are not done yet, each with what those before it gave."""
    before: dict[str, Array] = {}
    for name, task in tasks.items():
        if not writer.finished(name):
            writer.finish(name, task(before))
            stop_if_interrupted()
        before |= writer.part(name)


def _alone(task: Callable[[], dict[str, Array]]) -> Callable[[dict[str, Array]], dict[str, Array]]:
    """A work that needs nothing before it."""
    return lambda _: task()


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


def _left_out_in_words(agreed: Agreed) -> Iterator[str]:
    """Sentences on what is left out; the store names it all."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, reason in agreed.skipped.items():
        reasons[reason].append(name)
    for reason, names in reasons.items():
        listed = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
        yield f"left out: {listed}: {reason}"


@contextlib.contextmanager
def _resources(options: Import) -> Iterator[Resources]:
    threads = os.cpu_count() or 1
    if options.jobs == 1 and not options.dask:
        yield Resources(None, threads)
        return
    with workers(options.jobs, options.dask) as parallel:
        yield Resources(parallel, max(1, threads // options.jobs), sends=bool(options.dask))
