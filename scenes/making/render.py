"""Render films: `python -m weightreel.scenes.making.render esd --store data/cifar10.h5`; without a name, all.

A film becomes `media/films/STORE/QUALITY/FILM.{mp4,srt,md,png}`: the film, its subtitles, its narration as a
script, and a poster. It is rendered again only when something that it is made of changed: its source, what it imports
of `scenes` and `analysis`, `scenes/manim.cfg`, the store, the choice of runs and layers, or the libraries. Contents
decide, not dates and not Manim's cache, which does not see what a scene reads from a file. New files take the place of
the old only when they are whole.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.merge import one_store
from weightreel.analysis.store.reader import Store
from weightreel.scenes.kit.settings import PASSED_OVER
from weightreel.scenes.making.orders import (
    QUALITIES,
    Order,
    configuration,
    find_films,
    fingerprint,
    folder_of,
    manim_environment,
)
from weightreel.scenes.making.poster import write_poster

PARTS = (".mp4", ".srt", ".md", ".png")
"""Of a film: its video, its subtitles, its narration as a script, and its poster."""
NEEDED_SPACE = 200 * 10**6
"""Bytes that must be free: a film at the highest quality, twice while its parts are joined."""


class PassedOver(Exception):
    """The store holds nothing for a film that was asked for with others."""


def render(order: Order, force: bool = False) -> bool:
    """Render one film unless it is up to date.

    Returns:
        Whether it was rendered.

    Raises:
        PassedOver: the store holds nothing for it, and it was to be rendered only if possible.
        SystemExit: Manim failed, with Manim's exit code; the old film is as it was.
    """
    name = order.film.name
    order.folder.mkdir(parents=True, exist_ok=True)
    target = order.folder / f"{name}.mp4"
    with alone(order):
        print_made_of = fingerprint(order)
        if not force and _is_current(order, print_made_of):
            say(name, f"{shown(target)} is up to date")
            return False
        size = QUALITIES[order.quality]
        say(name, f"rendering {size.width}×{size.height} at {size.fps} frames/s from {order.store}")
        began = time.monotonic()
        work = order.folder / f".{name}.partial"
        shutil.rmtree(work, ignore_errors=True)  # of a render that was killed
        try:
            run_manim(order, work)
            film = _find_output(work, name)
            seconds = write_poster(film, film.with_suffix(".png"))
            _put_in_place(order, film, print_made_of)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    say(name, f"{shown(target)}: {seconds:.1f} s of film in {time.monotonic() - began:.0f} s")
    return True


@contextmanager
def alone(order: Order) -> Iterator[None]:
    """Hold the film's lock; a second `make` waits, and then finds the film up to date."""
    with (order.folder / f".{order.film.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(order.film.name, "another process renders it; waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stamp(order: Order) -> Path:
    return order.folder / f".{order.film.name}.json"


def _is_current(order: Order, made_of: str) -> bool:
    """Whether the stamp names `made_of` and every part still has the size that it was left with."""
    try:
        stamp = json.loads(_stamp(order).read_text(encoding="utf-8"))
        sizes = {part: (order.folder / f"{order.film.name}{part}").stat().st_size for part in PARTS}
    except (OSError, ValueError):
        return False
    return stamp == {"made_of": made_of, "sizes": sizes}


def _need_space(folder: Path) -> None:
    if (free := shutil.disk_usage(folder).free) < NEEDED_SPACE:
        raise WeightreelError(
            f"{folder} has {free // 10**6} MB free and a film needs up to {NEEDED_SPACE // 10**6}; "
            "free some disk space or choose another folder with --out."
        )


def run_manim(order: Order, work: Path, slides: bool = False) -> None:
    """Let Manim render into the new folder `work`, and in it; as slides, manim-slides leaves them in `work`/slides.

    Raises:
        PassedOver, SystemExit: as `render`.
        WeightreelError: the disk is full.
    """
    _need_space(order.folder)
    size = QUALITIES[order.quality]
    # Where IPython is installed, Manim imports its own __main__, and runpy warns of that.
    command = [sys.executable, "-W", "ignore::RuntimeWarning:runpy", "-m", "manim", "render", "--silent"]
    command += ["--disable_caching", "--format", "mp4"]
    command += ["--progress_bar", "none", "--verbosity", "WARNING"]
    command += ["--config_file", str(configuration()), "--media_dir", str(work.resolve())]
    command += ["--resolution", f"{size.width},{size.height}", "--fps", str(size.fps)]
    command += ["--output_file", order.film.name, str(order.film.path), order.film.scene]
    environment = manim_environment(order) | ({"WEIGHTREEL_SLIDES": "1"} if slides else {})
    work.mkdir(parents=True)
    # In an empty folder: Python would take a `scenes` of the working folder for ours, and slides are written below it
    # with paths relative to it.
    # In a process group of its own: Ctrl-C comes to us, and we end it without its traceback. Its errors go to stderr;
    # its stdout is a banner.
    process = subprocess.Popen(
        command, cwd=work, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, process_group=0,
    )  # fmt: skip
    began = time.monotonic()
    try:
        while True:
            try:
                code = process.wait(timeout=15)
                break
            except subprocess.TimeoutExpired:
                done = sum(1 for _ in work.glob("videos/**/partial_movie_files/**/*.mp4"))
                say(order.film.name, f"{done} animations, {time.monotonic() - began:.0f} s")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if code == PASSED_OVER:
        raise PassedOver
    if code:
        _need_space(order.folder)  # where the disk filled up on the way, that is the reason to tell
        say(order.film.name, f"not rendered (exit code {code}); the film before it, if any, is unchanged", sys.stderr)
        sys.exit(code if code > 0 else 128 - code)


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
        place = order.folder / f"{order.film.name}{part}"
        film.with_suffix(part).replace(place)
        sizes[part] = place.stat().st_size
    if fingerprint(order) != made_of:
        say(order.film.name, "its store or source changed meanwhile; make it again to see the change")
        return
    new = film.with_suffix(".json")
    new.write_text(json.dumps({"made_of": made_of, "sizes": sizes}), encoding="utf-8")
    new.replace(stamp)


def shown(path: Path) -> str:
    """The path relative to the working folder where it lies below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def say(film: str, what: str, stream: object = None) -> None:
    """One line of progress, whole even where films render side by side."""
    print(f"{film}: {what}\n", end="", file=stream or sys.stdout, flush=True)  # type: ignore[arg-type]


def main(arguments: list[str] | None = None) -> int:
    """Render the films named, or all; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m weightreel.scenes.making.render", description="Render films from a store."
    )
    parser.add_argument("films", nargs="*", metavar="FILM", help="names of films; none for all")
    parser.add_argument("--store", type=Path, default=Path(os.environ.get("WEIGHTREEL_STORE", "data/cifar10.h5")))
    parser.add_argument("--quality", default="m", help="l, m (default), h or k; t is a thumbnail for tests")
    parser.add_argument("--out", type=Path, default=Path("media/films"), help="folder (default: media/films)")
    parser.add_argument("--force", action="store_true", help="render although nothing changed")
    parser.add_argument("--if-possible", action="store_true", help="pass over films that the store has nothing for")
    options = parser.parse_args(arguments)
    # `make` ends its children with SIGTERM; leave through the clean-up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if options.if_possible:
            os.environ["WEIGHTREEL_IF_POSSIBLE"] = "1"
        orders = _orders(options)
        passed_over = [order for order in orders if not _render_if_possible(order, options.force)]
        if passed_over == orders and not options.films:
            raise WeightreelError(f"{options.store} holds nothing for any film; above is said what each lacks.")
    except WeightreelError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"the film could not be written ({error}); choose another folder with --out.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; films that were whole are unchanged.", file=sys.stderr)
        return 130
    return 0


def _render_if_possible(order: Order, force: bool) -> bool:
    try:
        render(order, force)
    except PassedOver:
        say(order.film.name, "passed over, because the store holds nothing for it")
        return False
    return True


def _orders(options: argparse.Namespace) -> list[Order]:
    films = find_films()
    for name in options.films:
        if name not in films:
            raise WeightreelError(f"there is no film {name!r}; there are: {', '.join(films)}.")
    if options.quality not in QUALITIES:
        raise WeightreelError(f"there is no quality {options.quality!r}; there are: l, m, h, k.")
    options.store = one_store(str(options.store), options.out / ".stores")
    with Store(options.store) as store:
        store.select(os.environ.get("WEIGHTREEL_RUN", ""), os.environ.get("WEIGHTREEL_LAYERS", ""))
    folder = folder_of(options.out, options.store, options.quality)
    return [Order(films[name], options.store, options.quality, folder) for name in options.films or films]


if __name__ == "__main__":
    sys.exit(main())
