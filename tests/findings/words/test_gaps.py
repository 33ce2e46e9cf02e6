"""What of a network is not known: stores of trainings that diverged are clean, and what is missing is said."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import nn

from tests.watched import watched
from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.export.formats import export
from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.spectral.randomness import measured_epochs
from weightreel.analysis.findings.words.gaps import ends_of, gaps_in_words, not_known, readable, when_in_words
from weightreel.analysis.recording.recorder import Recorder
from weightreel.analysis.settings import Settings, holding
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.tables.overview import show
from weightreel.page.build import Charts, page_html
from weightreel.scenes.biases import Biases
from weightreel.scenes.esd import Esd
from weightreel.scenes.kit.film import Film
from weightreel.scenes.trailer import Trailer
from weightreel.scenes.weights import Weights

NAN, INF = float("nan"), float("inf")
LAST = 3


def layer_at(
    epoch: int, value: float, layer: int = 0, to_the_end: bool = False
) -> Callable[[nn.Sequential, int], None]:
    """Fill one layer at an epoch, or from it on."""

    def spoil(model: nn.Sequential, now: int) -> None:
        if now == epoch or (to_the_end and now > epoch):
            model[0].weight.fill_(value)

    return spoil


def all_from(epoch: int, value: float) -> Callable[[nn.Sequential, int], None]:
    """Fill everything from an epoch on."""

    def spoil(model: nn.Sequential, now: int) -> None:
        for parameter in model.parameters() if now >= epoch else ():
            parameter.fill_(value)

    return spoil


def one_entry(model: nn.Sequential, now: int) -> None:
    """A single NaN, at epoch 2."""
    if now == 2:
        model[0].weight[0, 0] = NAN


def larger(times: float) -> Callable[[nn.Sequential, int], None]:
    """Everything so many times larger, from epoch 2 on."""

    def spoil(model: nn.Sequential, now: int) -> None:
        for parameter in model.parameters() if now >= 2 else ():
            parameter.mul_(times)

    return spoil


KINDS = {
    "a layer at an epoch": layer_at(2, NAN),
    "a layer from an epoch on": layer_at(1, NAN, to_the_end=True),
    "an entry": one_entry,
    "all at the last": all_from(LAST, NAN),
    "all from 2 on": all_from(2, NAN),
    "infinite": all_from(2, INF),
    "1e12": larger(1e12),
    "1e20": larger(1e20),
    "1e37": larger(1e37),
    "1e-30": larger(1e-30),
}
SAID = {
    "a layer at an epoch": "At epoch 2 no weight of dense 1 is a number.",
    "a layer from an epoch on": "From epoch 1 on no weight of dense 1 is a number.",
    "an entry": "At epoch 2 some weights of dense 1 are no numbers, 1 at most; they are left out.",
    "all at the last": "The training diverged: at epoch 3 no weight is a number.",
    "all from 2 on": "The training diverged: from epoch 2 on no weight is a number.",
    "infinite": "The training diverged: from epoch 2 on no weight is a number.",
    "1e12": "From epoch 2 on weights are larger than 1,000,000: they have left the picture.",
    "1e20": "From epoch 2 on weights are larger than 1,000,000: they have left the picture.",
    "1e37": "From epoch 2 on weights are larger than 1,000,000: they have left the picture.",
    "1e-30": "From epoch 2 on the spectrum of dense 1 and dense 2 is not known: too large or too small.",
}


def recorded(path: Path, spoil: Callable[[nn.Sequential, int], None]) -> Path:
    """A store of a network whose parameters wander, are spoilt, and are mended after each record."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 60), nn.Linear(60, 52))
    with torch.no_grad():
        kept = [parameter.clone() for parameter in model.parameters()]
        spoil(model, 0)
        with Recorder(path, model, title="Net") as rec:
            for epoch in range(1, LAST + 1):
                for parameter, before in zip(model.parameters(), kept, strict=True):
                    before += 0.02 * torch.randn(before.shape)
                    parameter.copy_(before)
                spoil(model, epoch)
                rec.epoch(loss=1.0 / epoch)
    return path


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("diverged")
    return {kind: recorded(folder / f"{i}.h5", spoil) for i, (kind, spoil) in enumerate(KINDS.items())}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(stores: dict[str, Path], kind: str) -> Iterator[Run]:
    with Store(stores[kind]) as store:
        yield store.select()[0]


def test_the_store_is_clean(stores: dict[str, Path], kind: str) -> None:
    assert check(stores[kind]) == []


def test_what_is_missing_is_said(run: Run, kind: str) -> None:
    assert gaps_in_words([run]).startswith(SAID[kind])
    assert not_known(run).any() and not not_known(run)[0]


def test_films_end_their_curves_where_nothing_is_known(run: Run, kind: str) -> None:
    spectra = measured_epochs(run.layer("0"))
    assert 0 in spectra and len(spectra) < LAST + 1
    weights = Distribution.known(run, "weight")
    if kind in ("1e12", "1e20", "1e37"):
        assert weights.counts[:2].any(1).all() and not weights.counts[2:].any()
        assert weights.edges[-1] < 1, "bins are those of what is drawn"
        assert weights.counts[0].sum() == pytest.approx(64 * 60 + 60 * 52)


def test_every_face_shows_what_is_left(stores: dict[str, Path], kind: str, tmp_path: Path) -> None:
    """Tables say what is missing; stills, CSV, JSON and the page are made of the rest."""
    said = io.StringIO()
    with Store(stores[kind]) as store:
        show(store, Console(file=said, width=400))
        assert SAID[kind] in said.getvalue()
        for to in ("png", "csv", "json"):
            assert export(store, to, tmp_path / to)
        assert page_html(store, [], Charts("//charts", "5"), tmp_path / "page.html")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["a layer from an epoch on", "an entry", "all from 2 on", "1e37"], indirect=True)
@pytest.mark.parametrize("film", [Weights, Biases, Esd, Trailer])
@pytest.mark.usefixtures("last_frames")
def test_films_are_drawn_and_say_it(stores: dict[str, Path], kind: str, film: type[Film]) -> None:
    with holding(Settings(store=str(stores[kind]))):
        shown = watched(film)
        shown.render()
    assert shown.outside == []  # type: ignore[attr-defined]
    if film in (Weights, Biases, Trailer):
        assert any(SAID[kind] in said for said in shown.told.values())  # type: ignore[attr-defined]


def test_a_run_without_any_number_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = recorded(tmp_path / "nothing.h5", all_from(0, NAN))
    assert check(path) == []
    with Store(path) as store, pytest.raises(NothingToShow, match="no weight that is a number at any record"):
        Distribution.known(store.select()[0], "weight")


def test_a_whole_run_has_no_gaps(small_store: Path) -> None:
    with Store(small_store) as store:
        assert gaps_in_words(list(store.runs.values())) == ""


def test_records_are_named_as_people_do() -> None:
    epochs = np.arange(5)
    assert when_in_words(np.array([0, 0, 1, 1, 1], bool), epochs) == "From epoch 2 on"
    assert when_in_words(np.array([0, 1, 0, 1, 0], bool), epochs) == "At epochs 1 and 3"
    assert when_in_words(np.ones(5, bool), epochs) == "At every epoch"
    assert ends_of(np.array([NAN, 1, NAN, 2, NAN])) == (1, 3)
    np.testing.assert_array_equal(readable(np.array([0.1, NAN, 1e30, 2e5])), [True, False, False, True])
    assert readable(np.array([1e30, 3e30])).all(), "large from the beginning is what the network is like"
