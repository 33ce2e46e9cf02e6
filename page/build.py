"""Put the page together: data, charts, films, tables and text into one file."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel import Locale, UnknownLocaleError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.export.json import as_json, page_data
from weightreel.analysis.files import replacing
from weightreel.analysis.findings.time import unfinished_in_words
from weightreel.analysis.findings.training import of_recipes
from weightreel.analysis.findings.words.language import counting, language, noted, nouns, phrase, phrase_n, translated
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import count, listed
from weightreel.analysis.findings.words.own import in_own_words
from weightreel.analysis.places import PACKAGE, npm_install, npm_package, variant
from weightreel.analysis.plain_text import in_json, visible
from weightreel.analysis.settings import current
from weightreel.analysis.store.belongings import place_for, place_of
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.talk.talk import current_talk, film_key
from weightreel.page.colours import stylesheet
from weightreel.page.films import FilmFiles, find_films, shown
from weightreel.page.readings import Json, is_measured
from weightreel.page.tables import tables_of
from weightreel.page.words import PARTS, QUANTITIES, page_words

PAGE = PACKAGE / "page"
SITE = Path("media/site")
ECHARTS = "echarts"
"""The npm package."""
CHARTS_FILE = "dist/echarts.common.min.js"
MISSED = {
    "learning": noted("losses and accuracies"), "validation": noted("a validation"), "spectra": noted("eigenvalues"),
    "noise": noted("answers to noise"),
}  # fmt: skip
"""Parts that a page may lack, in words."""
MOST_BYTES = 15 * 10**6
"""Largest size of the page, which a phone has to hold."""


@dataclass(frozen=True)
class Charts:
    """The library that draws the charts."""

    script: str
    version: str


@dataclass(frozen=True)
class Page:
    """A page that was written: where, its size in bytes, and how many films it links."""

    path: Path
    size: int
    films: int


def make_page(
    store: str | Path,
    out: str | Path | None = None,
    *,
    runs: str = "",
    films: str | Path = "media/films",
    quality: str = "",
    echarts: str | Path | None = None,
) -> Page:
    """Make an explorable article on a store, one HTML file that loads nothing, in the language of the settings.

    Args:
        store: its path.
        out: the page, replaced when it is whole; its folder is made. By default index.html in a folder of the store's
            own in media/site, with other settings as `variant` names it: index.hi.html.
        runs: a comma list; empty means all.
        films: a folder with STORE/QUALITY/FILM.mp4 below; the page links those that lie there, are of this store, and
            were rendered with these settings.
        quality: of the films; empty means for each the best that is there.
        echarts: an unpacked npm package of Apache ECharts; by default that in node_modules.

    Raises:
        WeightreelError: there is no such store, run or package, no run yet, too much for a page, or `out` cannot be
            written.
    """
    charts = read_charts(None if echarts is None else Path(echarts))
    with Store(store) as opened:
        settings = current()
        ending = variant(settings)
        place = place_of(Path(films), store, settings.talk)
        found = find_films(place, quality, ending, _films_told()) if place else []
        page = Path(out) if out else place_for(SITE, store, settings.talk) / f"index{ending}.html"
        return Page(page, build(in_own_words(opened), found, charts, page, runs), len(found))


def _films_told() -> list[str]:
    """Names of the talk's films, in its order; none where there is no talk, or it lists none."""
    return [film_key(name) for name in current_talk().films]


def read_charts(folder: Path | None = None) -> Charts:
    """Apache ECharts from an unpacked npm package, by default the one that npm installed.

    Raises:
        WeightreelError: it is not there.
    """
    folder = folder or npm_package(ECHARTS)
    script = folder / CHARTS_FILE
    if not script.is_file():
        raise WeightreelError(
            f"Apache ECharts is not installed ({script} is missing); run `{npm_install(ECHARTS)}` in this folder (a "
            "checkout's `make site` does), or name an unpacked package of it with --echarts FOLDER."
        )
    version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    return Charts(script.read_text(encoding="utf-8"), str(version))


def build(store: Store, films: list[FilmFiles], charts: Charts, out: Path, runs: str = "") -> int:
    """Write the page to `out`, replacing an older one when it is whole.

    Args:
        store: an open store.
        films: rendered of it; the page links them where they lie.
        charts: as `read_charts` gives.
        out: an .html file; its folder is made.
        runs: a comma list; empty means all.

    Returns:
        Its size in bytes.

    Raises:
        WeightreelError: no such run, none yet, too much for a page, or `out` cannot be written.
    """
    text = page_html(store, films, charts, out, runs).encode(errors="backslashreplace")
    if len(text) > MOST_BYTES:
        raise WeightreelError(
            f"a page of all of {store.path} would have {len(text) / 1e6:.0f} MB, more than {MOST_BYTES / 1e6:.0f}; "
            f"choose runs, as in `weightreel site {store.path} --runs {next(iter(store.runs))}`."
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(out, "Free some disk space or name another --out.") as temporary:
            temporary.write_bytes(text)
    except OSError as error:
        raise WeightreelError(f"{out} cannot be written ({error.strerror}); name another --out.") from error
    return len(text)


def page_html(store: Store, films: list[FilmFiles], charts: Charts, out: Path, runs: str = "") -> str:
    """The page as text. Raises as `build`."""
    chosen = store.select(runs) if runs else list(store.runs.values())
    if not chosen:
        raise WeightreelError(f"{store.path} holds no run yet; wait for the training's first epoch.")
    data = page_data(store, chosen)
    clock = chosen[0].clock if len({run.clock for run in chosen}) == 1 else "record"
    has = contents_of(data, chosen)
    with counting(clock):
        data["page"] = page_words(data, chosen)
        return (
            environment()
            .get_template("page.html")
            .render(
                has=has,
                clock=nouns()["Clock"],
                language=language(),
                spoken=_own_name(language()),
                heading=current_talk().title or _heading(has),
                title=named(data["store"]["title"]) or data["store"]["name"],
                lead=_lead(has),
                about=data["dataset"],
                store=data["store"],
                path=visible(store.path),
                networks=", ".join(dict.fromkeys(named(run.title) for run in chosen)),
                seeds=_seeds(sorted({run.seed for run in chosen})),
                unfinished=" ".join(unfinished_in_words(chosen)),
                lacking=", ".join(_lacking(chosen, has)),
                least=data["min_eigenvalues"],
                films=[shown(film, out) for film in films],
                tables=tables_of(store),
                style=Markup(stylesheet() + _asset("page.css")),
                modules=Markup(as_json({"imports": modules()})),
                data=in_script(data),
                charts=Markup(charts.script.replace("</script", "<\\/script")),
                echarts_version=charts.version,
            )
        )


def environment() -> Environment:
    """Templates, in which every text is escaped but those of `marked`, whose values are."""
    found = Environment(
        loader=FileSystemLoader(PAGE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=False,
    )
    found.globals.update(phrase=phrase, marked=marked, count=count)
    return found


def marked(message: str, /, **values: object) -> Markup:
    """A sentence of the catalogue that holds HTML; its values are escaped. `{clock}` and its like as in `phrase`."""
    return Markup(translated(message)).format(**nouns(), **values)


def modules() -> dict[str, str]:
    """The page's ES modules by the names under which they import each other, as addresses that need no network."""
    return {
        f"weightreel/{path.name}": "data:text/javascript;charset=utf-8;base64,"
        + base64.b64encode(path.read_bytes()).decode()
        for path in sorted((PAGE / "assets").glob("*.js"))
    }


def in_script(data: object) -> Markup:
    """JSON that may stand within a script element, which no text in it can end."""
    return Markup(in_json(as_json(data)).replace("<", "\\u003c"))


def _asset(name: str) -> str:
    return (PAGE / "assets" / name).read_text(encoding="utf-8")


def contents_of(data: Json, runs: Sequence[Run]) -> dict[str, bool]:
    """What there is to be shown of, by the names that the templates have for it.

    Args:
        data: as `page_data` gives of the runs.
    """
    found = data["runs"]
    return {
        "recipes": of_recipes(runs),
        "images": bool(data["dataset"]["n_train"]),
        "learning": any(is_measured(run, part, key) for run in found for part in PARTS for key in QUANTITIES),
        "validation": any(is_measured(run, "validation", key) for run in found for key in QUANTITIES),
        "spectra": any("spectrum" in layer for run in found for layer in run["layers"]),
        "noise": any(run["noise"] for run in found),
    }


def _lacking(runs: Sequence[Run], has: Mapping[str, bool]) -> Iterator[str]:
    """What a reader may miss of trainings that other code made: parts of the page, and parameters of the networks."""
    if has["recipes"]:
        return
    missed = (words for part, words in MISSED.items() if not has[part] and (has["learning"] or part != "validation"))
    yield from map(phrase, missed)
    yield from dict.fromkeys(name for run in runs for name in run.skipped)


def _heading(has: Mapping[str, bool]) -> str:
    if has["noise"]:
        return phrase("How a network learns, and how it breaks")
    return phrase("How a network learns")


def _own_name(code: str) -> str:
    """What a language calls itself; its code where that is not known."""
    try:
        return Locale.parse(code).get_display_name() or code
    except (UnknownLocaleError, ValueError):
        return code


def _lead(has: Mapping[str, bool]) -> str:
    """What the slider does, in a sentence."""
    moving = [phrase("weights")]
    if has["spectra"]:
        moving.append(phrase("spectra"))
    if has["noise"]:
        moving.append(phrase("answers to noise"))
    if len(moving) == 1:
        return phrase("Turn the {clocks} of a training by hand, and watch its weights and biases move together.")
    return phrase("Turn the {clocks} of a training by hand, and watch {parts} move together.", parts=listed(moving))


def _seeds(seeds: list[int]) -> str:
    if len(seeds) == 1:
        return phrase("one seed ({seed}) of each network", seed=seeds[0])
    return phrase_n("{n} seed", "{n} seeds", len(seeds))
