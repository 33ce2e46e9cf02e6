"""Bring the catalogues up to date with their sources: `python -m scripts.catalogues`; then translate the rest.

Every sentence given to `phrase`, `phrase_n` or `noted`, and the page's to `said` and `marked`, goes into
`analysis/findings/words/languages/en.po`, whose translations stay empty, and into the other languages' catalogues,
which keep what they have and lose what is no longer said.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ROOT / "analysis" / "findings" / "words" / "languages"
SOURCES = ("analysis", "scenes", "page")
METHODS = [("**.py", "python"), ("templates/*.html", "jinja2.ext:babel_extract")]
KEYWORDS = {"phrase": None, "phrase_n": (1, 2), "noted": None, "said": None, "marked": None}
HEADER = "# What Weightreel says, in {language}. Brought up to date by scripts/catalogues.py; LICENSE holds for it too."


def said() -> Catalog:
    """Every sentence in the sources, with the files that say it."""
    found = Catalog(charset="utf-8", fuzzy=False)
    for folder in SOURCES:
        for name, _, message, comments, _ in extract_from_dir(ROOT / folder, METHODS, keywords=KEYWORDS):
            found.add(message, locations=[(f"{folder}/{name}", 0)], auto_comments=comments)
    return found


def read(path: Path) -> Catalog:
    """A catalogue as it lies there."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def updated(path: Path, template: Catalog) -> Catalog:
    """The catalogue at `path` with what the template says, translated as it was; empty where it is new."""
    old = read(path) if path.is_file() else Catalog(locale=path.stem, charset="utf-8", fuzzy=False)
    new = Catalog(locale=path.stem, charset="utf-8", fuzzy=False)
    for message in template:
        if message.id:
            known = old.get(message.id)
            fits = known is not None and known.pluralizable == message.pluralizable
            new.add(message.id, known.string if fits else "", locations=sorted(set(message.locations)))
    return new


def write(path: Path, catalogue: Catalog) -> bytes:
    """Write a catalogue, sentences in the order of files, without dates; returns what was written."""
    catalogue.header_comment = HEADER.format(language=catalogue.locale.english_name)
    with path.open("wb") as file:
        write_po(file, catalogue, sort_by_file=True, omit_header=False, include_lineno=False, width=120)
    lines = path.read_text(encoding="utf-8").splitlines()
    dated = ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Language-Team", "Report-Msgid", "Project-Id",
             "Generated-By")  # fmt: skip
    kept = [line for line in lines if not line.startswith(tuple(f'"{key}' for key in dated))]
    path.write_text("\n".join(kept).strip() + "\n", encoding="utf-8")
    return path.read_bytes()


def missing(catalogue: Catalog) -> list[Message]:
    """Sentences without a translation."""
    return [m for m in catalogue if m.id and not all(m.string if m.pluralizable else (m.string,))]


def main() -> int:
    """Update every catalogue; returns 1 where a sentence waits for its translation."""
    template = said()
    write(LANGUAGES / "en.po", updated(LANGUAGES / "en.po", template))
    waiting = 0
    for path in sorted(LANGUAGES.glob("*.po")):
        if path.stem == "en":
            continue
        catalogue = updated(path, template)
        write(path, catalogue)
        lacking = missing(catalogue)
        waiting += len(lacking)
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} sentences, {len(lacking)} to translate")
        for message in lacking:
            print(f"  {message.id}")
    return int(waiting > 0)


if __name__ == "__main__":
    sys.exit(main())
