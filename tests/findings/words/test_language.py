"""The films' languages: catalogues, how a sentence is found, and what refuses."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from weightreel.analysis import places
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words import language
from weightreel.analysis.findings.words.catalogue import fault_of, is_complete
from weightreel.analysis.findings.words.language import FOLDER, NOUNS, counting, phrase, phrase_n, speaking
from weightreel.analysis.findings.words.names import RULE, named, rule_in_words
from weightreel.analysis.maths.phases import LEARNT, RISEN, VALIDATION_RULE
from weightreel.analysis.settings import current, holding
from weightreel.analysis.store.schema.fields import CLOCKS
from weightreel.scenes.kit import fonts
from weightreel.scenes.kit.fonts import SCRIPTS

ROOT = Path(__file__).parents[3]
KEYWORDS = ("phrase", "phrase_n", "noted", "said", "marked")
"""Functions whose arguments are sentences, as scripts/catalogues.sh names them."""
OTHERS = sorted(path for path in FOLDER.glob("*.po") if path.stem != "en")


def forms(message: Message) -> list[str]:
    """The translations of a message, one or one a number."""
    return list(message.string) if message.pluralizable else [message.string]


def read(path: Path) -> Catalog:
    """A catalogue as it lies there."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def test_catalogues_have_every_sentence_that_is_said_and_no_other() -> None:
    pybabel = f"{sys.executable} -m babel.messages.frontend"
    script = ROOT / "scripts" / "catalogues.sh"
    assert all(f"-k {keyword}" in script.read_text() for keyword in KEYWORDS)
    done = subprocess.run([script, "--check"], env=os.environ | {"PYBABEL": pybabel}, capture_output=True, text=True)
    assert done.returncode == 0, f"run: make catalogues\n{done.stdout}{done.stderr}"


def test_no_sentence_hides_in_an_f_string() -> None:
    """The catalogues' tool does not look there."""
    hidden = [
        f"{path.name}:{call.lineno}"
        for path in FOLDER.parent.rglob("*.py")
        for text in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
        if call.args and isinstance(call.args[0], ast.Constant)
    ]
    assert hidden == []


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
class TestTranslations:
    def test_a_complete_one_lacks_none(self, path: Path) -> None:
        missing = [message.id for message in read(path) if message.id and not all(forms(message))]
        assert not is_complete(path) or missing == []

    def test_a_number_s_forms_are_all_there_or_none(self, path: Path) -> None:
        assert [m.id for m in read(path) if m.pluralizable and any(m.string) and not all(m.string)] == []

    def test_none_is_a_guess(self, path: Path) -> None:
        assert [message.id for message in read(path) if message.id and message.fuzzy] == []

    def test_they_want_the_same_values(self, path: Path) -> None:
        """Braces, values and choices are right, as they are of every catalogue that is opened."""
        for message in read(path):
            if message.id:
                ids = message.id if message.pluralizable else (message.id,)
                assert [fault_of(ids, form) for form in forms(message) if form and fault_of(ids, form)] == [], ids

    def test_they_are_written_in_their_script(self, path: Path) -> None:
        """Sentences of several words have letters of the script; what stays English is names and symbols."""
        if path.stem not in SCRIPTS:
            pytest.skip("written in Latin letters")
        for message in read(path):
            if message.id and forms(message)[0]:
                plain = "".join(text for text, *_ in Formatter().parse(forms(message)[0]))
                if len(plain.split()) > 3:
                    assert any("\u0900" <= letter <= "\u097f" for letter in plain), message.id


def test_the_language_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTREEL_LANG", "hi")
    assert language.language() == "hi"
    assert phrase("epoch") == "एपॉक"
    assert phrase("a sentence that no film says") == "a sentence that no film says"


def test_a_catalogue_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine.po"
    mine.write_text(
        'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "after epoch {epoch}: {title}"\nmsgstr "{title} nach Epoche {epoch}"\n\n'
        'msgid "{n} layer"\nmsgid_plural "{n} layers"\nmsgstr[0] "{n} Schicht"\nmsgstr[1] "{n} Schichten"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("WEIGHTREEL_LANG", str(mine))
    assert language.language() == "de"
    assert phrase("after epoch {epoch}: {title}", epoch=3, title="CNN") == "CNN nach Epoche 3"
    assert [phrase_n("{n} layer", "{n} layers", n) for n in (1, 2)] == ["1 Schicht", "2 Schichten"]
    assert fonts.face().family is None


def test_nothing_is_said_or_coloured_at_import() -> None:
    """Language, theme and store are those of the settings that are held while something is drawn."""
    late = {"phrase", "phrase_n", "translated", "named", "theme", "current", "language", "face", "read_settings"}
    early = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for folder in ("analysis", "scenes", "page")
        for path in (ROOT / folder).rglob("*.py")
        for call in run_at_import(ast.parse(path.read_bytes()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in late
    ]
    assert early == []


def run_at_import(module: ast.Module) -> Iterator[ast.AST]:
    """What runs when a module is imported: all but the bodies of functions."""
    waiting: list[ast.AST] = list(module.body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            waiting += [*getattr(node, "decorator_list", ()), *node.args.defaults, *filter(None, node.args.kw_defaults)]
        else:
            waiting += ast.iter_child_nodes(node)


def test_a_language_is_spoken_while_it_is_held() -> None:
    with speaking("hi"):
        assert phrase("epoch") == "एपॉक"
        with speaking("en"):
            assert phrase("epoch") == "epoch"
        assert phrase("epoch") == "एपॉक"
    assert phrase("epoch") == "epoch"


def test_a_catalogue_that_is_edited_is_read_again(tmp_path: Path) -> None:
    mine = tmp_path / "mine.po"
    for age, word in ((1, "Epoche"), (0, "Zeitabschnitt")):
        mine.write_text(f'msgid "epoch"\nmsgstr "{word}"\n', encoding="utf-8")
        os.utime(mine, ns=(1, 10**18 - age * 10**9))
        with speaking(str(mine)):
            assert phrase("epoch") == word


def test_names_are_not_read_as_sentences() -> None:
    with counting("step"):
        assert [named(name) for name in ("Best epoch", "{net}", "")] == ["Best epoch", "{net}", ""]


class TestBadInput:
    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("xx", "WEIGHTREEL_LANG=xx is not known; set it to one of: en, hi"),
            ("nowhere.po", "nowhere.po: there is no such catalogue"),
        ],
    )
    def test_an_unknown_language(self, code: str, said: str) -> None:
        with speaking(code), pytest.raises(WeightreelError, match=said):
            phrase("epoch")

    @pytest.mark.parametrize(
        ("content", "said"), [(b"\x89PNG\r\n", "is no catalogue of gettext"), (b"", "holds no sentences")]
    )
    def test_a_file_that_is_no_catalogue(self, content: bytes, said: str, tmp_path: Path) -> None:
        (tmp_path / "bad.po").write_bytes(content)
        with speaking(str(tmp_path / "bad.po")), pytest.raises(WeightreelError, match=f"bad.po {said}"):
            phrase("epoch")

    def test_a_font_that_is_not_installed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(places, "NODE_MODULES", tmp_path)
        monkeypatch.setitem(SCRIPTS, "hi", fonts.Script("No Such Font", "echarts"))
        hindi = replace(current(), language="hi")
        with holding(hindi), pytest.raises(WeightreelError, match=r"needs the font No Such Font.*npm install echarts"):
            fonts.face()


@pytest.mark.slow  # the font comes from npm
def test_a_translation_is_set_in_its_own_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every letter is drawn: a font that lacks them would leave boxes, all of one shape."""
    from weightreel.scenes.kit.type import words

    monkeypatch.setenv("WEIGHTREEL_LANG", "hi")
    shapes = {len(glyph.points) for glyph in words("एपॉक भार मेंढक").submobjects}
    assert len(shapes) > 4


class TestClocks:
    @pytest.mark.parametrize(
        ("clock", "said"),
        [
            ("epoch", "Epochs 1 to 5: a ridge an epoch, at epoch 3 (epochs-net)."),
            ("step", "Steps 1 to 5: a ridge a step, at step 3 (epochs-net)."),
            ("checkpoint", "Checkpoints 1 to 5: a ridge a checkpoint, at checkpoint 3 (epochs-net)."),
        ],
    )
    def test_sentences_say_what_is_counted_and_names_stay(self, clock: str, said: str) -> None:
        message = "{Clocks} {first} to {last}: a ridge {a_clock}, at {clock} {epoch} ({name})."
        values = {"first": 1, "last": 5, "epoch": 3, "name": "epochs-net"}
        with counting(clock):
            assert phrase(message, **values) == said
        assert phrase(message, clock=clock, **values) == said

    def test_in_another_language(self) -> None:
        with speaking("hi"), counting("step"):
            assert phrase("{clock}") == "क़दम"

    def test_every_clock_of_stores_has_its_nouns(self) -> None:
        assert set(CLOCKS) < set(NOUNS)

    def test_a_store_s_rule_is_said_in_its_clock(self) -> None:
        assert rule_in_words(RULE.format(clock="epoch", clocks="epochs")).startswith("Losses are running medians")
        for threshold in (f"{LEARNT:.0%} of its first fall", f"{RISEN:.0%} of that fall"):
            assert threshold in rule_in_words(VALIDATION_RULE)
        assert rule_in_words("Another rule of epochs.") == "Another rule of epochs."
        with counting("step"):
            assert "smoothed over three steps:" in rule_in_words(VALIDATION_RULE)

    def test_no_sentence_says_epoch_of_what_may_be_a_step(self) -> None:
        words = re.compile(r"(?<![\w{])epochs?(?![\w}])", re.IGNORECASE)
        assert [
            m.id for m in read(FOLDER / "en.po") if m.id and words.search(str(m.id)) and m.id not in NOUNS["epoch"]
        ] == []
