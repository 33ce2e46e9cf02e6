"""Measures that WeightWatcher has a column for, beside its columns; SETOL's against its own function."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from weightreel.analysis.maths.field_measures import clip_xmax, det_x_number, field_measures, rank_loss
from weightreel.analysis.maths.fixed_aspect import fixed_aspect_alpha, hill_alpha
from weightreel.analysis.maths.power_law import NO_FIT
from weightreel.analysis.maths.spectrum import layer_spectrum

COLUMNS = ("log_norm", "log_spectral_norm", "alpha_weighted", "log_alpha_norm", "detX_num", "num_ERG_spikes", "ERG_gap")


def analyzed(model: nn.Module, **options: object) -> list[dict[str, float]]:
    import weightwatcher

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(weightwatcher.WeightWatcher(model=model).analyze(**options).to_dict("records"))


@pytest.fixture(scope="module")
def model() -> nn.Sequential:
    """Layers with heavy tails."""
    torch.manual_seed(0)
    found = nn.Sequential(nn.Conv2d(24, 40, 3), nn.Linear(120, 200), nn.Linear(90, 90))
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for place in (1, 2):
            layer = found[place]
            layer.weight.mul_(torch.from_numpy(rng.pareto(2.5, (layer.out_features, 1)) + 0.2).float())
    return found


def test_they_are_weightwatcher_s_columns(model: nn.Sequential) -> None:
    rows = analyzed(model, detX=True)
    assert len(rows) == len(model)
    for row, layer in zip(rows, model, strict=True):
        kind = "conv2d" if isinstance(layer, nn.Conv2d) else "linear"
        found = layer_spectrum(layer.weight.detach().numpy(), kind)
        for column in COLUMNS:
            assert getattr(found.field, column) == pytest.approx(row[column], rel=1e-6, abs=1e-6), column
        assert found.rank_loss == row["rank_loss"] == 0


def test_fingers_are_clipped_as_weightwatcher_clips_them() -> None:
    """Its own function on spectra that fall steeply: in some the search for a smaller alpha ends in one."""
    from weightwatcher.RMT_Util import fit_clipped_powerlaw

    fingers = []
    for seed in range(40):
        eigenvalues = np.sort(np.random.default_rng(seed).weibull(1.2, 60))
        found = clip_xmax(eigenvalues)
        if len(fingers) > 3 and found.n_fingers == 0:
            continue
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit, number, _ = fit_clipped_powerlaw(eigenvalues)
        assert found == pytest.approx((fit.alpha, number), rel=1e-6)
        fingers.append(found.n_fingers)
    assert max(fingers) > 0


@pytest.mark.parametrize("seed", range(5))
def test_det_x_is_that_of_its_source(seed: int) -> None:
    from weightwatcher.RMT_Util import detX_constraint

    rng = np.random.default_rng(seed)
    for eigenvalues in (rng.pareto(1.5, 60), rng.uniform(0.5, 1.5, 300), np.exp(rng.normal(0, 2, 7)), np.ones(9)):
        ascending = np.sort(eigenvalues)
        assert det_x_number(ascending) == detX_constraint(ascending)[0]


def test_det_x_by_its_definition_where_products_overflow() -> None:
    """4,000 eigenvalues of 1.9 and as many of 0.1: the product of the larger ones is 10^1115."""
    eigenvalues = np.sort(np.concatenate([np.full(4000, 1.9), np.full(4000, 0.1) * (1 + 1e-9 * np.arange(4000))]))
    wanted = 4000 + int(np.ceil(4000 * np.log(1.9) / -np.log(0.1)))
    assert abs(det_x_number(eigenvalues) - wanted) <= 1


def test_what_needs_a_fit_is_nan_without_one() -> None:
    found = field_measures(np.linspace(1, 3, 40), 1.0, NO_FIT)
    assert np.isnan([found.alpha_weighted, found.log_alpha_norm, found.ERG_gap]).all()
    assert found.log_norm == pytest.approx(np.log10(80))


def test_rank_loss_counts_what_a_product_of_thin_matrices_lacks() -> None:
    rng = np.random.default_rng(0)
    weight = (rng.normal(size=(60, 11)) @ rng.normal(size=(11, 40))).astype(np.float64)
    assert layer_spectrum(weight, "linear").rank_loss == 29
    assert rank_loss(np.array([[0.0, 1.0], [0.5, 1.0]]), 30) == 1


def test_alpha_at_a_fixed_aspect_ratio_does_not_hang_on_the_shape() -> None:
    """Gaussian matrices of Q from 1 to 8: alpha of the whole rises threefold, that of square blocks stays."""
    rng = np.random.default_rng(0)
    whole, blocks = [], []
    for times in (1, 2, 8):
        weight = rng.normal(size=(96, 96 * times))
        whole.append(hill_alpha(layer_spectrum(weight, "linear").eigenvalues.astype(float)))
        blocks.append(fixed_aspect_alpha(weight[None]))
        assert fixed_aspect_alpha(weight.T[None]) == pytest.approx(blocks[-1])
    assert max(blocks) / min(blocks) < 1.1
    assert max(whole) / min(whole) > 1.5


def test_alpha_at_a_fixed_aspect_ratio_by_hand() -> None:
    """The authors' rule on a kernel: blocks along the longer side, slices pooled, the mean of the blocks' alphas."""
    kernel = np.random.default_rng(1).normal(size=(21, 10, 2, 2))
    slices = kernel.reshape(21, 10, 4).transpose(2, 0, 1)
    alphas = []
    for place in range(2):
        pooled = np.sort(
            np.concatenate([np.linalg.svd(s[place * 10 : place * 10 + 10], compute_uv=False) ** 2 for s in slices])
        )
        upper = pooled[20:]
        alphas.append(1 + 20 / (np.log(upper).sum() - 20 * np.log(pooled[20])))
    assert fixed_aspect_alpha(slices) == pytest.approx(np.mean(alphas), rel=1e-9)
    assert np.isnan(fixed_aspect_alpha(np.full((1, 4, 4), np.inf)))
    assert np.isnan(hill_alpha(np.ones(8)))
