"""The films' languages: catalogues, how a sentence is found, and what refuses."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message

from scripts.catalogues import KEYWORDS, missing, read, said
from weightreel.analysis.findings.words.language import FOLDER, SCRIPTS, phrase, phrase_n
from weightreel.analysis.store.schema.paths import CLOCKS
from weightreel.scenes.kit import language

ROOT = Path(__file__).parents[2]
OTHERS = sorted(path for path in FOLDER.glob("*.po") if path.stem != "en")


@pytest.fixture(autouse=True)
def forgetful() -> None:
    """A process films in one language; a test may change it."""
    for remembered in (language._chosen, language._translations, language.face):
        remembered.cache_clear()


def braces(text: str) -> set[str]:
    """Names of the values that a sentence wants."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def forms(message: Message) -> list[str]:
    """The translations of a message, one or one a number."""
    return list(message.string) if message.pluralizable else [message.string]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.po")), ids=lambda path: path.stem)
def test_a_catalogue_has_every_sentence_of_the_films_and_no_other(path: Path) -> None:
    there, wanted = ({m.id for m in catalogue if m.id} for catalogue in (read(path), said()))
    assert there == wanted, "run: python -m scripts.catalogues"


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
    def test_none_is_missing(self, path: Path) -> None:
        assert [message.id for message in missing(read(path))] == []

    def test_they_want_the_same_values(self, path: Path) -> None:
        for message in read(path):
            if message.id:
                ids = message.id if message.pluralizable else (message.id,)
                wanted = set.union(*map(braces, ids))
                for form in forms(message):
                    # "One layer" needs no number.
                    assert wanted - {"n"} <= braces(form) <= wanted | {"n"}, message.id

    def test_they_are_written_in_their_script(self, path: Path) -> None:
        """Sentences of several words have letters of the script; what stays English is names and symbols."""
        if path.stem not in SCRIPTS:
            pytest.skip("written in Latin letters")
        for message in read(path):
            if message.id:
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
    assert language.face().family is None


def refusal(**environment: str) -> str:
    """What a film says when it leaves with exit code 2."""
    done = subprocess.run(
        [sys.executable, "-c",
         "from weightreel.analysis.findings.words.language import face, phrase; phrase('epoch'); face()"],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


class TestBadInput:
    def test_an_unknown_language(self) -> None:
        assert "WEIGHTREEL_LANG=xx is not known; set it to one of: en, hi" in refusal(WEIGHTREEL_LANG="xx")

    def test_a_catalogue_that_is_not_there(self) -> None:
        assert "nowhere.po: there is no such catalogue" in refusal(WEIGHTREEL_LANG="nowhere.po")

    def test_a_file_that_is_no_catalogue(self, tmp_path: Path) -> None:
        (tmp_path / "bad.po").write_bytes(b"\x89PNG\r\n")
        assert "bad.po is no catalogue of gettext" in refusal(WEIGHTREEL_LANG=str(tmp_path / "bad.po"))

    def test_an_empty_catalogue(self, tmp_path: Path) -> None:
        (tmp_path / "empty.po").write_text("", encoding="utf-8")
        assert "empty.po holds no sentences" in refusal(WEIGHTREEL_LANG=str(tmp_path / "empty.po"))

    def test_a_font_that_is_not_installed(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("WEIGHTREEL_LANG", "hi")
        monkeypatch.setattr(language, "NPM", Path("nowhere"))
        monkeypatch.setitem(SCRIPTS, "hi", language.Script("No Such Font", "nothing"))
        with pytest.raises(SystemExit, match="2"):
            language.face()
        assert "needs the font No Such Font" in capsys.readouterr().err


@pytest.mark.slow  # the font comes from npm
def test_a_translation_is_set_in_its_own_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every letter is drawn: a font that lacks them would leave boxes, all of one shape."""
    from weightreel.scenes.kit.type import words

    monkeypatch.setenv("WEIGHTREEL_LANG", "hi")
    shapes = {len(glyph.points) for glyph in words("एपॉक भार मेंढक").submobjects}
    assert len(shapes) > 4


class TestClocks:
    @pytest.fixture(autouse=True)
    def epochs_again(self) -> Iterator[None]:
        yield
        language.count_in("epoch")

    @pytest.mark.parametrize(
        ("clock", "said"),
        [
            ("epoch", "Epochs 1 to 5: a ridge an epoch, at epoch 3 (epochs-net)."),
            ("step", "Steps 1 to 5: a ridge a step, at step 3 (epochs-net)."),
            ("checkpoint", "Checkpoints 1 to 5: a ridge a checkpoint, at checkpoint 3 (epochs-net)."),
        ],
    )
    def test_sentences_say_what_is_counted_and_names_stay(self, clock: str, said: str) -> None:
        language.count_in(clock)
        told = phrase(
            "Epochs {first} to {last}: a ridge an epoch, at epoch {epoch} ({name}).",
            first=1, last=5, epoch=3, name="epochs-net",
        )  # fmt: skip
        assert told == said

    def test_in_another_language(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEIGHTREEL_LANG", "hi")
        language.count_in("step")
        assert phrase("epoch") == "क़दम"

    def test_every_language_has_words_for_every_clock(self) -> None:
        for code in language.languages():
            assert set(language.CLOCKS[code]) == set(CLOCKS) - {"epoch"}
