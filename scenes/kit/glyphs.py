"""Which characters of a text the fonts at hand can draw, and what stands for those that they cannot.

Typst draws a box for a character that no font has, and says nothing. Here it is asked beforehand: such characters are
replaced by what can be read, and one sentence names them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from weightreel.analysis.notices import say
from weightreel.analysis.plain_text import typst_string
from weightreel.analysis.store.reader import Store
from weightreel.scenes.kit.fonts import Face, face
from weightreel.scenes.kit.letters.outlines import drawn

PLAIN = re.compile(r"[\n\x20-\x7e\xa0-\u017f\u0391-\u03a9\u03b1-\u03c9\u0410-\u044f−±×≥≤·–—…‘’“”²°→½₊₋⁰¹³-⁹⁻λσ‖√∞∘]*")
"""What the fonts that are bundled with Typst have: nothing needs to be asked."""
NOWHERE = "\U0010fffd"
"""A character that no font has, to see what Typst draws for such a one."""
STAND_IN = "□"
MOST_NAMED = 12
"""Characters that are named one by one."""
_USED = re.compile(r'xlink:href="(#[^"]+)"')
_known: dict[tuple[Face, str], bool] = {}
_told: set[tuple[str, Face]] = set()


def drawable(text: str) -> str:
    """The text with something readable for each character that no font at hand can draw."""
    if PLAIN.fullmatch(text):
        return text
    missing = undrawable([text])
    if not missing:
        return text
    return "".join(stand_in(cluster) if cluster in missing else cluster for cluster in clusters(text)) or STAND_IN


def stand_in(cluster: str) -> str:
    """What is written for characters that cannot be drawn: the name of a symbol, else a hollow square."""
    symbol = cluster[0]
    name = unicodedata.name(symbol, "").lower()
    if unicodedata.category(symbol) == "So" and 0 < len(name.split()) <= 3:
        return f"({name})"
    return STAND_IN if any(map(_is_seen, cluster)) else ""


def clusters(text: str) -> Iterator[str]:
    """Characters with the marks that belong to them."""
    cluster = ""
    for character in text:
        joined = unicodedata.category(character)[0] == "M" or character == "\u200d" or cluster.endswith("\u200d")
        if cluster and not joined:
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def undrawable(texts: Iterable[str]) -> list[str]:
    """Characters, with their marks, that no font at hand can draw in outlines, in the order in which they occur."""
    asked = [c for text in texts if not PLAIN.fullmatch(text) for c in clusters(text) if not PLAIN.fullmatch(c)]
    wanted, found = list(dict.fromkeys(asked)), face()
    if new := [cluster for cluster in wanted if (found, cluster) not in _known]:
        nothing, *pages = pages_of([NOWHERE, *new])
        box = set(_USED.findall(nothing))
        for cluster, page in zip(new, pages, strict=True):
            used = set(_USED.findall(page))
            # A colour font's character is a picture, of which films can show nothing.
            drawn = bool(used) and not used & box and "<image" not in page
            _known[found, cluster] = drawn or cluster.isspace()
    return [cluster for cluster in wanted if not _known[found, cluster]]


def pages_of(texts: Iterable[str]) -> list[str]:
    """Texts as films set them, each an SVG."""
    found = face()
    families = (
        '("Libertinus Serif", "DejaVu Sans Mono")'
        if found.family is None
        else f'("Libertinus Serif", "{found.family}")'
    )
    head = f"#set page(width: auto, height: auto, margin: 1pt)\n#set text(font: {families}, ligatures: false)\n"
    each = "\n#pagebreak()\n".join(f"#text({typst_string(text)})" for text in texts)
    return drawn(head + each, found.folders)


def names_in(store: Store) -> list[str]:
    """Whatever somebody named in a store: its data, classes, networks and layers."""
    runs = list(store.runs.values())
    layers = [name for run in runs for name in run.network]
    return [*store.classes, *(run.title for run in runs), *layers, str(store.dataset.attributes.get("name", ""))]


def names_as_drawn(path: Path) -> str:
    """How the fonts at hand draw what a store names beyond what the bundled ones have; empty where that is nothing."""
    with Store(path) as store:
        names = [name for name in names_in(store) if not PLAIN.fullmatch(name)]
    return "".join(pages_of(dict.fromkeys(names))) if names else ""


def tell_of_undrawable(store: Store) -> None:
    """Say once which characters of a store's names no font can draw, what stands for them, and what helps."""
    if (store.path, face()) in _told:
        return
    _told.add((store.path, face()))
    missing = [cluster for cluster in undrawable(names_in(store)) if any(map(_is_seen, cluster))]
    if not missing:
        return
    named = " ".join(f"{c} (U+{ord(c[0]):04X})" for c in missing[:MOST_NAMED])
    more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
    say(
        f"no font here can draw {named}{more} in the names of {store.path}: films show {STAND_IN} or the symbol's name "
        "instead; install a font that has them, such as Noto, or name a folder that holds one with --fonts "
        "(WEIGHTREEL_FONTS)."
    )


def _is_seen(character: str) -> bool:
    """Whether a character is more than a sign of how another is drawn."""
    return unicodedata.category(character) != "Cf" and not "\ufe00" <= character <= "\ufe0f"
