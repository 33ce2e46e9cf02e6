"""Tables on a terminal of any width: no word is broken, long names are cut, and columns without room stand below."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from weightreel.analysis.findings.words.names import short_titles
from weightreel.analysis.plain_text import cut, visible

BETWEEN = 2
"""Characters from one column to the next."""
EDGES = 2
"""Characters beside the first column and the last."""
USUAL_WORD = 19
"""Characters of the longest words that columns of numbers usually have."""

FOLDED = 0.42
"""Share of the room that names which are not cut have, before they are folded."""
_PIECE = re.compile(r"[^/._:\s-]*[/._:\s-]*")
"""What stands together in a name: up to its separators."""

Cell = str | tuple[str, ...]
"""What stands in a cell, or what stands in its lines; all of it is text."""


class Grid:
    """A table whose first column is words and the rest numbers.

    Attributes:
        title: a sentence.
        columns: what each is called, the first included.
        rows: a cell a column.
        dim: of each row, whether it stands back.
        whole_names: the first column is folded where it is long, at its separators where it has some, and never cut.
    """

    def __init__(self, title: str, *columns: str, whole_names: bool = False) -> None:
        self.title, self.columns, self.whole_names = title, [visible(column) for column in columns], whole_names
        self.rows: list[list[tuple[str, ...]]] = []
        self.dim: list[bool] = []

    def add_row(self, *cells: Cell, dim: bool = False) -> None:
        """Add a row, a cell a column."""
        lines = ((cell,) if isinstance(cell, str) else cell for cell in cells)
        self.rows.append([tuple(map(visible, found)) for found in lines])
        self.dim.append(dim)

    def column(self, place: int) -> list[str]:
        """The cells of a column, their lines below each other."""
        return ["\n".join(row[place]) for row in self.rows]

    def lines_of(self, place: int) -> list[str]:
        """All lines of a column, its heading first."""
        return [self.columns[place], *(line for row in self.rows for line in row[place])]


def print_grid(console: Console, grid: Grid) -> None:
    """Print a table, as several where it has more columns than there is room for."""
    room, places = console.width - EDGES, range(len(grid.columns))
    if grid.whole_names:
        grid = _folded(grid, max(int(FOLDED * room), 1))
    console.print()
    console.print(fitting(grid.title, console.width), style="bold", highlight=False)
    least = [_longest_word(grid, place) for place in places]
    if sum(least) + BETWEEN * (len(least) - 1) > room:
        grid = _with_short_words(grid, room)
        least = [_longest_word(grid, place) for place in places]
    for group in _groups(least, room):
        console.print(_drawn(grid, group, _widths(grid, group, least, room)))


def drawn(grid: Grid) -> Table:
    """The table with its title, all columns beside each other, for who has room: a notebook."""
    table = Table(
        title=Text(visible(grid.title)), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for place, column in enumerate(grid.columns):
        table.add_column(Text(column), justify="right" if place else "left", overflow="fold")
    return _filled(table, grid, range(len(grid.columns)))


def fitting(text: str, room: int) -> Text:
    """A sentence of ours whose words are cut where they are longer than a line."""
    return Text(_cut_in(visible(text), _shortened(visible(text).split(" "), room)))


def _folded(grid: Grid, room: int) -> Grid:
    """The table with the names in its first column on several lines, where they are longer than their room."""
    found = Grid(grid.title, *grid.columns, whole_names=True)
    for row, dim in zip(grid.rows, grid.dim, strict=True):
        found.add_row(tuple(line for name in row[0] for line in folded(name, room)), *row[1:], dim=dim)
    return found


def folded(name: str, room: int) -> list[str]:
    """A name in lines of so many cells of the terminal, broken after separators where it has some."""
    lines = [""]
    for piece in filter(None, _PIECE.findall(name)):
        if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > room:
            lines.append("")
        for letter in piece:
            if cell_len(lines[-1] + letter) > max(room, 2):
                lines.append("")
            lines[-1] += letter
    return [line.rstrip() for line in lines]


def _longest_word(grid: Grid, place: int) -> int:
    """How many cells of the terminal a column needs at least."""
    return max(cell_len(word) for line in grid.lines_of(place) for word in line.split(" "))


def _with_short_words(grid: Grid, room: int) -> Grid:
    """The table with long words cut, so that several columns find room beside each other."""
    heads = _shortened(_words(grid.columns), _room_for_word(1, room))
    short = [
        _shortened(
            _words([line for row in grid.rows for line in row[place]]),
            room if grid.whole_names and place == 0 else _room_for_word(place, room),
        )
        for place in range(len(grid.columns))
    ]
    found = Grid(grid.title, *(_cut_in(column, heads) for column in grid.columns))
    for row, dim in zip(grid.rows, grid.dim, strict=True):
        cells = zip(row, short, strict=True)
        found.add_row(*(tuple(_cut_in(line, words) for line in lines) for lines, words in cells), dim=dim)
    return found


def _words(lines: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word for line in lines for word in line.split(" ")))


def _room_for_word(place: int, room: int) -> int:
    """Characters of the longest word in a column: a third of the table in the first, so that another fits beside it."""
    return max(room // 3, 1) if place == 0 else max(min(max(room // 4, USUAL_WORD), room // 2), 1)


def _cut_in(line: str, short: Mapping[str, str]) -> str:
    return " ".join(short[word] for word in line.split(" "))


def _shortened(words: Sequence[str], room: int) -> dict[str, str]:
    """Words by what stands for them in so many cells of the terminal; those that differ still do where they can."""
    long = [word for word in words if cell_len(word) > room]
    whole, most = [cut(word) for word in long], room
    short = short_titles(whole, most)
    while most > 2 and any(cell_len(word) > room for word in short):  # of letters that are two cells wide
        most -= 1
        short = short_titles(whole, most)
    return {word: word for word in words} | dict(zip(long, short, strict=True))


def _groups(least: Sequence[int], room: int) -> list[list[int]]:
    """Places of the columns that stand beside each other, the first column in every group."""
    groups: list[list[int]] = [[0]]
    for place in range(1, len(least)):
        together = [*groups[-1], place]
        if len(groups[-1]) > 1 and sum(least[i] + BETWEEN for i in together) - BETWEEN > room:
            groups.append([0])
        groups[-1].append(place)
    return groups


def _widths(grid: Grid, places: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """As wide as their lines where there is room; else the widest give way, down to their longest word."""
    ends = [(least[place], max(map(cell_len, grid.lines_of(place)))) for place in places]
    free, widest = room - BETWEEN * (len(places) - 1), max(most for _, most in ends)
    while widest > 1 and sum(max(low, min(most, widest)) for low, most in ends) > free:
        widest -= 1
    return [max(low, min(most, widest)) for low, most in ends]


def _drawn(grid: Grid, places: Sequence[int], widths: Sequence[int]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, BETWEEN - 1, 0, 0))
    for width, place in zip(widths, places, strict=True):
        table.add_column(Text(grid.columns[place]), justify="right" if place else "left", width=width, overflow="fold")
    return _filled(table, grid, places)


def _filled(table: Table, grid: Grid, places: Sequence[int]) -> Table:
    for row, dim in zip(grid.rows, grid.dim, strict=True):
        table.add_row(*(Text("\n".join(row[place])) for place in places), style="dim" if dim else None)
    return table
