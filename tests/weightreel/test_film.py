"""`weightreel film`: what its options become, which layers films show, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.blocks import blocks_of
from weightreel.analysis.findings.entries import flowing_layer
from weightreel.analysis.findings.movement import biases_of
from weightreel.analysis.findings.spectra import layers_with_spectra
from weightreel.analysis.findings.words.provenance import provenance
from weightreel.analysis.places import SCENES
from weightreel.analysis.settings import Settings
from weightreel.analysis.store.reader import Store
from weightreel.cli import main
from weightreel.scenes.biases import Biases
from weightreel.scenes.making import orders, render
from weightreel.scenes.making.orders import Order, configuration, find_films, fingerprint, manim_environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks of two convolutions, two BatchNorms and two linear layers."""
    return synthetic_store(tmp_path_factory.mktemp("film") / "some.h5", epochs=3, n_layers=4, drawn=256)


@pytest.fixture
def order(store: Path, tmp_path: Path) -> Order:
    return Order(find_films()["weights"], Settings(store=str(store)), "t", tmp_path / "out" / "t")


def weightreel(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "weightreel", "film", *map(str, arguments)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WEIGHTREEL_")}
    environment["PYTHONPATH"] = str(ROOT)
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def settings_of(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the films of a command would be drawn with."""
    found = []
    monkeypatch.setattr(render, "render_films", lambda films, settings, **_: found.append(settings))
    assert main(arguments) == 0
    return found[0]


class TestOptions:
    def test_each_becomes_a_setting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        given = "run.h5 --films esd,weights --quality h --layers a,b* --runs cnn-s1 --out films --language hi"
        made = settings_of("film", *given.split(), "--theme", "light", "--force", monkeypatch=monkeypatch)
        assert made == Settings("run.h5", layers="a,b*", runs="cnn-s1", language="hi", theme="light")

    def test_those_that_are_not_given_stay_as_the_environment_has_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEIGHTREEL_THEME", "light")
        monkeypatch.setenv("WEIGHTREEL_RUN", "cnn-s0")
        made = settings_of("film", "run.h5", "--runs", "cnn-s1", monkeypatch=monkeypatch)
        assert made == Settings("run.h5", runs="cnn-s1", theme="light")


class TestWhere:
    def test_a_film_s_scene(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["film", "--where", "esd"]) == 0
        assert capsys.readouterr().out == f"{SCENES / 'esd.py'}\n"

    def test_an_unknown_film_is_one_sentence(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["film", "--where", "ESD"]) == 2
        assert "there is no film 'ESD'; there are: adversarial," in capsys.readouterr().err


class TestRefusals:
    def test_no_store(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["film"]) == 2
        assert "name a store" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--films", "esd,nofilm"], "there is no film 'nofilm'; there are: adversarial,"),
            (["--quality", "x"], "there is no quality 'x'; there are: l, m, h, k."),
            (["--runs", "vgg-s0"], "there is no run in"),
            (["--layers", "blocks.0.conf"], "has no layer 'blocks.0.conf'; it has 6, such as blocks.0.conv"),
            (["--language", "xx"], "WEIGHTREEL_LANG=xx is not known"),
        ],
    )
    def test_bad_input_is_one_sentence(self, arguments: list[str], sentence: str, store: Path, tmp_path: Path) -> None:
        done = weightreel(store, *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1
        assert list(tmp_path.iterdir()) == []


class TestLayers:
    def test_names_and_patterns_stay_in_the_network_s_order(self, store: Path) -> None:
        with Store(store) as opened:
            whole = list(opened.runs["cnn-s0"].layers)
            first, second = opened.select("", " blocks.1.*, blocks.0.conv ")
        assert list(first.layers) == ["blocks.0.conv", "blocks.1.conv", "blocks.1.norm"]
        assert first.layers.keys() == second.layers.keys()
        assert list(first.network) == whole

    def test_without_a_choice_all_are_shown(self, store: Path) -> None:
        with Store(store) as opened:
            (run,) = opened.select("cnn-s0", " , ")
        assert run.layers == run.network

    @pytest.mark.parametrize(
        ("layers", "named"), [("blocks.0.conv,block.1.conv", r"blocks\.1\.conv"), ("zzz*", r"blocks\.0\.conv")]
    )
    def test_one_that_is_not_there_is_told_with_others(self, layers: str, named: str, store: Path) -> None:
        with Store(store) as opened, pytest.raises(WeightreelError, match=rf"has no layer '.*'; it has 6, .*{named}"):
            opened.select("", layers)

    def test_what_is_said_of_the_whole_network_stays_true(self, store: Path) -> None:
        """The map and its counts, and whether a BatchNorm follows a convolution, do not depend on what is shown."""
        with Store(store) as opened:
            run = opened.run("cnn-s0")
            blocks = blocks_of(run)
            run.choose_layers(["blocks.0.conv"])
            assert blocks_of(run) == blocks
            assert [layer.name for layer in layers_with_spectra(run)] == ["blocks.0.conv"]
            assert (flowing := flowing_layer(run)) is not None
            assert flowing.name == "blocks.0.conv"
            (moved,) = biases_of(run)
            assert moved.before_norm

    def test_a_film_without_a_layer_of_its_kind_leaves_out_their_chapter(
        self, store: Path, last_frames: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WEIGHTREEL_STORE", str(store))
        monkeypatch.setenv("WEIGHTREEL_LAYERS", "*.norm")
        scene = Biases()
        scene.render()
        told = [beat.name for beat in scene.beats]
        assert told[0] == "Question"
        assert not {"Taken apart", "What moves", "One by one"} & set(told)
        assert told[-1] == "Answer"

    def test_the_card_at_the_end_names_them_unless_all_are_shown(self, store: Path) -> None:
        with Store(store) as opened:
            assert "Layers" not in dict(provenance(opened, opened.select("cnn-s0")))
            said = dict(provenance(opened, opened.select("cnn-s0", "*.conv")))
        assert said["Layers"] == "2 of 6: blocks.0.conv, blocks.1.conv"

    def test_they_count_in_the_fingerprint(self, order: Order) -> None:
        chosen = replace(order.settings, layers="blocks.0.conv")
        assert fingerprint(order) != fingerprint(replace(order, settings=chosen))


class TestWithoutACheckout:
    def test_manim_is_configured_alike_in_the_project_s_folder_and_in_the_package(self) -> None:
        assert configuration().read_bytes() == (ROOT / "manim.cfg").read_bytes()
        assert configuration().samefile(ROOT / "scenes" / "manim.cfg")

    def test_files_that_the_environment_names_are_found_from_elsewhere(
        self, order: Order, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        named = replace(order.settings, language="mine.po", fonts="fonts")
        inherited = {"WEIGHTREEL_THEME": "light", "WEIGHTREEL_SLIDES": "1", "HOME": "/home/me"}
        found = manim_environment(replace(order, settings=named, folder=Path("films/some/t")), inherited)
        assert found["HOME"] == "/home/me"
        assert found["WEIGHTREEL_STORE"] == str(order.store)
        assert found["WEIGHTREEL_LANG"] == str(tmp_path / "mine.po")
        assert found["WEIGHTREEL_FONTS"] == str(tmp_path / "fonts")
        assert found["WEIGHTREEL_VOICE_FOLDER"] == str(tmp_path / "films" / "some" / ".voice")
        assert "WEIGHTREEL_SLIDES" not in found, "the order's settings alone"
        assert "WEIGHTREEL_THEME" not in found
        hindi = replace(order, settings=replace(order.settings, language="hi"))
        assert manim_environment(hindi, {})["WEIGHTREEL_LANG"] == "hi"

    def test_a_checkout_is_on_python_s_path_and_installed_packages_are_not(
        self, order: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = manim_environment(order, {"PYTHONPATH": "mine"})
        assert found["PYTHONPATH"] == os.pathsep.join((str(ROOT), "mine"))
        monkeypatch.setattr(orders, "ROOT", Path(sysconfig.get_path("purelib")).resolve())
        assert "PYTHONPATH" not in manim_environment(order, {})
