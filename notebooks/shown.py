"""What the notebooks share: open a store; show its figures, tables and films, or say in a sentence what it lacks."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import PIL.Image
from IPython import get_ipython
from IPython.core.magic import needs_local_scope
from IPython.display import Image, Markdown, Video, display
from matplotlib.figure import Figure

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.plain_text import markdown as as_markdown
from weightreel.analysis.settings import current, holding
from weightreel.analysis.stills.style import STYLE
from weightreel.analysis.store.belongings import place_of
from weightreel.analysis.store.reader import Store
from weightreel.analysis.tables.grid import Grid, drawn

ROOT = Path(__file__).resolve().parent.parent
WIDEST = 1100
"""Pixels: wider figures are drawn at fewer dots an inch, so that a notebook stays small."""
SHARPEST = 90
"""Dots an inch."""
COLOURS = 256
"""Colours of a picture."""
MOST = 2
"""Figures of one kind that are shown; a store of many networks has one for each."""


def opened(path: str | Path, runs: str = "") -> Store:
    """Open a store; paths are relative to the project's folder, which becomes the working folder.

    Figures get the project's looks.

    Args:
        path: of the store.
        runs: a comma list that must be in it; empty means the lowest seed of each network.

    Raises:
        WeightreelError: there is none, or it holds no run; told in one sentence, without a traceback.
    """
    os.chdir(ROOT)  # before Manim is imported, which reads manim.cfg there
    if (shell := get_ipython()) is not None:
        shell.set_custom_exc((WeightreelError,), _in_one_sentence)
    store = Store(path)
    store.select(runs)
    mpl.rcParams.update(STYLE)
    return store


def _in_one_sentence(shell: Any, kind: type, error: WeightreelError, trace: Any, tb_offset: Any = None) -> None:
    print(error)


def say(text: str) -> None:
    """Show text as Markdown."""
    display(Markdown(text))


def say_all(sentences: Iterable[str]) -> None:
    """Show sentences as a list; nothing of none."""
    if found := [f"- {as_markdown(sentence)}" for sentence in sentences]:
        say("\n".join(found))


def table(markdown: Callable[[Store], str], store: Store) -> None:
    """Show a table of `weightreel.analysis.tables.markdown`, or its sentence on what the store lacks."""
    try:
        say(markdown(store))
    except WeightreelError as error:
        say(f"*{as_markdown(str(error))}*")


def tables(found: Iterable[Grid]) -> None:
    """Show tables as `weightreel show` prints them."""
    for each in found:
        display(drawn(each))


def show(figures: dict[str, Figure], name: str, remedy: str = "") -> None:
    """Show the figures whose names begin with `name`, at most two; of none a sentence, with how to get there."""
    found = [key for key in figures if key.startswith(name)]
    if not found:
        say(f"*This store holds nothing for the figure “{name}”{f'; {remedy}' if remedy else ''}.*")
    for key in found[:MOST]:
        picture(figures[key])
    if left_out := found[MOST:]:
        say(f"*Left out: {', '.join(left_out)}; `weightreel figures` draws all.*")


def picture(figure: Figure) -> None:
    """Show a figure as PNG, the same bytes for the same store, with its title as alternative text."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=min(SHARPEST, WIDEST / figure.get_figwidth()))
    # Of its millions of colours so many are enough for the eye, in a third of the bytes.
    small = PIL.Image.open(file).convert("RGB").quantize(COLOURS, dither=PIL.Image.Dither.NONE)
    file = io.BytesIO()
    small.save(file, format="png", optimize=True)
    display(Image(file.getvalue(), alt=figure.get_suptitle()))


def film(name: str, store: Store) -> None:
    """Show a film that `make` has rendered from the store, the newest of all qualities, or say how to make it."""
    place = place_of(ROOT / "media" / "films", store.file_path)
    rendered = place.glob(f"*/{name}.mp4") if place else ()
    newest = max(rendered, key=lambda path: path.stat().st_mtime, default=None)
    how = f"*The film `{name}` plays here once `make {name} STORE={os.path.relpath(store.file_path)}` has rendered it.*"
    if newest is None:
        say(how)
        return
    # Relative to the notebook, since Jupyter serves the project's folder wherever that lies.
    url = os.path.relpath(newest, ROOT / "notebooks")
    attributes = 'controls preload="metadata" style="max-width: 100%"'
    display(Video(url=url, html_attributes=attributes), metadata={"without": how})


def ready_to_film(store: Store, runs: str = "") -> None:
    """Let `%%manim` film this store and embed what it films: small, the whole width, and no file left behind.

    Args:
        store: what films show.
        runs: of it, a comma list; empty means the lowest seed of each network.
    """
    from manim import config
    from manim.utils.ipython_magic import ManimMagic

    media = ROOT / "media"
    media.mkdir(exist_ok=True)
    # Within the working folder, since the magic asks for that; its own, since Manim sets type through files in it.
    folder = tempfile.TemporaryDirectory(dir=media, prefix="notebook-")
    _folders.append(folder)
    config.media_dir = folder.name
    config.media_embed, config.media_width = True, "100%"
    shell = get_ipython()
    if shell is None:
        return
    filming = ManimMagic(shell)
    settings = replace(current(), store=str(store.file_path.resolve()), runs=runs)

    @needs_local_scope
    def film_this_store(line: str, cell: str, local_ns: dict[str, Any]) -> None:
        with holding(settings):
            filming.manim(line, cell, local_ns)

    shell.register_magic_function(film_this_store, "cell", "manim")


_folders: list[tempfile.TemporaryDirectory[str]] = []
"""Removed when the notebook's kernel ends."""
