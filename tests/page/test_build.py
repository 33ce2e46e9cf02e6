"""The page's parts: films, tables, colours, and what stands in the file."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import srt

from tests.made.store import synthetic_store
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.language import speaking
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.cli import main
from weightreel.page import build as building
from weightreel.page.build import Charts, environment, in_script, make_page, page_html, read_charts
from weightreel.page.films import Cue, as_vtt, find_films, read_cues, shown
from weightreel.page.tables import render

ROOT = Path(__file__).resolve().parents[2]
CHARTS = Charts("/* charts </script> */", "0.0.0")


class Elements(HTMLParser):
    """Start tags with their attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == tag]


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Two films in two qualities, one of them with subtitles."""
    for path in ("digits/m/esd.mp4", "digits/h/esd.mp4", "digits/l/weights.mp4", "digits/l/.esd.partial.mp4",
                 "other/h/biases.mp4"):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    cues = [srt.Subtitle(1, srt.timedelta(0), srt.timedelta(seconds=61.5), "α < 2 & more.\nAnd so on.")]
    (tmp_path / "digits/h/esd.srt").write_text(srt.compose(cues), "utf-8")
    (tmp_path / "digits/h/esd.png").touch()
    return tmp_path


def page_of(store: Path, out: Path, runs: str = "") -> str:
    with Store(store) as opened:
        return page_html(opened, [], CHARTS, out, runs)


def test_the_best_quality_of_each_film_is_taken_in_the_lecture_s_order(films: Path) -> None:
    found = find_films(films / "digits")
    assert [film.video.relative_to(films).as_posix() for film in found] == ["digits/l/weights.mp4", "digits/h/esd.mp4"]
    assert [film.video.parent.name for film in find_films(films / "digits", "m")] == ["m"]
    assert find_films(films / "unknown") == []


def test_subtitles_become_webvtt(films: Path) -> None:
    cues = read_cues(films / "digits/h/esd.srt")
    assert cues == (Cue(0, 61.5, "α < 2 & more. And so on."),)
    assert as_vtt(cues) == "WEBVTT\n\n00:00:00.000 --> 00:01:01.500\nα &lt; 2 &amp; more. And so on.\n"
    assert read_cues(films / "missing.srt") == ()


def test_films_are_linked_relative_to_the_page(films: Path) -> None:
    page = films / "a site" / "index.html"
    found = [shown(film, page) for film in find_films(films / "digits")]
    assert [film.title for film in found] == ["Weights", "Eigenvalues and alpha"]
    assert [film.video for film in found] == ["../digits/l/weights.mp4", "../digits/h/esd.mp4"]
    assert [film.poster for film in found] == ["", "../digits/h/esd.png"]
    assert found[0].subtitles == ""
    text = base64.b64decode(found[1].subtitles.removeprefix("data:text/vtt;base64,")).decode()
    assert text.startswith("WEBVTT")
    assert [(chapter.start, chapter.time) for chapter in found[1].chapters] == [(0, "0:00")]


def test_films_stand_in_the_page(films: Path, small_store: Path) -> None:
    page = films / "site" / "index.html"
    with Store(small_store) as store:
        elements = Elements(page_html(store, find_films(films / "digits"), CHARTS, page))
    videos = elements.all("video")
    assert [video["src"] for video in videos] == ["../digits/l/weights.mp4", "../digits/h/esd.mp4"]
    assert [video.get("poster") for video in videos] == [None, "../digits/h/esd.png"]
    (track,) = elements.all("track")
    assert (track["srclang"], track["label"]) == ("en", "English")
    assert [button["data-seek"] for button in elements.all("button") if "data-seek" in button] == ["0.000"]


def test_tables_keep_their_cells_and_name_their_headers() -> None:
    html = render("| | a | b |\n| --- | ---: | ---: |\n| first <b> | 1 | – |\n\n- said\n", "things")
    elements = Elements(html)
    assert [header.get("scope") for header in elements.all("th")] == ["col", "col", "row"]
    assert re.findall(r"<t[dh]\b[^>]*>([^<]*)", html) == ["", "a", "b", "first &lt;b&gt;", "1", "–"]
    assert html.count("<td") == html.count("</td>") == 3
    assert "<li>said</li>" in html
    assert elements.all("div")[0]["tabindex"] == "0"


def test_the_page_holds_its_data_and_needs_nothing_else(small_store: Path, tmp_path: Path) -> None:
    text = page_of(small_store, tmp_path / "index.html")
    elements = Elements(text)
    assert not [script for script in elements.all("script") if "src" in script]
    assert all(str(link["href"]).startswith("data:") for link in elements.all("link"))
    held = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert held is not None
    data = json.loads(held[1])
    assert [run["name"] for run in data["runs"]] == list(data["page"]["colours"]) == ["cnn-s0", "spectral-cnn-s0"]
    with Store(small_store) as store:
        assert store.digest in unescape(text)
    assert "/* charts <\\/script> */" in text
    assert "No film of this store was rendered" in text


def test_runs_can_be_chosen(small_store: Path, tmp_path: Path) -> None:
    text = page_of(small_store, tmp_path / "index.html", "spectral-cnn-s0")
    assert '"name":"cnn-s0"' not in text
    assert '"name":"spectral-cnn-s0"' in text


def test_words_of_a_store_are_escaped(tmp_path: Path) -> None:
    """In HTML, in sentences that hold markup, in the tables, and in the data, which no text may end."""
    evil = "</script><img src=x onerror=alert(1)>"
    path = tmp_path / "a<b.h5"
    with Store(synthetic_store(tmp_path / "plain.h5", epochs=2, n_layers=2, models=("cnn",))) as store:
        contents = store.contents()
    for key, name in (("/", "licence"), ("/dataset", "name"), ("/runs/cnn-s0", "title")):
        assert name in contents.attributes[key]
        contents.attributes[key][name] = evil
    write(path, contents)
    text = page_of(path, tmp_path / "index.html")
    assert "a&lt;b.h5" in text
    assert "<img src=x" not in text and "<script><" not in text
    assert "&lt;img src=x" in text and "\\u003cimg src=x" in text


def test_templates_escape_values_and_not_the_catalogue_s_markup() -> None:
    template = environment().from_string("{{ marked('<b>{name}</b> at {clock}', name=name) }} {{ name }}")
    assert template.render(name="<i>") == "<b>&lt;i&gt;</b> at epoch &lt;i&gt;"
    assert in_script({"a": "</script>"}) == '{"a":"\\u003c/script>"}'


def test_modules_import_each_other_by_the_names_that_the_page_gives_them(small_store: Path, tmp_path: Path) -> None:
    text = page_of(small_store, tmp_path / "index.html")
    held = re.search(r'<script type="importmap">(.*?)</script>', text)
    assert held is not None
    imports = json.loads(held[1])["imports"]
    sources = {name: base64.b64decode(url.partition("base64,")[2]).decode() for name, url in imports.items()}
    wanted = {name for source in sources.values() for name in re.findall(r'from "([^"]+)"', source)}
    assert wanted <= imports.keys() == wanted | {"weightreel/main.js"}
    exported = {
        name: set(re.findall(r"^export (?:const|function) (\w+)", source, re.M)) for name, source in sources.items()
    }
    for source in sources.values():
        for names, module in re.findall(r'^import \{ ([^}]+) \} from "([^"]+)"', source, re.M):
            assert set(names.split(", ")) <= exported[module]


def test_the_page_speaks_hindi(small_store: Path, tmp_path: Path) -> None:
    """Headings, controls, readings and legends: nothing that the English page says is left but names and symbols."""
    english = page_of(small_store, tmp_path / "index.html")
    with speaking("hi"):
        hindi = page_of(small_store, tmp_path / "index.html")
    assert '<html lang="hi">' in hindi
    prose = [
        set(re.findall(r">([^<>{}]+)<", text.partition("</style>")[2].partition("<script")[0]))
        for text in (english, hindi)
    ]
    same = {text.strip() for text in prose[0] & prose[1] if len(re.findall(r"[A-Za-z]{3,}", text)) > 2}
    assert not {text for text in same if not text.startswith("weightreel ") and not re.fullmatch("[0-9a-f]{64}", text)}
    first, second = ([*words["forms"], *words["legend"].values()] for words in map(words_of, (english, hindi)))
    assert len(first) == len(second)
    assert not set(first) & set(second)


def test_the_page_writes_german_numbers(small_store: Path, tmp_path: Path) -> None:
    """Readings and tables are written in Python; the charts' scripts get the signs."""
    mine = tmp_path / "mine.po"
    mine.write_text('msgid ""\nmsgstr "Language: de\\n"\n\nmsgid "cat"\nmsgstr "Katze"\n', encoding="utf-8")
    with speaking(str(mine)):
        german = page_of(small_store, tmp_path / "index.html")
    found = words_of(german)
    assert '<html lang="de">' in german
    assert found["digits"] == {"decimal": ",", "group": ".", "sizes": [3, 3], "percentFirst": False}
    texts = re.findall(r'"([^"]*)"', json.dumps(found["runs"], ensure_ascii=False))
    written = re.findall(r"[\d.,]*\d[.,]\d[\d.,]*", " ".join(texts))
    assert any(re.fullmatch(r"0,\d+", number) for number in written)
    assert not [number for number in written if re.search(r"^0\.\d|\.\d{1,2}$|\.\d{4}", number.strip(".,"))][:9]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
@pytest.mark.parametrize(
    ("digits", "said"),
    [
        ({"decimal": ".", "group": ",", "sizes": [3, 3]}, ["1,234,567", "−0.0123", "1.2e−7", "1.5 M", "0.01", "25 %"]),
        ({"decimal": ",", "group": ".", "sizes": [3, 3]}, ["1.234.567", "−0,0123", "1,2e−7", "1,5 M", "0,01", "25 %"]),
        (
            {"decimal": ".", "group": ",", "sizes": [3, 2], "percentFirst": True},
            ["12,34,567", "−0.0123", "1.2e−7", "1.5 M", "0.01", "%25"],
        ),
    ],
)
def test_scripts_write_numbers_as_python_does(digits: dict[str, Any], said: list[str], tmp_path: Path) -> None:
    for name, source in (
        ("numbers.js", (ROOT / "page" / "assets" / "numbers.js").read_text("utf-8").replace("weightreel/", "./")),
        ("state.js", f"export const PAGE = {json.dumps({'digits': digits})};"),
        ("package.json", '{"type": "module"}'),
        (
            "main.js",
            'import { atTick, inPercent, shortCount, significant, whole } from "./numbers.js";\n'
            "const said = [whole(1234567), significant(-0.01234), significant(1.2e-7), shortCount(1.5e6)];\n"
            "console.log(JSON.stringify([...said, atTick(-2), inPercent(0.25)]));\n",
        ),
    ):
        (tmp_path / name).write_text(source, encoding="utf-8")
    done = subprocess.run(["node", tmp_path / "main.js"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == said


def words_of(page: str) -> dict[str, Any]:
    held = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert held is not None
    found: dict[str, Any] = json.loads(held[1])["page"]
    return found


def test_pages_are_made_from_python(small_store: Path, tmp_path: Path) -> None:
    out = tmp_path / "index.html"
    page = make_page(small_store, out, echarts=echarts(tmp_path), films=tmp_path)
    assert (page.path, page.size, page.films) == (out, out.stat().st_size, 0)
    with pytest.raises(WeightreelError, match="resnet"):
        make_page(small_store, out, runs="resnet-s0", echarts=tmp_path / "echarts")


def test_a_page_that_is_too_large_is_refused(
    small_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(building, "MOST_BYTES", 1000)
    package = echarts(tmp_path)
    out = tmp_path / "index.html"
    assert main(["site", str(small_store), "--out", str(out), "--echarts", str(package)]) == 2
    assert "--runs cnn-s0" in capsys.readouterr().err
    assert not out.exists()


def echarts(folder: Path) -> Path:
    package = folder / "echarts"
    (package / "dist").mkdir(parents=True)
    (package / "dist" / "echarts.common.min.js").write_text("")
    (package / "package.json").write_text('{"version": "1.2.3"}')
    return package


def test_the_command_writes_the_page(small_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "index.html"
    arguments = ["site", str(small_store), "--out", str(out), "--echarts", str(echarts(tmp_path))]
    assert main(arguments) == 0
    assert "Apache ECharts 1.2.3" in out.read_text("utf-8")
    assert str(out) in capsys.readouterr().out
    assert list(out.parent.iterdir()) == [out]


def test_missing_charts_are_told_with_the_way_round(tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match=r"npm install echarts@.*--echarts"):
        read_charts(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{tmp}/missing.h5"], ["missing.h5", "weightreel run"]),
        (["{store}", "--runs", "resnet-s0"], ["resnet-s0", "cnn-s0"]),
        (["{store}", "--out", "{store}/index.html"], ["--out"]),
    ],
)
def test_bad_input_is_one_sentence(
    small_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: list[str]
) -> None:
    filled = [argument.format(store=small_store, tmp=tmp_path) for argument in arguments]
    assert main(["site", "--echarts", str(echarts(tmp_path)), "--out", str(tmp_path / "index.html"), *filled]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(word in error for word in words)


class TestSetUp:
    """scripts/setup_node.sh on a made-up machine, whose npm writes down how it was called."""

    TOOLS = ("sh", "cat", "cksum", "dirname", "mkdir", "rm", "sleep", "env")

    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        project = tmp_path / "project"
        (project / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup_node.sh", project / "scripts")
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, project)
        (tmp_path / "bin").mkdir()
        for tool in self.TOOLS:
            (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
        return project

    def put(self, project: Path, name: str, body: str) -> None:
        path = project.parent / "bin" / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {project.parent}/calls\n{body}\n')
        path.chmod(0o755)

    def set_up(self, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if k != "CHROMIUM"} | {"PATH": str(project.parent / "bin")}
        command = ["sh", str(project / "scripts" / "setup_node.sh"), *arguments]
        return subprocess.run(command, env=clean, capture_output=True, text=True, check=False)

    def calls(self, project: Path) -> list[str]:
        path = project.parent / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def test_it_installs_once(self, project: Path) -> None:
        self.put(project, "npm", "mkdir -p node_modules")
        assert self.set_up(project).returncode == 0
        assert self.set_up(project).returncode == 0
        assert self.calls(project) == ["npm ci --omit=dev --loglevel=error"]
        (project / "package-lock.json").write_text("{}")
        assert self.set_up(project).returncode == 0
        assert len(self.calls(project)) == 2

    def test_without_npm_it_says_the_way_round(self, project: Path) -> None:
        done = self.set_up(project)
        assert done.returncode == 2
        assert "npm is missing" in done.stderr
        assert "make figures" in done.stderr

    def test_a_failing_npm_leaves_no_stamp(self, project: Path) -> None:
        self.put(project, "npm", "mkdir -p node_modules; exit 1")
        done = self.set_up(project)
        assert (done.returncode, done.stderr.count("npm failed")) == (2, 1)
        assert not (project / "node_modules" / ".layer-page").exists()
        assert not (project / "node_modules.lock").exists()

    def test_the_tests_get_a_browser(self, project: Path) -> None:
        self.put(project, "npm", "mkdir -p node_modules")
        self.put(project, "id", "echo 0")
        self.put(project, "apt-get", "")
        assert self.set_up(project, "test").returncode == 0
        calls = self.calls(project)
        assert any(call.startswith("apt-get install") and call.endswith("chromium") for call in calls)
        assert calls[-1] == "npm ci --include=dev --loglevel=error"
        self.put(project, "chromium", "")
        assert self.set_up(project, "test").returncode == 0
        assert self.calls(project) == calls


def test_packages_are_pinned_and_no_host_is_named() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())
    pins = wanted["dependencies"] | wanted["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", pin) for pin in pins.values())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    locked = {name.removeprefix("node_modules/"): about for name, about in lock["packages"].items() if name}
    assert {name: locked[name]["version"] for name in pins} == pins
    for about in locked.values():
        assert about["integrity"].startswith("sha512-")
        assert "resolved" not in about
