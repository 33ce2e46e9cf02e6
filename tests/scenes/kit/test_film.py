"""Clock, theme, type, wording, and the base of all films."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from manim import FadeIn, ValueTracker, tempconfig

from tests.edited import edited
from tests.made.store import synthetic_store
from weightreel.analysis.errors import NothingToShow, WeightreelError
from weightreel.analysis.findings.parameters import layers_in_words, layers_with, spread_in_words
from weightreel.analysis.findings.phases import name_of_phase, phase_stretches, phases_in_words
from weightreel.analysis.findings.training import (
    by_title,
    comparison_in_words,
    learning_in_words,
    seeds_in_words,
)
from weightreel.analysis.findings.words.numbers import (
    percent,
)
from weightreel.analysis.palette import DARK, LIGHT, Theme
from weightreel.analysis.settings import current, holding
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import Phase
from weightreel.scenes.biases import Biases
from weightreel.scenes.chapters.one_clock import histograms_of, parameters_of
from weightreel.scenes.kit import theme as colours
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.follow import Veil
from weightreel.scenes.kit.type import words
from weightreel.scenes.weight_bias import WeightBias
from weightreel.scenes.weights import Weights

ROOT = Path(__file__).parents[3]


def contrast(foreground: str, background: str) -> float:
    """Contrast ratio of two colours, 1 … 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    darker, lighter = sorted((luminance(foreground), luminance(background)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_every_colour_of_type_can_be_read_on_its_background(palette: Theme) -> None:
    for name, colour in vars(palette).items():
        if name not in ("BACKGROUND", "GRID"):
            assert contrast(colour, palette.BACKGROUND) >= 4.5, name


def _as_deuteranope(colour: str) -> np.ndarray:
    """Linear RGB as a viewer without green cones sees it (Viénot, Brettel and Mollon 1999)."""
    linear = (np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255) ** 2.2
    return np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]) @ linear


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(
    "group",
    [
        ("WEIGHTS", "BIASES"),
        ("CNN", "SPECTRAL_CNN"),
        ("ESD", "TAIL", "RANDOM"),
        ("UNDER_FITTING", "GENERALISING", "OVER_FITTING"),
    ],
    ids=lambda group: group[0],
)
def test_colours_that_meet_in_a_film_differ_for_colour_blind_viewers(palette: Theme, group: tuple[str, ...]) -> None:
    for one, other in itertools.combinations(group, 2):
        distance = np.linalg.norm(_as_deuteranope(getattr(palette, one)) - _as_deuteranope(getattr(palette, other)))
        assert distance > 0.05, (one, other)


def test_every_phase_has_a_colour_and_a_name() -> None:
    assert len({colours.colour_of_phase(phase) for phase in Phase}) == len(Phase)
    assert [name_of_phase(p) for p in Phase][:3] == ["under-fitting", "generalising", "over-fitting"]
    assert len({name_of_phase(p) for p in Phase}) == len(Phase)


class Short(Film):
    """Two beats of known length."""

    def construct(self) -> None:
        self.beat("One", "First.")
        self.wait(1.0)
        self.beat("Nothing", "Of no length.")
        self.beat("Two", "Second.")
        self.wait(2.0)


@pytest.fixture
def draft(tmp_path: Path, small_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The small store chosen, and rendering without files."""
    monkeypatch.setenv("WEIGHTREEL_STORE", str(small_store))
    monkeypatch.delenv("WEIGHTREEL_RUN", raising=False)
    small = {"pixel_width": 160, "pixel_height": 90, "frame_rate": 10}
    with tempconfig({"dry_run": True, "media_dir": str(tmp_path), "output_file": str(tmp_path / "film"), **small}):
        yield


@pytest.mark.usefixtures("draft")
def test_captions_last_as_long_as_their_beats() -> None:
    film = Short()
    film.render()
    spans = [(c.content, c.start.total_seconds(), c.end.total_seconds()) for c in film.renderer.file_writer.subcaptions]
    assert spans == [("First.", 0.0, 1.0), ("Second.", 1.0, 3.0)]


class Hall(Film):
    """A film as a speaker shows it; `ends` holds the words on stage where each slide ends."""

    def setup(self) -> None:
        super().setup()
        self.ends: list[str] = []

    def next_slide(self, **_: object) -> None:
        """What manim-slides does between slides, but for its files."""
        self.ends.append(" ".join(part.said for m in self.mobjects for part in m.get_family() if hasattr(part, "said")))

    def construct(self) -> None:
        self.beat("Title", "It begins.")
        header = self.title_card("Weights", "What training does.")
        self.beat("One", "First.")
        picture = words("picture")
        self.play(FadeIn(picture), run_time=0.1)
        self.clear_stage(header)
        self.beat("Two", "Second.")
        self.play(FadeIn(words("another")), run_time=0.1)
        self.next_slide()


@pytest.mark.usefixtures("draft")
def test_a_slide_stays_on_its_picture_until_the_speaker_goes_on() -> None:
    film = Hall()
    film.settings = replace(film.settings, slides=True)  # without manim-slides' files
    film.render()
    _, title, picture, last = film.ends
    assert "What training does." in title
    assert "picture" in picture and "What training does." not in picture
    assert "another" in last and "picture" not in last


@pytest.mark.usefixtures("draft")
def test_a_film_takes_the_lowest_seed_of_each_model_or_the_runs_named(monkeypatch: pytest.MonkeyPatch) -> None:
    film = Short()
    film.setup()
    assert [run.name for run in film.runs] == ["cnn-s0", "spectral-cnn-s0"]
    monkeypatch.setenv("WEIGHTREEL_RUN", "spectral-cnn-s0")
    film = Short()
    film.setup()
    assert [run.name for run in film.runs] == ["spectral-cnn-s0"]
    assert film.run is film.runs[0]


@pytest.mark.usefixtures("draft")
@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [("WEIGHTREEL_STORE", "nowhere.h5", "there is no store nowhere.h5"), ("WEIGHTREEL_RUN", "cnn-s9", "cnn-s9")],
)
def test_a_film_without_its_data_says_one_sentence_and_leaves_with_2(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as left:
        Short().render()
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1


@pytest.mark.usefixtures("draft")
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"theme": "mauve"}, "WEIGHTREEL_THEME=mauve is not known; set it to one of: dark, light."),
        ({"language": "xx"}, "WEIGHTREEL_LANG=xx is not known"),
        ({"runs": "cnn-s9"}, "cnn-s9"),
    ],
)
def test_drawn_by_python_it_refuses_with_the_exception(settings: dict[str, str], said: str) -> None:
    with holding(replace(current(), **settings)):
        film = Short()
    with pytest.raises(WeightreelError, match=said):
        film.draw()


@pytest.mark.usefixtures("draft")
def test_a_variable_that_is_no_switch_is_told_when_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTREEL_SLIDES", "yes")
    with pytest.raises(WeightreelError, match="WEIGHTREEL_SLIDES=yes is not known; set it to one of: 0, 1"):
        Short().draw()


def test_the_change_told_of_layers_is_the_largest_and_the_smallest() -> None:
    stds = {"a": np.array([1.0, 1.1]), "b": np.array([1.0, 0.2]), "c": np.array([2.0, 2.02])}
    assert layers_in_words(stds) == "The spread of b changes most, ×\u00a00.200; that of c least, ×\u00a01.01."
    assert "One epoch" in layers_in_words({"a": np.array([1.0])})
    assert "all equal" in layers_in_words({"a": np.array([0.0, 1.0])})


def test_a_spread_is_told_as_it_went() -> None:
    assert "rises from 1.00 to 2.00" in spread_in_words(np.array([1.0, 2]))
    assert "falls from 2.00 to 1.00" in spread_in_words(np.array([2.0, 1]))
    assert "stays at 1.00" in spread_in_words(np.array([1.0, 1]))
    assert "One epoch so far" in spread_in_words(np.array([1.0]))


def test_layers_with_a_histogram_are_those_that_are_counted_together(small_store: Path) -> None:
    assert list(layers_with(Store(small_store).runs["cnn-s0"], "weight")) == ["blocks.0.conv", "head.0"]


def test_what_a_run_reaches_is_told_with_its_epoch(small_store: Path) -> None:
    run = Store(small_store).runs["cnn-s0"]
    best = int(run["validation/loss"].argmin())
    assert f"epoch {best}" in learning_in_words(run) or "last epoch, 10" in learning_in_words(run)
    assert phases_in_words(run) == "Epochs by the store's rule: under-fitting 0–3, generalising 4–10."
    assert phase_stretches(np.arange(4), np.array([0, 1, 1, 2])) == [
        ("under-fitting", 0, 0),
        ("generalising", 1, 2),
        ("over-fitting", 3, 3),
    ]


def test_seeds_of_a_network_are_told_together(tmp_path: Path) -> None:
    path = synthetic_store(
        tmp_path / "s.h5", epochs=2, n_layers=1, seeds=(0, 1, 2), sample=8, drawn=64, trials=100, history_trials=50
    )
    with Store(path) as store:
        runs = list(store.runs.values())
        networks = by_title(runs)
        assert [seeds_in_words(of) for of in networks] == ["CNN, 3 seeds", "Spectral CNN, 3 seeds"]
        assert seeds_in_words(networks[0][:1]) == "CNN, seed 0"
        told, base = comparison_in_words(runs)
        reached = [float(np.ravel(run["test/accuracy"])[-1]) for run in networks[0]]
        expected = " to ".join(dict.fromkeys(percent(share) for share in (min(reached), max(reached))))
        assert f"CNN {expected} and Spectral CNN" in told
        assert base == "Seeds: 3 of the CNN and 3 of the Spectral CNN."


def test_a_store_without_biases_has_no_film_of_them(
    small_store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "s.h5"
    with edited(small_store, path) as file:
        for run in file["runs"].values():
            del run["parameters/bias"]
    monkeypatch.setenv("WEIGHTREEL_STORE", str(path))
    with pytest.raises(NothingToShow, match="holds no biases of cnn-s0"):
        Biases().draw()
    film = WeightBias()
    film.setup()
    assert [name for _, name, _ in parameters_of(film)] == ["weights"]
    assert len(histograms_of(film, film.zones.stage)) == 2


def _outside_the_safe_area(film: Film) -> list[str]:
    """What a frame shows within 5 % of its edges."""
    box = np.array([[colours.SAFE_LEFT, colours.SAFE_BOTTOM], [colours.SAFE_RIGHT, colours.SAFE_TOP]])
    shown = [m for mobject in film.mobjects for m in mobject.family_members_with_points()]
    return [
        f"{type(m).__name__} {m.points[:, :2].min(0)} … {m.points[:, :2].max(0)}"
        for m in shown
        if not isinstance(m, ValueTracker | Veil)  # which lies over the whole frame
        and ((m.points[:, :2] < box[0] - 0.02).any() or (m.points[:, :2] > box[1] + 0.02).any())
    ]


@pytest.mark.usefixtures("draft")
@pytest.mark.parametrize("film", [Weights, Biases, WeightBias])
def test_films_keep_their_margins_empty(film: type[Film]) -> None:
    found: list[str] = []

    class Watched(film):  # type: ignore[misc, valid-type]
        def wait(self, *arguments: object, **options: object) -> None:
            found.extend(_outside_the_safe_area(self))
            super().wait(*arguments, **options)

    with tempconfig({"save_last_frame": True}):  # animations are skipped to their ends
        Watched().render()
    assert not found
