"""What decides whether a film is rendered, and what a render leaves behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import av
import h5py
import numpy as np
import pytest
import srt
from PIL import Image
from pydub import AudioSegment

from tests.signals import heed_interrupts
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.places import SCENES
from weightreel.analysis.settings import Settings
from weightreel.analysis.store.seal import seal
from weightreel.scenes.making import orders, render
from weightreel.scenes.making.orders import Order, find_films, fingerprint
from weightreel.scenes.making.sources import sources_of

ROOT = Path(__file__).resolve().parents[3]

SMALL_FILM = """
from manim import Create, Square
from weightreel.scenes.kit.film import Film

class Small(Film):
    def construct(self):
        self.beat("Square", "A square is drawn.")
        self.play(Create(Square()), run_time=2)
"""
SECOND_BEAT = """
        self.beat("Circle", "Here something longer is said, so that the picture must wait for the voice.")
        self.play(Create(Square()), run_time=1)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_store: Path) -> Path:
    """A copy of the package with one more film, `small`, and a store of its own."""
    shutil.copytree(ROOT / "weightreel", tmp_path / "weightreel", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "weightreel" / "scenes" / "small.py").write_text(SMALL_FILM)
    (tmp_path / "store.h5").write_bytes(small_store.read_bytes())
    monkeypatch.setattr(orders, "ROOT", tmp_path)
    monkeypatch.setattr(orders, "SCENES", tmp_path / "weightreel" / "scenes")
    return tmp_path


@pytest.fixture
def order(project: Path) -> Order:
    film = find_films(project / "weightreel" / "scenes")["small"]
    return Order(film, Settings(store=str(project / "store.h5")), "t", project / "out")


def with_settings(order: Order, **changed: str | bool) -> Order:
    """The order, drawn with other settings."""
    return replace(order, settings=replace(order.settings, **changed))  # type: ignore[arg-type]


class TestSources:
    def test_imports_are_followed_in_every_form(self, tmp_path: Path) -> None:
        files = {
            "__init__.py": "",
            "scenes/__init__.py": "",
            "scenes/film.py": "from weightreel.scenes.kit.clock import Clock\n"
            "import weightreel.analysis.reader\nimport numpy",
            "scenes/other.py": "",
            "scenes/kit/__init__.py": "",
            "scenes/kit/clock.py": "def f():\n    from . import theme\n    from ..words import WORDS",
            "scenes/kit/theme.py": "",
            "scenes/kit/unused.py": "",
            "scenes/words.py": "",
            "analysis/__init__.py": "",
            "analysis/reader.py": "",
        }
        package = tmp_path / "weightreel"
        for name, text in files.items():
            (package / name).parent.mkdir(parents=True, exist_ok=True)
            (package / name).write_text(text)
        found = {str(path.relative_to(package)) for path in sources_of(package / "scenes/film.py", tmp_path)}
        assert found == files.keys() - {"scenes/other.py", "scenes/kit/unused.py"}

    @pytest.mark.parametrize("name", ["esd", "adversarial"])
    def test_what_python_loads_is_a_source(self, name: str) -> None:
        """The static search must not miss what the film really loads."""
        code = (
            f"import sys, weightreel.scenes.{name}\n"
            "ours = (m for n, m in sys.modules.items() if n.split('.')[0] == 'weightreel')\n"
            "print(*(m.__file__ for m in ours), sep='\\n')"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        loaded = {Path(line).resolve() for line in done.stdout.split("\n") if line.startswith("/")}
        assert len(loaded) > 20
        assert loaded <= {path.resolve() for path in sources_of(SCENES / f"{name}.py", ROOT)}


class TestFingerprint:
    def test_dates_do_not_count(self, order: Order) -> None:
        before = fingerprint(order)
        os.utime(order.film.path, (1, 1))
        os.utime(order.store, (1, 1))
        assert fingerprint(order) == before

    def test_each_part_counts(self, order: Order, project: Path) -> None:
        seen = {fingerprint(order)}

        def is_new(value: str) -> bool:
            known = value in seen
            seen.add(value)
            return not known

        with order.store.open("ab") as file:
            file.write(b"\0")
        assert is_new(fingerprint(order))
        order.film.path.write_text(SMALL_FILM + "\n")
        assert is_new(fingerprint(order))
        (project / "weightreel" / "scenes" / "manim.cfg").write_text("[CLI]\n")
        assert is_new(fingerprint(order))
        assert is_new(fingerprint(replace(order, quality="l")))
        assert is_new(fingerprint(with_settings(order, runs="cnn-s0")))
        assert is_new(fingerprint(with_settings(order, theme="light")))
        assert is_new(fingerprint(with_settings(order, voice="espeak")))

    def test_the_kit_counts(self, order: Order, project: Path) -> None:
        before = fingerprint(order)
        with (project / "weightreel" / "scenes" / "kit" / "film.py").open("a") as file:
            file.write("\n")
        assert fingerprint(order) != before

    def test_what_a_film_does_not_see_does_not_count(self, order: Order) -> None:
        assert fingerprint(order) == fingerprint(
            with_settings(order, slides=True, voice_folder="voice", if_possible=True)
        )


class TestRendering:
    def test_renders_once_then_again_when_its_source_changed(self, order: Order) -> None:
        assert render.render(order)
        assert {path.name for path in order.folder.iterdir() if path.name[0] != "."} == {
            "small.mp4",
            "small.srt",
            "small.md",
            "small.png",
        }
        assert "A square is drawn." in (order.folder / "small.srt").read_text()
        assert "Square\n\nA square is drawn." in (order.folder / "small.md").read_text()
        assert Image.open(order.folder / "small.png").size == (426, 240)
        assert not render.render(order)

        order.film.path.write_text(SMALL_FILM.replace("A square", "One square"))
        assert render.render(order)
        assert "One square is drawn." in (order.folder / "small.srt").read_text()

        (order.folder / "small.md").unlink()
        assert render.render(order), "a part that is missing must come back"

    @pytest.mark.parametrize(("quality", "size", "fps"), [("l", (854, 480), 15), ("m", (1280, 720), 30)])
    def test_a_quality_has_its_size_and_rate(self, order: Order, quality: str, size: tuple[int, int], fps: int) -> None:
        render.render(replace(order, quality=quality))
        with av.open(str(order.folder / "small.mp4")) as film:
            (stream,) = film.streams.video
            assert (stream.width, stream.height) == size
            assert stream.average_rate == fps
            assert stream.frames == 2 * fps

    @pytest.mark.slow
    @pytest.mark.skipif(find_spec("manim_voiceover") is None, reason="manim-voiceover is not installed")
    @pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="the program espeak-ng is not installed")
    def test_a_voice_speaks_every_caption_to_its_end(self, order: Order, project: Path) -> None:
        order.film.path.write_text(SMALL_FILM + SECOND_BEAT)
        assert render.render(with_settings(order, voice="espeak"))
        spoken = sorted(AudioSegment.from_file(path, "wav").duration_seconds for path in project.glob(".voice/*.wav"))
        assert len(spoken) == 2
        with av.open(str(order.folder / "small.mp4")) as film:
            (stream,) = film.streams.audio
            heard = np.concatenate([frame.to_ndarray().mean(0) for frame in film.decode(stream)])
            seconds, rate = film.duration / av.time_base, stream.rate
        assert len(heard) / rate == pytest.approx(seconds, abs=0.1)
        assert seconds >= sum(spoken)
        captions = list(srt.parse((order.folder / "small.srt").read_text("utf-8")))
        for caption, length in zip(captions, spoken, strict=True):  # the second is the longer one
            start, end = caption.start.total_seconds(), caption.end.total_seconds()
            assert end - start >= length
            beat = np.abs(heard[round(start * rate) : round(end * rate)])
            loud = np.flatnonzero(beat > 0.02) / rate
            assert loud[0] < 0.3
            assert 0.6 * length < loud[-1] <= length + 0.05
            assert len(loud) > 0.02 * len(beat)

    def test_a_failure_leaves_the_old_film(self, order: Order) -> None:
        order.folder.mkdir()
        for part in render.PARTS:
            (order.folder / f"small{part}").write_bytes(b"old")
        order.film.path.write_text(SMALL_FILM + "        raise SystemExit(7)\n")
        with pytest.raises(WeightreelError, match=r"small: not rendered \(exit code 7\)"):
            render.render(order)
        assert all((order.folder / f"small{part}").read_bytes() == b"old" for part in render.PARTS)
        assert not list(order.folder.glob("*partial"))
        assert not (order.folder / ".small.json").exists()

    def test_a_store_that_changes_meanwhile_is_rendered_again(
        self, order: Order, monkeypatch: pytest.MonkeyPatch, small_store: Path
    ) -> None:
        run_manim = render.run_manim

        def and_change(order: Order, work: Path) -> None:
            run_manim(order, work)
            with h5py.File(order.store, "r+") as file:
                file.attrs["created"] = "2020-01-01T00:00:00+00:00"
            seal(order.store)

        monkeypatch.setattr(render, "run_manim", and_change)
        assert render.render(order)
        monkeypatch.setattr(render, "run_manim", run_manim)
        assert render.render(order)
        assert not render.render(order)

    def test_a_film_without_captions_is_refused(self, order: Order) -> None:
        order.film.path.write_text(SMALL_FILM.replace('self.beat("Square", "A square is drawn.")', "pass"))
        with pytest.raises(WeightreelError, match="without subtitles for small"):
            render.render(order)

    def test_a_full_disk_is_told_before_rendering(self, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(render, "NEEDED_SPACE", 10**18)
        with pytest.raises(WeightreelError, match="free some disk space"):
            render.render(order)


class TestNothingToDo:
    def test_films_that_lie_there_are_decided_without_manim(self, order: Order, project: Path) -> None:
        """One process, no Manim, and no film's source is read twice."""
        assert render.render(order)
        code = (
            "import sys\n"
            "from pathlib import Path\n"
            "from weightreel.analysis.settings import Settings\n"
            "from weightreel.scenes.making import orders, render\n"
            "from weightreel.scenes.making.orders import Order\n"
            f"project = Path({str(project)!r})\n"
            "orders.ROOT, orders.SCENES = project, project / 'weightreel' / 'scenes'\n"
            "film = orders.find_films(orders.SCENES)['small']\n"
            "order = Order(film, Settings(store=str(project / 'store.h5')), 't', project / 'out')\n"
            "assert not render.render(order)\n"
            "print(sorted({'manim', 'av', 'scipy', 'matplotlib', 'torch'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"

    def test_what_a_store_holds_nothing_for_is_remembered_until_something_changes(
        self, order: Order, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lacking = SMALL_FILM.replace("class Small", "class Lacking")
        (project / "weightreel" / "scenes" / "lacking.py").write_text(lacking)
        monkeypatch.setattr(render, "find_films", lambda: find_films(project / "weightreel" / "scenes"))
        monkeypatch.setattr(orders, "find_films", lambda: find_films(project / "weightreel" / "scenes"))
        started: list[str] = []
        run_manim = render.run_manim

        def counted(order: Order, work: Path) -> None:
            started.append(order.film.name)
            if order.film.name == "lacking":
                raise render.PassedOver
            run_manim(order, work)

        monkeypatch.setattr(render, "run_manim", counted)
        settings = replace(order.settings, if_possible=True)

        def made(*films: str) -> list[str]:
            started.clear()
            render.render_films(films, settings, quality="t", out=project / "out", jobs=2)
            return sorted(started)

        assert made("small", "lacking") == ["lacking", "small"]
        capsys.readouterr()
        assert made("small", "lacking") == []
        said = capsys.readouterr().out
        assert "lacking: passed over" in said
        assert "small.mp4 is up to date" in said
        assert made("lacking") == ["lacking"]  # alone, it says once more what the store lacks
        (project / "weightreel" / "scenes" / "lacking.py").write_text(lacking + "# changed\n")
        assert made("small", "lacking") == ["lacking"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("films", "more", "sentence"),
        [
            (["nofilm"], {}, "there is no film 'nofilm'; there are: adversarial,"),
            (["weights"], {"quality": "x"}, "there is no quality 'x'; there are: l, m, h, k."),
            (["weights"], {"store": "absent.h5"}, "there is no store absent.h5; make one with"),
            (["weights"], {"store": "pyproject.toml"}, r"pyproject\.toml is not a store or is truncated"),
            (["weights"], {"runs": "vgg-s0"}, r"there is no run in .* there are: cnn-s0, spectral-cnn-s0\."),
            (["weights"], {"language": "xx"}, "WEIGHTREEL_LANG=xx is not known"),
        ],
    )
    def test_bad_input_is_one_sentence(
        self, films: list[str], more: dict[str, str], sentence: str, small_store: Path, tmp_path: Path
    ) -> None:
        settings = replace(Settings(store=str(small_store)), **{k: v for k, v in more.items() if k != "quality"})
        with pytest.raises(WeightreelError, match=sentence):
            render.render_films(films, settings, quality=more.get("quality", "t"), out=tmp_path / "out")
        assert not (tmp_path / "out").exists()


class TestCommandLine:
    def test_a_place_that_cannot_be_written_is_one_sentence(self, small_store: Path, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file, no folder")
        command = [sys.executable, "-m", "weightreel", "film", str(small_store), "--films", "weights", "--out"]
        done = subprocess.run(
            [*command, str(tmp_path / "taken")], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "choose another" in done.stderr
        assert done.stderr.count("\n") == 1

    @pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_a_signal_ends_it_cleanly(self, sent: signal.Signals, code: int, small_store: Path, tmp_path: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "weightreel",
            "film",
            str(small_store),
            "--films",
            "weights",
            "--out",
            str(tmp_path),
        ]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heed_interrupts,
        )
        folder = tmp_path / small_store.stem / "m"
        deadline = time.monotonic() + 60
        while not list(folder.glob(".weights.*partial")) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(sent)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == code
        assert "Traceback" not in errors
        assert [path.name for path in folder.iterdir()] == [".weights.lock"]
