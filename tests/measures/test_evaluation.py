"""How well a network answers images: loss, accuracy, confusion, and its answers one by one."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.training.test_loop import NORMALISE, some_images
from weightreel.analysis.measures.evaluation import evaluate


def test_a_network_with_nothing_is_measured_over_all_images() -> None:
    class Silent(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.tensor([[0.0, 1, 0, 3]]).repeat(len(x), 1)

    found = evaluate(Silent(), some_images(9), NORMALISE, 3)
    assert found.accuracy == 0
    assert found.confusion.shape == (3, 3)
    assert found.confusion.sum() == 0
