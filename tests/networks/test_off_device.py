"""Copies of a network's state, which stay as they are while the training goes on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from weightreel.analysis.networks.off_device import as_arrays, off_device

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA"))]


@pytest.mark.parametrize("device", DEVICES)
def test_tensors_are_copied_and_all_else_is_handed_on(device: str) -> None:
    weight = torch.arange(24.0, device=device).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)
    tree = {"a": [weight, 3], "b": (weight.mT, None), "c": {"lr": 0.1, "n": torch.tensor(5, device=device)}}
    expected = weight.cpu().clone()
    copy = off_device(tree)
    weight.zero_()
    assert torch.equal(copy["a"][0], expected) and copy["a"][0].stride() == weight.stride()
    assert torch.equal(copy["b"][0], expected.mT)
    assert copy["a"][1] == 3 and copy["b"][1] is None and copy["c"]["lr"] == 0.1 and copy["c"]["n"] == 5
    assert {tensor.device.type for tensor in (copy["a"][0], copy["c"]["n"])} == {"cpu"}


def test_what_stands_in_the_tree_twice_is_copied_once() -> None:
    weight = torch.ones(5, requires_grad=True)
    copy = off_device({"model": {"w": weight}, "state": {"w": weight.detach()}, "part": weight[:3]})
    assert copy["model"]["w"] is copy["state"]["w"]
    assert len(copy["part"]) == 3 and not copy["model"]["w"].requires_grad


def test_arrays_lie_in_the_order_in_which_they_are_summed() -> None:
    """Sums depend on the order of their terms: one network has one record, however its tensors lie."""
    weight = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    arrays = as_arrays({"w": weight, "n": torch.tensor(7)})
    assert arrays["w"].flags.c_contiguous and np.array_equal(arrays["w"], weight.numpy())
    assert arrays["n"].shape == () and arrays["n"] == 7
