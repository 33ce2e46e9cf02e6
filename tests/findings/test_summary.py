"""The summary of a network against WeightWatcher's, and fits that failed left out of it."""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from weightreel import Recorder
from weightreel.analysis.findings.summary import OF_FITS, Summary, summary_in_words
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.analysis.store.writer import write


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, nn.Module]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(20, 30, 3), nn.Linear(90, 120), nn.Linear(60, 80))
    with Recorder(tmp_path / "run.h5", model) as recorder:
        recorder.epoch()
    return tmp_path / "run.h5", model


def test_it_is_weightwatcher_s(recorded: tuple[Path, nn.Module]) -> None:
    import weightwatcher

    path, model = recorded
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        watcher = weightwatcher.WeightWatcher(model=model)
        theirs = watcher.get_summary(watcher.analyze())
    with Store(path) as store:
        found = Summary.of(store.select()[0])
    assert found is not None and found.n_fitted == found.n_layers == 3
    assert len(theirs) == 6  # all but the soft rank, which needs a bulk
    for name, value in theirs.items():
        assert found.means[name] == pytest.approx(value, rel=1e-5), name
    assert summary_in_words(found) == ""


def test_fits_that_failed_are_not_averaged_in(recorded: tuple[Path, nn.Module]) -> None:
    path, _ = recorded
    with Store(path) as store:
        run = store.select()[0]
        before, contents = Summary.of(run), store.contents()
        first, *others = run.layers.values()
        alphas = [layer["spectrum/alpha"][-1] for layer in others]
    for key in ("alpha", "field/alpha_weighted", "field/log_alpha_norm"):
        contents.datasets[f"{first.path}/spectrum/{key}"][-1] = np.nan
    contents.datasets[f"{first.path}/spectrum/status"][-1] = FitStatus.FAILED
    write(path, contents)
    with Store(path) as store:
        after = Summary.of(store.select()[0])
    assert before is not None and after is not None
    assert (after.n_fitted, after.n_layers) == (2, 3)
    assert after.means["alpha"] == pytest.approx(np.mean(alphas))
    assert all(after.means[name] == before.means[name] for name in before.means if name not in OF_FITS)
    assert summary_in_words(after) == "Means of alpha are over 2 of 3 layers: the others' fits failed."
