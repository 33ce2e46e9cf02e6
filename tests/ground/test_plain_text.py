"""What a name holds stays text wherever it is written."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest
import srt
import typst
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.made.names import PAYLOADS
from weightreel.analysis.plain_text import (
    LONGEST,
    LONGEST_NAME,
    csv_cell,
    cut,
    in_json,
    markdown,
    of_csv_cell,
    of_subtitle,
    one_line,
    subtitle,
    typst_string,
    visible,
    visible_lines,
)

MARKS = [
    *"ab1 .)`*_[]()<>!|\\&;#+-=~:/@$\"'{}\n\t\u202e\x1bé\u200b\u200d\u2066",
    "http://",
    "www.",
    "![",
    "](",
    "<!--",
    "&amp;",
    "---",
]
NAMES = st.lists(st.sampled_from([*MARKS, "<b>", "</", "[x] ", "12) "]), max_size=25).map("".join) | st.text(
    max_size=25
)
FORMULAS = ("=1", "+1", "-1", "@SUM(1)", "\t=1", " =1", "＝1", "'=1", "''=1", "'a'", "-", "")
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def shown(source: str) -> str:
    """The text of Markdown that is nothing but one paragraph of text."""
    found = []
    for token in PARSER.parse(source):
        if token.type == "inline":
            kinds = {child.type for child in token.children or ()}
            assert kinds <= {"text"}, (kinds, source)
            found += [child.content for child in token.children or ()]
        else:
            assert token.type in ("paragraph_open", "paragraph_close"), (token.type, source)
    return "".join(found)


def on_one_line(text: str) -> str:
    return " ".join(one_line(text).split())


@pytest.mark.parametrize(
    ("text", "as_shown"),
    [
        ("plain", "plain"),
        ("\x1b[2J\x9b0m\x07", r"\x1b[2J\x9b0m\x07"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("a\ud800b\udcff", r"a\ud800b\udcff"),
        ("cat\u200b\u200d", r"cat\u200b\u200d"),
        ("क्\u200dष 👩\u200d🔬 नहीं é 12\u00a0% 猫", "क्\u200dष 👩\u200d🔬 नहीं é 12\u00a0% 猫"),
        ("a\nb", r"a\x0ab"),
        ("x" + "\u0301" * 50, "x" + "\u0301" * 6 + "…"),
        ("\ufeff\U000e0041", r"\ufeff\U000e0041"),
    ],
)
def test_what_is_hidden_becomes_visible_once(text: str, as_shown: str) -> None:
    assert visible(text) == as_shown
    assert visible(as_shown) == as_shown


@given(NAMES)
def test_what_is_visible_stays(name: str) -> None:
    assert visible(visible(name)) == visible(name)


def test_texts_of_a_store_are_one_line_of_bounded_length() -> None:
    assert one_line("my net\r\nlr 0.1\u2028end") == "my net lr 0.1 end"
    assert len(one_line("x" * 100_000)) == LONGEST
    assert len(one_line("\x00" * 100_000)) == LONGEST
    assert len(cut("ab" * 500)) == LONGEST_NAME
    assert visible_lines("a\n\x1b") == "a\n\\x1b"


@settings(max_examples=500)
@given(NAMES)
def test_markdown_shows_a_name_as_it_stands(name: str) -> None:
    assert shown(markdown(name)) == on_one_line(name)


@settings(max_examples=300)
@given(NAMES)
def test_a_name_is_one_cell_of_a_table_and_one_item_of_a_list(name: str) -> None:
    tokens = PARSER.parse(f"| a | b |\n| --- | --- |\n| {markdown(name)} | x |\n\n- {markdown(name)}\n")
    cells = [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == 2
    assert cells[1] == "x"
    assert [token.type for token in tokens].count("list_item_open") == 1


def test_usual_sentences_need_no_escape() -> None:
    for sentence in ("92.0 % [81.2, 96.8]", "p < 0.004", "noise_places", "a & b", "K < 50", "≥ 90 %", "0.5. So"):
        assert markdown(sentence) == sentence


@pytest.mark.parametrize("name", [*PAYLOADS, *FORMULAS])
def test_no_cell_of_a_csv_file_is_a_formula_and_all_are_read_back(name: str) -> None:
    file = io.StringIO()
    csv.writer(file).writerow([csv_cell(name), csv_cell(-1.5)])
    (row,) = csv.reader(io.StringIO(file.getvalue()))
    assert row[1] == "-1.5"
    assert not re.match(r"[\s]*[=+\-@\t\r＝＋－＠]", row[0])
    assert of_csv_cell(row[0]) == visible(name)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_name_is_a_string_of_typst(name: str) -> None:
    source = f"#metadata({typst_string(name)}) <name>".encode()
    assert json.loads(typst.query(source, "<name>", field="value", one=True)) == visible_lines(name)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_name_is_text_of_a_subtitle(name: str) -> None:
    caption = f"At epoch 3 {one_line(name)} is sure."
    (cue,) = srt.parse(srt.compose([srt.Subtitle(1, timedelta(0), timedelta(seconds=1), subtitle(caption))]))
    assert not re.search(r"<[A-Za-z/!]|\{\\", cue.content)
    assert of_subtitle(cue.content) == caption


def test_json_within_a_page_shows_what_is_hidden() -> None:
    assert in_json('{"a": "\u202ex"}') == '{"a": "\\\\u202ex"}'
