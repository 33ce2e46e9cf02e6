"""Films: how fast they are drawn and encoded, beside encoding alone and beside the usual way of making them.

Each film is measured where it is busiest, in a process of its own, by `benchmarks.excerpt`. Encoding alone takes whole
RGBA frames that lie ready, with the films' settings. Of the usual films' excerpts only the first second is drawn: each
of their frames costs the same.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.grammar import SCENES as GRAMMAR
from benchmarks.usual_films import USUAL
from tests.made.store import synthetic_store
from weightreel.scenes.making.orders import QUALITIES, ROOT, find_films

Row = TypeVar("Row")
RowMaker = Callable[[str, float, float, str], Row]
"""Makes a row of the table from its name, our rate, the peer's and the unit."""

USUAL_SHARE = 0.25
"""So much of an excerpt is drawn in the usual way."""
GROWING = ("weights", "esd")
"""Films with a panel for each layer: they have most to draw of a deep network."""
USUAL_SIZE = 51, 14
"""Epochs, with the initialisation, and layers of the report's CNN."""
GIGABYTE = 1e9


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
        films: their names.
        store: what they show.
        quality: at which they are measured.
        all_quality: at which all films are rendered as a whole.
        seconds: of an excerpt.
        repetitions: of which the median counts.
        large: epochs and layers of the store that is beside one of USUAL_SIZE.
    """

    films: Sequence[str]
    store: Path
    quality: str
    all_quality: str
    seconds: float
    repetitions: int
    large: tuple[int, int]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen of films."""
    films = parser.add_argument_group("films")
    films.add_argument("--films", nargs="+", choices=find_films(), default=list(find_films()), metavar="FILM")
    films.add_argument("--film-store", type=Path, default=ROOT / "data" / "cifar10.h5", metavar="STORE")
    films.add_argument("--film-quality", choices=QUALITIES, default="h", help="of the excerpts")
    films.add_argument("--all-films-quality", choices=QUALITIES, default="t", help="of whole films, two at a time")
    films.add_argument("--film-seconds", type=float, default=4.0, help="of an excerpt")
    films.add_argument("--film-repetitions", type=int, default=3)
    films.add_argument("--large-store", type=int, nargs=2, default=(1001, 50), metavar=("EPOCHS", "LAYERS"))


def plan_of(options: argparse.Namespace) -> Plan:
    """What was chosen."""
    return Plan(
        options.films,
        options.film_store,
        options.film_quality,
        options.all_films_quality,
        options.film_seconds,
        options.film_repetitions,
        tuple(options.large_store),
    )


def comparisons(plan: Plan, row: RowMaker[Row]) -> Iterator[Row]:
    """Every comparison of films."""
    memory = 0
    size = QUALITIES[plan.quality]
    how = f"{size.height}p{size.fps}"
    for film in plan.films:
        found = excerpt(plan, film, plan.store, "both", "encode")[0]
        memory = max(memory, found["memory"])
        yield row(f"{film}, drawn and encoded at {how} / encoded", *rates(found, "both", "encode"), "frames/s")
    for scene in GRAMMAR:
        found = excerpt(plan, scene, plan.store, "both", "encode")[0]
        yield row(f"{scene}, drawn and encoded at {how} / encoded", *rates(found, "both", "encode"), "frames/s")
    yield row(f"films at {how} in 1 GB of memory / one", GIGABYTE / memory, 1.0, "films")
    for film in plan.films:
        if film in USUAL:
            ours, usual = excerpt(plan, film, plan.store, "draw", "both", "--usual", str(plan.seconds * USUAL_SHARE))
            for work, done in (("draw", "drawn"), ("both", "drawn and encoded")):
                name = f"{film}, layer by layer, {done} / Rectangles under Transform"
                yield row(name, rates(ours, work)[0], rates(usual, work)[0], "frames/s")
    yield from growth(plan, row)
    yield row("all films, two at a time / one after the other", *together_and_alone(plan), "films/min")


def growth(plan: Plan, row: RowMaker[Row]) -> Iterator[Row]:
    """Frames of films of a large store beside frames of films of a usual one."""
    with tempfile.TemporaryDirectory() as folder:
        stores = []
        for epochs, layers in (plan.large, USUAL_SIZE):
            path = Path(folder) / f"{epochs}-{layers}.h5"
            stores.append(synthetic_store(path, epochs, models=("cnn",), n_layers=layers, drawn=256, sample=64))
        for film in [film for film in GROWING if film in plan.films]:
            large, usual = (rates(excerpt(plan, film, store, "draw")[0], "draw")[0] for store in stores)
            what = "{:,} epochs × {} layers"
            yield row(f"{film}, {what.format(*plan.large)} / {what.format(*USUAL_SIZE)}", large, usual, "frames/s")


def excerpt(plan: Plan, film: str, store: Path, *works: str) -> list[dict[str, Any]]:
    """What `benchmarks.excerpt` measured.

    Args:
        works: names of works, then further options.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    command = [sys.executable, "-m", "benchmarks.excerpt", film, "--store", str(store), "--quality", plan.quality]
    command += ["--seconds", str(plan.seconds), "--repetitions", str(plan.repetitions), "--works", *works]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def rates(measured: dict[str, Any], *works: str) -> list[float]:
    """Median frames a second of each work."""
    return [statistics.median(measured["rates"][work]) for work in works]


def together_and_alone(plan: Plan) -> tuple[float, float]:
    """Films a minute, whole, when two are rendered at a time as by `make -j2`, and when one is."""
    found = []
    for at_a_time in (2, 1):
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(at_a_time) as pool:
            began = time.perf_counter()
            list(pool.map(lambda film, out=folder: render(film, plan, out), plan.films))
            found.append(len(plan.films) / (time.perf_counter() - began) * 60)
    return found[0], found[1]


def render(film: str, plan: Plan, out: str) -> None:
    """Render a whole film as `make` does."""
    command = [sys.executable, "-m", "weightreel", "film", str(plan.store.resolve()), "--films", film]
    command += ["--quality", plan.all_quality, "--out", out, "--force"]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
