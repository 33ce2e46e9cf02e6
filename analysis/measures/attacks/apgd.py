"""Auto-PGD in L∞ (Croce and Hein 2020, "Reliable evaluation of adversarial robustness with an ensemble of diverse
parameter-free attacks"), and losses whose gradient does not hang on the scale of the logits.

Written anew because no library has what a store promises: here the start of an image depends on its number alone, and
an image that fell leaves the batch. adv-lib 0.2.8 and adversarial-robustness-toolbox 1.20.1 draw the starts of a batch
from the global generator and go on with all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from weightreel.analysis.networks.pixels import Network

Array = NDArray[Any]

FIRST_CHECK, FEWER, FEWEST = 0.22, 0.03, 0.06
"""Shares of all steps: until the step size is looked at first, by how much sooner each time, and the least."""
RISING = 0.75
"""A step size stays where the loss rose in more than this share of the steps since it was looked at."""
MOMENTUM = 0.25
DLR_ANSWERS = 4
"""The targeted difference of logits ratio needs as many."""
TINY = 1e-30


@dataclass(frozen=True)
class Aim:
    """A loss that an attack raises, of n images.

    The cross-entropy is taken of logits divided by the standard deviation that they have at the clean image: of a
    network that is sure the softmax rounds to 1, and float32 has no gradient left (Carlini and Wagner 2017). The
    targeted loss is the difference of logits ratio, (z_t - z_y) / (z_1 - (z_3 + z_4) / 2) with z_1 ≥ z_2 ≥ …, or of
    fewer than four answers the margin (z_t - z_y) over the same deviation. Both are the same for c · z, c > 0.

    Attributes:
        labels: true classes (n,).
        scale: standard deviation over the answers of the clean images' logits, float64 (n, 1).
        targets: answers that are aimed at (n,); None for the cross-entropy.
    """

    labels: Tensor
    scale: Tensor
    targets: Tensor | None = None

    @classmethod
    def at(cls, logits: Tensor, labels: Tensor) -> Aim:
        """The cross-entropy away from `labels`, with the scale of the clean images' logits (n, A)."""
        return cls(labels, logits.detach().double().std(1, correction=0, keepdim=True).clamp_min(TINY))

    def towards(self, targets: Tensor) -> Aim:
        """The targeted loss towards answers (n,)."""
        return replace(self, targets=targets)

    def of(self, chosen: Tensor) -> Aim:
        """That of some of the images, chosen by numbers or by a mask."""
        targets = None if self.targets is None else self.targets[chosen]
        return Aim(self.labels[chosen], self.scale[chosen], targets)

    def __call__(self, logits: Tensor) -> Tensor:
        """The loss of each image (n,), float64, of logits (n, A)."""
        z = logits.double()
        if self.targets is None:
            return F.cross_entropy(z / self.scale, self.labels, reduction="none")
        margin = (z.gather(1, self.targets[:, None]) - z.gather(1, self.labels[:, None]))[:, 0]
        if z.shape[1] < DLR_ANSWERS:
            return margin / self.scale[:, 0]
        top = z.topk(DLR_ANSWERS, 1).values
        return margin / (top[:, 0] - (top[:, 2] + top[:, 3]) / 2).clamp_min(TINY)


def starts(x: Tensor, epsilon: float, seed: int, numbers: Array, stage: int) -> Tensor:
    """Where attacks on images (n, K, H, W) begin: uniform in the ball and in the range of pixels.

    Args:
        x: clean images in [0,1].
        epsilon: L∞ radius.
        seed: of all.
        numbers: of the images (n,): a start depends on (seed, number, stage) alone.
        stage: which of an image's starts.
    """
    offsets = np.empty(x.shape, np.float32)
    for row, number in enumerate(numbers):
        offsets[row] = np.random.default_rng([seed, int(number), stage]).uniform(-epsilon, epsilon, x.shape[1:])
    return (x + torch.from_numpy(offsets).to(x.device)).clamp(0, 1)


def likeliest_others(logits: Tensor, labels: Tensor, n: int) -> Tensor:
    """The n answers with the largest logits beside the label, (n images, n); all others, where there are fewer."""
    others = logits.detach().scatter(1, labels[:, None], -torch.inf)
    return others.topk(min(n, logits.shape[1] - 1), 1).indices


def apgd(network: Network, x: Tensor, aim: Aim, epsilon: float, begin: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Raise a loss within a radius, with step sizes that halve where it does not rise.

    Args:
        network: what is attacked; `Network.held` is the caller's.
        x: clean images (n, K, H, W) in [0,1].
        aim: the loss.
        epsilon: L∞ radius.
        begin: where each begins, within the radius.
        steps: most gradient steps.

    Returns:
        Images (n, K, H, W) that are answered wrongly, clean ones where none was found; and where one was (n,). An
        image that fell is not shown to the network again.
    """
    found, fell = x.clone(), torch.zeros(len(x), dtype=torch.bool, device=x.device)
    loss, slope, wrong = _look(network, begin, aim)
    state = {
        "number": torch.arange(len(x), device=x.device),
        "low": (x - epsilon).clamp(0, 1), "high": (x + epsilon).clamp(0, 1),
        "here": begin, "previous": begin, "slope": slope, "loss": loss,
        "best": begin, "best_slope": slope, "best_loss": loss, "checked_loss": loss,
        "size": loss.new_full((len(x),), 2 * epsilon).float(),
        "rises": torch.zeros_like(fell, dtype=torch.long), "halved": torch.zeros_like(fell),
    }  # fmt: skip
    since, wait = 0, max(int(FIRST_CHECK * steps), 1)
    for step in range(steps + 1):
        if wrong.any():
            fallen = state["number"][wrong]
            found[fallen], fell[fallen] = state["here"][wrong], True
            state, aim = {key: value[~wrong] for key, value in state.items()}, aim.of(~wrong)
        if step == steps or not len(state["number"]):
            break
        state["previous"], state["here"] = state["here"], _moved(state, momentum=step > 0)
        before = state["loss"]
        state["loss"], state["slope"], wrong = _look(network, state["here"], aim)
        state["rises"] = state["rises"] + (state["loss"] > before)
        better = state["loss"] > state["best_loss"]
        state["best"] = torch.where(_wide(better), state["here"], state["best"])
        state["best_slope"] = torch.where(_wide(better), state["slope"], state["best_slope"])
        state["best_loss"] = torch.where(better, state["loss"], state["best_loss"])
        since += 1
        if since == wait:
            _halve(state, since)
            since, wait = 0, max(wait - max(int(FEWER * steps), 1), int(FEWEST * steps), 1)
    return found, fell


def _moved(state: dict[str, Tensor], momentum: bool) -> Tensor:
    """One step along the slope's sign, with what is left of the one before."""
    here = state["here"]
    moved = _within(here + _wide(state["size"]) * state["slope"].sign(), state)
    if not momentum:
        return moved
    return _within(here + (1 - MOMENTUM) * (moved - here) + MOMENTUM * (here - state["previous"]), state)


def _halve(state: dict[str, Tensor], since: int) -> None:
    """Halve the step size where the loss rose too seldom or no more, and go back to where it was largest."""
    stuck = ~state["halved"] & (state["checked_loss"] >= state["best_loss"])
    reduced = (state["rises"] <= RISING * since) | stuck
    state["size"] = torch.where(reduced, state["size"] / 2, state["size"])
    state["here"] = torch.where(_wide(reduced), state["best"], state["here"])
    state["slope"] = torch.where(_wide(reduced), state["best_slope"], state["slope"])
    state["halved"], state["checked_loss"] = reduced, state["best_loss"]
    state["rises"] = torch.zeros_like(state["rises"])


def _look(network: Network, x: Tensor, aim: Aim) -> tuple[Tensor, Tensor, Tensor]:
    """The loss of each image, its slope, and which are answered wrongly."""
    leaf = x.detach().requires_grad_(True)
    logits = network.logits(leaf)
    loss = aim(logits)
    (slope,) = torch.autograd.grad(loss.sum(), leaf)
    return loss.detach(), slope, logits.argmax(1) != aim.labels


def _within(x: Tensor, state: dict[str, Tensor]) -> Tensor:
    return torch.minimum(torch.maximum(x, state["low"]), state["high"])


def _wide(values: Tensor) -> Tensor:
    """Values of images (n,) beside their pixels."""
    return values[:, None, None, None]
