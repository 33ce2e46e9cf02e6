"""Put the page together: data, charts, films, tables and text into one file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

import numpy as np

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.export.formats import as_json
from weightreel.analysis.export.json import page_data
from weightreel.analysis.places import NODE_MODULES, PACKAGE
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.page.colours import colour_names, stylesheet
from weightreel.page.films import FilmFiles, films_html
from weightreel.page.tables import tables_html

ASSETS = PACKAGE / "page" / "assets"
SCRIPTS = ("numbers", "state", "charts", "learning", "parameters", "esd", "alpha", "noise", "controls", "main")
"""In this order they make one script."""
ECHARTS = NODE_MODULES / "echarts"
CHARTS_FILE = "dist/echarts.common.min.js"
PARTS = ("train", "validation")
MISSED = {
    "learning": "losses and accuracies", "validation": "a validation", "spectra": "eigenvalues",
    "noise": "answers to noise",
}  # fmt: skip
"""Parts that a page may lack, in words."""
MOST_BYTES = 15 * 10**6
"""Of the page, which a phone has to hold."""


@dataclass(frozen=True)
class Charts:
    """The library that draws the charts."""

    script: str
    version: str


def read_charts(folder: Path = ECHARTS) -> Charts:
    """Apache ECharts from an unpacked npm package.

    Raises:
        WeightreelError: it is not there.
    """
    script = folder / CHARTS_FILE
    if not script.is_file():
        raise WeightreelError(
            f"Apache ECharts is not installed ({script} is missing); run `make site`, which installs it with npm, or "
            "name an unpacked package of it with --echarts FOLDER."
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
    text = page_html(store, films, charts, out, runs).encode()
    if len(text) > MOST_BYTES:
        raise WeightreelError(
            f"a page of all of {store.path} would have {len(text) / 1e6:.0f} MB, more than {MOST_BYTES / 1e6:.0f}; "
            f"choose runs, as in `make site RUN={next(iter(store.runs))}`."
        )
    new = out.with_name(f".{out.name}.tmp")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(text)
        new.replace(out)
    except OSError as error:
        raise WeightreelError(f"{out} cannot be written ({error.strerror}); name another --out.") from error
    return len(text)


def page_html(store: Store, films: list[FilmFiles], charts: Charts, out: Path, runs: str = "") -> str:
    """The page as text. Raises as `build`."""
    chosen = store.select(runs) if runs else list(store.runs.values())
    if not chosen:
        raise WeightreelError(f"{store.path} holds no run yet; wait for the training's first epoch.")
    data = page_data(store, chosen)
    data["colours"] = colour_names(chosen)
    about = store.dataset.attributes
    clock = chosen[0].clock if len({run.clock for run in chosen}) == 1 else "record"
    seeds = sorted({run.seed for run in chosen})
    tables, has = tables_html(store), contents_of(store, chosen)
    lacking = ", ".join(_lacking(chosen, has))
    parts = has | {"tables": bool(tables), "lacking": bool(lacking)}
    template = Template(kept((ASSETS / "page.html").read_text(encoding="utf-8"), parts))
    scripts = [(ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    return template.substitute(
        style=stylesheet() + (ASSETS / "page.css").read_text(encoding="utf-8"),
        title=escape(data["store"]["title"] or data["store"]["name"]),
        data_name=escape(str(about["name"])),
        n_train=f"{about['n_train']:,}",
        n_validation=f"{about['n_validation']:,}",
        n_test=f"{about['n_test']:,}",
        runs=escape(", ".join(dict.fromkeys(run.title for run in chosen))),
        seeds=_seeds(seeds),
        created=escape(data["store"]["created"][:10]),
        store=escape(data["store"]["name"]),
        digest=store.digest,
        data_digest=escape(str(about["digest"])),
        licence=escape(data["store"]["licence"]),
        films=films_html(films, out) if films else _no_films(store),
        tables=tables,
        clock=clock,
        Clock=clock.capitalize(),
        moving=_moving(has),
        lacking=escape(lacking),
        echarts_version=charts.version,
        data=as_json(data).replace("</", "<\\/"),
        charts=charts.script.replace("</script", "<\\/script"),
        script="(() => {\n" + "\n".join(scripts) + "})();",
    )


def contents_of(store: Store, runs: Sequence[Run]) -> dict[str, bool]:
    """What there is to be shown of, by the names that the page's text gives its parts."""
    recipes = not any("source" in run.attributes for run in runs)
    return {
        "recipes": recipes,
        "recorded": not recipes,
        "images": bool(store.dataset.attributes["n_train"]),
        "learning": any(_measured(run, part) for run in runs for part in PARTS),
        "validation": any(_measured(run, "validation") for run in runs),
        "spectra": any(layer.has("spectrum/alpha") for run in runs for layer in run.layers.values()),
        "noise": any(run.noise_attacks for run in runs),
    }


def _measured(run: Run, part: str) -> bool:
    """Whether a loss or an accuracy of a part of the data is known at any epoch."""
    keys = (f"{part}/loss", f"{part}/accuracy")
    return any(run.has(key) and bool(np.isfinite(run[key]).any()) for key in keys)


def _lacking(runs: Sequence[Run], has: Mapping[str, bool]) -> Iterator[str]:
    """What a reader may miss of trainings that other code made: parts of the page, and parameters of the networks."""
    if has["recipes"]:
        return
    yield from (words for part, words in MISSED.items() if not has[part] and (has["learning"] or part != "validation"))
    yield from dict.fromkeys(name for run in runs for name in run.skipped)


def kept(text: str, has: Mapping[str, bool]) -> str:
    """A text without the parts, from `<!-- if NAME -->` to `<!-- end NAME -->`, for which there is nothing."""
    for name, there in has.items():
        text = re.sub(rf"<!-- if {name} -->(.*?)<!-- end {name} -->", r"\1" if there else "", text, flags=re.DOTALL)
    return text


def _moving(has: Mapping[str, bool]) -> str:
    """What the slider moves, in words."""
    found = ["weights", *(["spectra"] if has["spectra"] else []), *(["answers to noise"] if has["noise"] else [])]
    if len(found) == 1:
        return "its weights and biases"
    return f"{', '.join(found[:-1])} and {found[-1]}"


def _seeds(seeds: list[int]) -> str:
    if len(seeds) == 1:
        return f"one seed ({seeds[0]}) of each network"
    return f"{len(seeds)} seeds"


def _no_films(store: Store) -> str:
    return (
        f"<p>No film of this store was rendered when the page was made: <code>make STORE={escape(store.path)}</code> "
        "renders them, and <code>make site</code> after it puts them here.</p>"
    )
