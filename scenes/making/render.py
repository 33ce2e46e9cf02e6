"""Render films into `media/films/STORE/QUALITY/FILM.{mp4,srt,md,png}`: the film, its subtitles, its narration as a
script, and a poster.

A film is rendered again only when something that it is made of changed: its source, what it imports of this project,
`scenes/manim.cfg`, the store, the settings, or the libraries. Contents decide, not dates and not Manim's cache, which
does not see what a scene reads from a file. New files take the place of the old only when they are whole.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

from weightreel.analysis.errors import PASSED_OVER, WeightreelError
from weightreel.analysis.files import alone
from weightreel.analysis.notices import tell
from weightreel.analysis.processes import bearable, child, side_by_side, usable_cores
from weightreel.analysis.settings import Settings
from weightreel.scenes.making import authored
from weightreel.scenes.making.orders import (
    QUALITIES,
    Order,
    find_films,
    fingerprint,
    manim_environment,
    orders_of,
)
from weightreel.scenes.making.talks import films_of

PARTS = (".mp4", ".srt", ".md", ".png")
"""Endings of a film's files: its video, its subtitles, its narration as a script, and its poster."""
NEEDED_SPACE = 200 * 10**6
"""Bytes that must be free: a film at the highest quality, twice while its parts are joined."""

Draw = Callable[[Order, Path], object]
"""What draws an order's film into a new folder: `run_manim`, or `draw_film` in this interpreter."""


class PassedOver(Exception):
    """The store holds nothing for a film that was asked for with others."""


def render_films(
    films: Sequence[str],
    settings: Settings,
    *,
    quality: str = "m",
    out: Path = Path("media/films"),
    force: bool = False,
    jobs: int | None = None,
) -> None:
    """Render films unless they are up to date, several side by side, or one film's animations.

    Args:
        films: their names; none means those of the talk, and without one all for which the store holds something.
        settings: what they are drawn with; several stores are merged first.
        quality: l, m, h or k; t is a thumbnail for tests.
        out: films become OUT/STORE/QUALITY/FILM.mp4.
        force: render although nothing changed.
        jobs: processes that draw at a time; by default as many as the machine has idle cores and memory for.

    Raises:
        WeightreelError: no such film, quality, store, run, layer or language; the store holds nothing for any film, or
            for one that was named, unless the settings say that films are made if possible; or Manim failed.
    """
    films = films or films_of(settings, find_films())
    wanted = settings if films else replace(settings, if_possible=True)
    orders = orders_of(films or list(find_films()), wanted, quality, out)
    passed_over: list[Order] = []

    def make(order: Order) -> None:
        if not _render_if_possible(order, force):
            passed_over.append(order)

    try:
        known = [] if force else [order for order in orders if _is_passed_over(order)]
        if len(known) == len(orders):
            known = []  # each says once more what the store lacks
        passed_over += known
        for order in known:
            _say_passed_over(order)
        needed = [order for order in orders if order not in known and (force or not _tell_current(order))]
        if needed:
            most = bearable(usable_cores()) if jobs is None else jobs
            each = max(1, most // len(needed))
            parted = [replace(order, settings=replace(order.settings, jobs=each)) for order in needed]
            side_by_side([partial(make, order) for order in parted], most)
    except OSError as error:
        raise WeightreelError(f"the film could not be written ({error}); choose another folder with --out.") from error
    if len(passed_over) == len(orders) and not films:
        raise WeightreelError(f"{orders[0].store} holds nothing for any film; above is said what each lacks.")


def _tell_current(order: Order) -> bool:
    """Whether a film is up to date; then it is said."""
    if current := _is_current(order, fingerprint(order)):
        say(order.film.name, f"{shown(_video(order))} is up to date")
    return current


def _video(order: Order) -> Path:
    return order.folder / f"{order.film.name}.mp4"


def _render_if_possible(order: Order, force: bool) -> bool:
    try:
        render(order, force)
    except PassedOver:
        _stamp(order).write_text(json.dumps({"passed_over": fingerprint(order)}), encoding="utf-8")
        _say_passed_over(order)
        return False
    return True


def _is_passed_over(order: Order) -> bool:
    """Whether a film may be passed over, and was for what it would be made of now."""
    return order.settings.if_possible and _read_stamp(order) == {"passed_over": fingerprint(order)}


def _say_passed_over(order: Order) -> None:
    say(order.film.name, "passed over, because the store holds nothing for it")


def render(order: Order, force: bool = False, draw: Draw | None = None) -> bool:
    """Render one film unless it is up to date.

    Args:
        draw: leaves the film in a new folder; by default `run_manim`, which needs a process of its own.

    Returns:
        Whether it was rendered.

    Raises:
        PassedOver: the store holds nothing for it, and it was to be rendered only if possible.
        WeightreelError: Manim failed, after it said why; the old film is as it was.
    """
    name = order.film.name
    order.folder.mkdir(parents=True, exist_ok=True)
    with rendering(order):
        if order.film.own:
            authored.claim(order.folder, name, order.film.path)
        print_made_of = fingerprint(order)
        if not force and _tell_current(order):
            return False
        size = QUALITIES[order.quality]
        say(name, f"rendering {size.width}×{size.height} at {size.fps} frames/s from {order.store}")
        began = time.monotonic()
        work = new_work(order)
        try:
            (draw or run_manim)(order, work)
            film = _find_output(work, name)
            from weightreel.scenes.making.poster import write_poster  # not needed to find out that nothing changed

            seconds = write_poster(film, film.with_suffix(".png"))
            _put_in_place(order, film, print_made_of)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    say(name, f"{shown(_video(order))}: {seconds:.1f} s of film in {time.monotonic() - began:.0f} s")
    return True


def new_work(order: Order) -> Path:
    """A folder that no process works in; those of renders that were killed are removed.

    Manim may outlive the process that started it, and goes on writing: into a folder that is gone.
    """
    for left in order.folder.glob(f".{glob.escape(order.film.name)}.*partial"):
        shutil.rmtree(left, ignore_errors=True)
    return order.folder / f".{order.film.name}.{os.getpid()}.partial"


def rendering(order: Order) -> AbstractContextManager[None]:
    """Hold the film's lock; a second `make` waits, and then finds the film up to date."""
    waiting = partial(say, order.film.name, "another process renders it; waiting")
    return alone(order.folder / f".{order.film.name}.lock", waiting=waiting)


def _stamp(order: Order) -> Path:
    return order.folder / f".{order.film.name}.json"


def _is_current(order: Order, made_of: str) -> bool:
    """Whether the stamp names `made_of` and every part still has the size that it was left with."""
    try:
        sizes = {part: (order.folder / f"{order.film.name}{part}").stat().st_size for part in PARTS}
    except OSError:
        return False
    return _read_stamp(order) == {"made_of": made_of, "sizes": sizes}


def _read_stamp(order: Order) -> object:
    try:
        return json.loads(_stamp(order).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _need_space(folder: Path) -> None:
    if (free := shutil.disk_usage(folder).free) < NEEDED_SPACE:
        raise WeightreelError(
            f"{folder} has {free // 10**6} MB free and a film needs up to {NEEDED_SPACE // 10**6}; "
            "free some disk space or choose another folder with --out."
        )


def run_manim(order: Order, work: Path) -> None:
    """Let a child process of Manim render into the new folder `work`, and in it.

    Where the order's settings ask for slides, manim-slides leaves them in `work`/slides.

    Raises:
        PassedOver, WeightreelError: as `render`.
    """
    _need_space(order.folder)
    size = QUALITIES[order.quality]
    command = [sys.executable, "-m", "weightreel.scenes.making.manim_alone"]
    command += ["--own", str(Path.cwd())] if order.film.own else []
    command += ["render", "--silent"]
    command += ["--disable_caching", "--format", "mp4"]
    command += ["--progress_bar", "none", "--verbosity", "WARNING"]
    command += ["--media_dir", "."]  # Manim takes braces in a path for fields
    command += ["--resolution", f"{size.width},{size.height}", "--fps", str(size.fps)]
    command += ["--output_file", order.film.name, str(order.film.path.absolute()), order.film.scene]
    work.mkdir(parents=True)
    # In an empty folder: Python would take a `scenes` of the working folder for ours, and slides are written below it
    # with paths relative to it. Its errors go to stderr; its stdout is a banner.
    began = time.monotonic()
    with child(command, work, manim_environment(order)) as process:
        while True:
            try:
                code = process.wait(timeout=15)
                break
            except subprocess.TimeoutExpired:
                done = sum(1 for _ in work.glob("videos/**/partial_movie_files/**/*.mp4"))
                say(order.film.name, f"{done} animations, {time.monotonic() - began:.0f} s")
    if code == PASSED_OVER:
        raise PassedOver
    if code:
        _need_space(order.folder)  # where the disk filled up on the way, that is the reason to tell
        raise WeightreelError(
            f"{order.film.name}: not rendered (exit code {code}); the film before it, if any, is unchanged."
        )


def _find_output(work: Path, name: str) -> Path:
    """Manim's finished film; beside it lie its subtitles."""
    film = next((f for f in work.glob(f"videos/**/{name}.mp4") if "partial_movie_files" not in f.parts), None)
    if film is None or not film.with_suffix(".srt").is_file():
        what = "film" if film is None else "subtitles"
        raise WeightreelError(f"Manim ended without {what} for {name}; every film has animations and captions.")
    return film


def _put_in_place(order: Order, film: Path, made_of: str) -> None:
    # The stamp goes first and comes last: whenever this stops, the film is rendered again.
    stamp = _stamp(order)
    stamp.unlink(missing_ok=True)
    sizes: dict[str, int] = {}
    for part in PARTS:
        target = order.folder / f"{order.film.name}{part}"
        film.with_suffix(part).replace(target)
        sizes[part] = target.stat().st_size
    if fingerprint(order) != made_of:
        say(order.film.name, "its store or source changed meanwhile; make it again to see the change")
        return
    new = film.with_suffix(".json")
    new.write_text(json.dumps({"made_of": made_of, "sizes": sizes}), encoding="utf-8")
    new.replace(stamp)


def shown(path: Path) -> str:
    """The path relative to the working folder where it lies below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def say(film: str, what: str) -> None:
    """One line of progress, whole even where films render side by side."""
    tell(f"{film}: {what}")
