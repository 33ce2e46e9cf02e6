"""The tables of `weightreel show --markdown` as HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.store.reader import Store
from weightreel.analysis.tables.markdown import comparison, defences_markdown, seeds_markdown

TABLES: tuple[tuple[str, Callable[[Store], str], str], ...] = (
    (
        noted("The report’s figures beside this store’s"),
        comparison,
        noted(
            "Square brackets hold Wilson’s 95 % interval. It covers the trials of one network at one {clock}, and "
            "neither other {clocks} nor other seeds."
        ),
    ),
    (
        noted("Noise success by seed"),
        seeds_markdown,
        noted(
            "The lowest and the highest rate of the last {clocks} stand beside the mean, because the rate swings from "
            "{clock} to {clock}."
        ),
    ),
    (
        noted("Networks beside each other"),
        defences_markdown,
        noted(
            "In percent, with Wilson’s 95 % intervals. Robust accuracy is an upper bound: in the worst case over "
            "several attacks where the column says so, else under the attack that it names."
        ),
    ),
)
"""Titles, as messages of the catalogues, where the tables come from, and what must be known of them."""


@dataclass(frozen=True)
class Table:
    """A table as the page's template takes it."""

    title: str
    html: Markup
    note: str


def tables_of(store: Store) -> list[Table]:
    """Those tables that the store holds something for."""
    found = []
    for title, table, note in TABLES:
        try:
            text = table(store)
        except WeightreelError:
            continue  # its sentence says what the store lacks: nothing to show
        found.append(Table(phrase(title), render(text, phrase(title)), phrase(note)))
    return found


def render(markdown: str, label: str) -> Markup:
    """Markdown as HTML; tables get headers of rows, and scroll in a box of their own that the keyboard reaches."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    _name_headers(tokens)
    html = str(parser.renderer.render(tokens, parser.options, {}))
    named = phrase("Table: {title}", title=label)
    box = Markup('<div class="scroll" tabindex="0" role="region" aria-label="{}"><table>').format(named)
    return Markup(html.replace("<table>", box).replace("</table>", "</table></div>"))


def _name_headers(tokens: list[Token]) -> None:
    """Make the first cell of every row its header, and say of every header what it heads."""
    in_head = first = False
    for place, token in enumerate(tokens):
        if token.type in ("thead_open", "thead_close"):
            in_head = token.type == "thead_open"
        elif token.type == "tr_open":
            first = True
        elif token.type in ("th_open", "td_open"):
            empty = not tokens[place + 1].content
            token.tag = "th" if (in_head or first) and not empty else "td"
            tokens[place + 2].tag = token.tag  # inline content stands between
            if token.tag == "th":
                token.attrSet("scope", "col" if in_head else "row")
            first = False
