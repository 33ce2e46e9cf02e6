"""Fits on torchvision's small architectures, trained for a moment, against WeightWatcher's own table."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from weightreel.analysis.kinds import MATRIX_KINDS
from weightreel.analysis.maths.spectrum import layer_spectrum, weightwatcher_scale
from weightreel.analysis.networks.live import LiveNetwork
from weightreel.analysis.store.schema.fields import FitStatus

SMALL = (
    "squeezenet1_1",
    "shufflenet_v2_x0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mnasnet0_5",
    "efficientnet_b0",
    "regnet_y_400mf",
    "resnet18",
    "densenet121",
)
WITH_BULK = ("squeezenet1_1",)
"""The Marchenko–Pastur fit takes WeightWatcher seconds a layer."""


def trained(name: str) -> nn.Module:
    torch.manual_seed(0)
    model = torchvision.models.get_model(name, weights=None, num_classes=10)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    for _ in range(4):
        images, labels = torch.randn(8, 3, 64, 64), torch.randint(10, (8,))
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimiser.step()
    return model.eval()


def analyze(model: nn.Module, **options: bool) -> dict[str, dict[str, Any]]:
    """Rows of WeightWatcher's table by module path."""
    import weightwatcher

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        rows = weightwatcher.WeightWatcher(model=model).analyze(**options).to_dict("records")
    return {row["longname"]: row for row in rows}


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_fits_are_weightwatcher_s(name: str) -> None:
    model = trained(name)
    rows = analyze(model, **({"mp_fit": True} if name in WITH_BULK else {}))
    layers = {layer.name: layer for layer in LiveNetwork(model).layers if layer.kind in MATRIX_KINDS}
    assert rows.keys() <= layers.keys()
    compared = 0
    for path, row in rows.items():
        layer = layers[path]
        found = layer_spectrum(model.get_parameter(f"{path}.weight").detach().numpy(), layer.kind, "weightwatcher")
        if found.tail.status == FitStatus.FAILED:
            # What we call failed it gives no exponent of a density, or one of a tail of a single value.
            assert not row["alpha"] > 1 or row["xmax"] / row["xmin"] < 1.001 or row["num_evals"] < 3, (
                path,
                row["alpha"],
            )
            continue
        compared += 1
        scale = weightwatcher_scale(layer.kind)
        ours = (found.tail.alpha, found.tail.ks_distance, found.tail.xmin * scale, found.lambda_max * scale)
        assert ours == pytest.approx((row["alpha"], row["D"], row["xmin"], row["lambda_max"]), rel=1e-4), path
        if name in WITH_BULK and row["sigma_mp"] > 0:
            edge = found.bulk.lambda_plus * scale
            assert edge == pytest.approx(row["bulk_max"], rel=0.01), path
            assert found.bulk.n_spikes == row["num_spikes"], path
    assert compared >= 0.5 * len(rows) > 0
