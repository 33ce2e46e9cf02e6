"""Catalogues: complete and partial ones, small ones of one's own on top of a language, and what refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words import language
from weightreel.analysis.findings.words.catalogue import is_complete, read_words
from weightreel.analysis.findings.words.language import phrase, phrase_n, speaking, translated

Write = Callable[..., str]
HEADER = 'msgid ""\nmsgstr ""\n'
TWO = 'msgid "weights"\nmsgstr "Gewichte"\n\nmsgid "{n} seed"\nmsgid_plural "{n} seeds"\n'
FORMS = 'msgstr[0] "{n} Anfang"\nmsgstr[1] "{n} Anfänge"\n'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a catalogue; its path."""

    def written(text: str, name: str = "mine.po", encoding: str = "utf-8") -> str:
        (tmp_path / name).write_text(text, encoding=encoding)
        return str(tmp_path / name)

    return written


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        (HEADER + '"Content-Type: text/plain; charset=CHARSET\\n"\n\n', "en"),
        (HEADER + '"Language: \\n"\n\n', "en"),
        (HEADER + '"Language: de\\n"\n\n', "de"),
        (HEADER + '"Language: de_AT\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n', "de-AT"),
        (HEADER + '"Language: tlh\\n"\n\n', "tlh"),
        (HEADER + '"Language: German\\n"\n\n', "en"),
        (HEADER + '"Language: 12\\n"\n"Plural-Forms: nplurals=2; plural=n>1;\\n"\n\n', "en"),
        (HEADER + '"Language: ja\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n', "ja"),
        (HEADER + '"Language: pl\\n"\n\n', "pl"),
        ("# my words\n#, fuzzy\n" + HEADER + '"Language: de\\n"\n\n', "de"),
        ("\ufeff", "en"),
    ],
)
def test_two_sentences_of_one_s_own_are_enough_whatever_the_header_says(header: str, code: str, write: Write) -> None:
    with speaking(write(f"{header}{TWO}{FORMS}")):
        assert language.language() == code
        assert phrase("weights") == "Gewichte"
        assert phrase("biases") == "biases"
        assert phrase_n("{n} seed", "{n} seeds", 1) == "1 Anfang"
        assert phrase_n("{n} seed", "{n} seeds", 5) == ("5 Anfang" if code == "ja" else "5 Anfänge")
        assert phrase_n("{n} layer", "{n} layers", 2) == "2 layers"


def test_what_is_not_translated_is_said_in_english(write: Write) -> None:
    untranslated = (
        f'{TWO}msgstr[0] ""\nmsgstr[1] ""\n\nmsgid "biases"\nmsgstr ""\n\n#, fuzzy\nmsgid "layer"\nmsgstr "?"\n'
    )
    with speaking(write(untranslated)):
        assert phrase_n("{n} seed", "{n} seeds", 2) == "2 seeds"
        assert (phrase("biases"), phrase("layer")) == ("biases", "layer")


@pytest.mark.parametrize("named", ["hi", "hi_IN"])
def test_one_s_own_words_stand_on_top_of_the_language_that_they_name(named: str, write: Write) -> None:
    with speaking(write(f'{HEADER}"Language: {named}\\n"\n\nmsgid "cat"\nmsgstr "मेरी बिल्ली"\n')):
        assert translated("cat") == "मेरी बिल्ली"
        assert phrase("epoch") == "एपॉक"
        assert phrase_n("{n} seed", "{n} seeds", 2) == "2 सीड"


@pytest.mark.parametrize(
    ("line", "complete"),
    [("# Weightreel: complete", True), ("# Weightreel: partial", False), ("# Weightreel", False), ("", False)],
)
def test_a_catalogue_says_whether_it_is_complete(line: str, complete: bool, write: Write) -> None:
    assert is_complete(Path(write(f"# Words.\n{line}\n{HEADER}\n{TWO}{FORMS}"))) == complete
    assert not is_complete(Path(write(f"{HEADER}\n{TWO}{FORMS}# Weightreel: complete\n")))


@pytest.mark.parametrize(
    ("message", "translation", "said"),
    [
        ("after {n} by {title}", "nach {n}", "has lost {title}"),
        ("after {title}", "nach {titel}", "has lost {title}"),
        ("after {title}", "nach {title} {n}", "names {n}, which nothing fills; this sentence has {title}"),
        ("biases", "{n} Schwellen", "names {n}, which nothing fills; this sentence has no values"),
        ("after {title}", "nach {title!r}", "says {title!r}; write {title}, since values come as they are written"),
        ("after {title}", "nach {title:.2f}", "says {title:.2f}; write {title}"),
        ("after {title}", "nach {title:{x}}", "says {title:{x}}; write {title}"),
        ("after {title}", "nach {title", "has a brace that stands alone"),
        ("after {title}", "nach {title}}", "has a brace that stands alone"),
        ("after {title}", "nach {title} {", "has a brace that stands alone"),
        ("after {title}", "nach {title.x}", "has lost {title}"),
        ("after {title}", "nach {title} {}", "names {}, which nothing fills"),
        ("At {clock} {epoch}", "Bei {epoch}", "has lost {clock}"),
        ("At {clock} {epoch}", "{clock:Bei der|Beim} {epoch}", "give 4 choices, for epoch|step|checkpoint|record"),
    ],
)
def test_a_wrong_translation_is_told_when_the_catalogue_is_opened(
    message: str, translation: str, said: str, write: Write
) -> None:
    mine = write(f'{TWO}{FORMS}\nmsgid "{message}"\nmsgstr "{translation}"\n')
    with speaking(mine), pytest.raises(WeightreelError) as raised:
        phrase("weights")  # another sentence of the catalogue
    assert str(raised.value).startswith(f"{mine}, line 9: the translation of “{message}” ")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('msgid "weights"\n', "line 1: missing msgstr for msgid 'weights'"),
        ("", "holds no sentences"),
        (HEADER, "holds no sentences"),
        ('msgid "weights"\nmsgstr "Gewichte"\nweights = Gewichte\n', "line 3: Unknown or misformatted keyword"),
        (f'{HEADER}"Plural-Forms: nplurals=2; plural=import os;\\n"\n\n{TWO}{FORMS}', "Plural-Forms cannot be read"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(text: str, said: str, write: Write) -> None:
    mine = write(text)
    with pytest.raises(WeightreelError) as raised:
        read_words(Path(mine))
    assert str(raised.value).startswith(mine) and said in str(raised.value)


def test_another_encoding_is_named_with_the_remedy(write: Write) -> None:
    with pytest.raises(WeightreelError, match="save it as UTF-8"):
        read_words(Path(write('msgid "layer"\nmsgstr "Schicht für Schicht"\n', encoding="latin-1")))


def test_braces_that_are_meant_are_kept(write: Write) -> None:
    with speaking(write('msgid "after {title}"\nmsgstr "nach {{{title}}}"\n\nmsgid "{ net"\nmsgstr "{ Netz"\n')):
        assert phrase("after {title}", title="CNN") == "nach {CNN}"
        assert translated("{ net") == "{ Netz"


class TestChoices:
    CASES = (
        ("At every {clock}", "Nach {clock:jeder|jedem|jedem|jeder} {clock}"),
        ("{Clocks} {first} to {last}", "{Clock:die|die|die|alle} {clocks} {first} bis {last}"),
        ("One {clock}", "{clock:||genau |}{a_clock}"),
    )

    @pytest.fixture
    def german(self, write: Write) -> str:
        words = {"epoch": "Epoche", "epochs": "Epochen", "step": "Schritt", "steps": "Schritte", "an epoch": "eine E."}
        both = [*words.items(), *self.CASES]
        return write("\n".join(f'msgid "{one}"\nmsgstr "{other}"\n' for one, other in both))

    @pytest.mark.parametrize(
        ("clock", "said"),
        [
            ("epoch", ["Nach jeder Epoche", "Die Epochen 1 bis 5", "eine E."]),
            ("step", ["Nach jedem Schritt", "Die Schritte 1 bis 5", "a step"]),
            ("checkpoint", ["Nach jedem checkpoint", "Die checkpoints 1 bis 5", "genau a checkpoint"]),
            ("record", ["Nach jeder record", "Alle records 1 bis 5", "a record"]),
            ("fortnight", ["Nach jeder record", "Alle records 1 bis 5", "a record"]),
        ],
    )
    def test_a_translation_chooses_its_words_by_the_clock(self, clock: str, said: list[str], german: str) -> None:
        with speaking(german):
            assert [phrase(message, clock=clock, first=1, last=5) for message, _ in self.CASES] == said

    def test_the_page_s_sentences_choose_alike(self, german: str) -> None:
        from weightreel.page.build import marked
        from weightreel.page.forms import Forms

        with speaking(german), language.counting("step"):
            forms = Forms()
            assert forms.said("{Clocks} {first} to {last}", clock="step", first="1", last="5") == [0, "1", "5"]
            assert forms.texts == ["Die Schritte {0} bis {1}"]
            assert marked("At every {clock}") == "Nach jedem Schritt"
