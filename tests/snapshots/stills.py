"""What a figure of Matplotlib says: its texts one a line, and its data as digests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedFormatter, FuncFormatter

from tests.snapshots.digests import cell

MOST_TEXTS = 6
"""Texts of axes that have a line each; more, such as the cells of a matrix, share one."""


def of_figure(name: str, figure: Figure) -> Iterator[str]:
    """A line for each text of a figure, from the figure's own to those of its axes in their order."""
    yield f"{name}: {' × '.join(f'{side:g}' for side in figure.get_size_inches())} inches, {len(figure.axes)} axes"
    for kind, text in (
        ("title", figure.get_suptitle()),
        ("x", figure.get_supxlabel()),
        ("y", figure.get_supylabel()),
    ):
        if text:
            yield f"  {kind}: {_line(text)}"
    own = {figure._suptitle, figure._supxlabel, figure._supylabel}  # type: ignore[attr-defined]
    for text in figure.texts:
        if text not in own:
            yield f"  text: {_line(text.get_text())}"
    for legend in figure.legends:
        yield f"  legend: {_entries(legend)}"
    for number, axes in enumerate(figure.axes):
        yield from (f"  {number} {line}" for line in _of_axes(axes))


def _of_axes(axes: Axes) -> Iterator[str]:
    for where in ("left", "center", "right"):
        if title := axes.get_title(loc=where):
            yield f"title: {_line(title)}"
    for name, axis, limits in (("x", axes.xaxis, axes.get_xlim()), ("y", axes.yaxis, axes.get_ylim())):
        if axis.get_visible() and axes.axison:
            ends = " … ".join(f"{end + 0:.4g}" for end in limits)
            yield f"{name}: {_line(axis.get_label_text())} [{axis.get_scale()}, {ends}]{_ticks(axis)}"
    texts = [_line(text.get_text()) for text in axes.texts if text.get_text()]
    yield from (f"text: {text}" for text in ([" | ".join(texts)] if len(texts) > MOST_TEXTS else texts))
    if legend := axes.get_legend():
        yield f"legend: {_entries(legend)}"
    for kind, parts in (("lines", axes.lines), ("areas", axes.collections), ("patches", axes.patches)):
        if parts:
            named: dict[str, list[float]] = {}
            for part in parts:
                named.setdefault(_name(part), []).extend(_data(part))
            yield f"{len(parts)} {kind}: {' '.join(cell(name, data) for name, data in named.items())}"
    for image in axes.images:
        values = np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan)
        yield f"image {' × '.join(map(str, values.shape))}: {cell('values', _floats(values))}"


def _name(part: Artist) -> str:
    """An artist's label; those without one are told together."""
    label = str(part.get_label())
    return "·" if label.startswith("_") or not label else label.replace(" ", "_").replace("\n", "_")


def _data(part: Artist) -> list[float]:
    """Coordinates of what is drawn, as given, before any layout; of a line its heights first."""
    if isinstance(part, Line2D):
        return _floats(part.get_ydata(), part.get_xdata())
    if isinstance(part, Collection):
        return _floats(*(path.vertices for path in part.get_paths()), np.ma.filled(part.get_offsets(), np.nan))
    assert isinstance(part, Patch)
    return _floats(part.get_patch_transform().transform(part.get_path().vertices)[:, ::-1])


def _floats(*arrays: object) -> list[float]:
    return [float(value) for array in arrays for value in np.asarray(array, float).ravel()]


def _ticks(axis: Axis) -> str:
    """Labels that the figure names itself; those that Matplotlib chooses are its own affair."""
    if not isinstance(axis.get_major_formatter(), FixedFormatter | FuncFormatter):
        return ""
    labels = [_line(label.get_text()) for label in axis.get_ticklabels()]
    return f" ticks: {' | '.join(labels)}" if any(labels) else ""


def _entries(legend: Legend) -> str:
    title = legend.get_title().get_text()
    return (f"{_line(title)}: " if title else "") + " | ".join(_line(text.get_text()) for text in legend.get_texts())


def _line(text: str) -> str:
    return text.replace("\n", "⏎")
