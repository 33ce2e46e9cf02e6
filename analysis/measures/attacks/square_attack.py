"""The Square attack in L∞ (Andriushchenko et al. 2020, "Square attack: a query-efficient black-box adversarial attack
via random search"): it asks for answers and for no gradient, so that no gradient that is hidden stops it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightreel.analysis.networks.pixels import Network

Array = NDArray[Any]

SHARE = 0.8
"""The share of an image that the first square covers (the paper's p)."""
SHRINKING = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""At these queries of 10,000 the share is halved."""


def share_at(query: int, queries: int) -> float:
    """The share of the image that a query's square covers."""
    at = query / queries * 10_000
    return float(SHARE / 2 ** sum(at > limit for limit in SHRINKING))


def square(
    network: Network, x: Tensor, labels: Tensor, epsilon: float, queries: int, seed: int, numbers: Array
) -> tuple[Tensor, Tensor]:
    """Look for a wrong answer by squares of ± epsilon, each kept where it lowers the margin of the true class.

    Args:
        network: what is attacked.
        x: clean images (n, K, H, W) in [0,1].
        labels: true classes (n,).
        epsilon: L∞ radius.
        queries: answers that are asked for, the first of them to vertical stripes.
        seed: of all chance.
        numbers: of the images (n,): what is tried on one depends on (seed, number) alone.

    Returns:
        Images (n, K, H, W) that are answered wrongly, clean ones where none was found; and where one was (n,). An
        image that fell is not shown to the network again.
    """
    found, fell = x.clone(), torch.zeros(len(x), dtype=torch.bool, device=x.device)
    channels, height, width = x.shape[1:]
    draws = [np.random.default_rng([seed, int(number)]) for number in numbers]
    stripes = np.stack([draw.choice([-epsilon, epsilon], (channels, 1, width)) for draw in draws]).astype(np.float32)
    change = torch.from_numpy(stripes).to(x.device).expand(-1, -1, height, -1).contiguous()
    going = torch.arange(len(x), device=x.device)
    best = torch.full((len(x),), torch.inf, device=x.device)
    for query in range(queries):
        side = max(min(round((share_at(query, queries) * height * width) ** 0.5), min(height, width)), 1)
        tried = change[going] if query == 0 else _with_squares(x, change, going, draws, side, epsilon)
        image = (x[going] + tried).clamp(0, 1)
        margin, wrong = _margins(network, image, labels[going])
        better = margin < best[going]
        change[going[better]], best[going[better]] = tried[better], margin[better]
        found[going[wrong]], fell[going[wrong]] = image[wrong], True
        going = going[~wrong]
        if not len(going):
            break
    return found, fell


def _with_squares(x: Tensor, change: Tensor, going: Tensor, draws: list[Any], side: int, epsilon: float) -> Tensor:
    """The best changes so far, each with a new square."""
    channels, height, width = x.shape[1:]
    chance = np.stack([draws[number].random(2 + channels) for number in going.tolist()])
    top = torch.from_numpy((chance[:, 0] * (height - side + 1)).astype(np.int64)).to(x.device)[:, None]
    left = torch.from_numpy((chance[:, 1] * (width - side + 1)).astype(np.int64)).to(x.device)[:, None]
    signs = np.where(chance[:, 2:] < 0.5, -epsilon, epsilon).astype(np.float32)
    colours = torch.from_numpy(signs).to(x.device)[:, :, None, None]
    rows, columns = torch.arange(height, device=x.device), torch.arange(width, device=x.device)
    inside = ((rows >= top) & (rows < top + side))[:, None, :, None] & ((columns >= left) & (columns < left + side))[
        :, None, None, :
    ]
    clean, old = x[going], change[going]
    tried = torch.where(inside, colours, old)
    # What changes nothing would be a query for nothing: the other sign there.
    same = ((clean + tried).clamp(0, 1) == (clean + old).clamp(0, 1)).flatten(1).all(1)
    return torch.where(same[:, None, None, None] & inside, -colours, tried)


@torch.no_grad()
def _margins(network: Network, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """How far the true class's logit is above the others' largest (n,), and which answers are wrong."""
    logits = network.logits(x)
    own = logits.gather(1, labels[:, None])[:, 0]
    return own - logits.scatter(1, labels[:, None], -torch.inf).amax(1), logits.argmax(1) != labels
