"""FAB in L∞, targeted (Croce and Hein 2020, "Minimally distorted adversarial examples with a fast adaptive boundary
attack"): the nearest wrong answer, by projections onto the boundary as it is linear where one stands.
"""

from __future__ import annotations

import torch
from torch import Tensor

from weightreel.analysis.networks.pixels import Network

MOST_OF_ORIGIN, OVERSHOOT, KEPT = 0.1, 1.05, 0.9
"""The paper's α_max, η and β: how much the clean image draws, how far beyond the boundary a step goes, and how much of
a perturbation is kept once it is answered wrongly."""
HALVINGS = 4
"""Halvings of the last stretch between the clean image and what was found; the paper takes three."""
TINY = 1e-30


def fab(
    network: Network, x: Tensor, labels: Tensor, targets: Tensor, steps: int, enough: float = 0.0
) -> tuple[Tensor, Tensor]:
    """The nearest image that is answered wrongly, looked for towards one answer; only ratios of logits enter.

    Args:
        network: what is attacked; `Network.held` is the caller's.
        x: clean images (n, K, H, W) in [0,1].
        labels: true classes (n,).
        targets: answers that are aimed at (n,).
        steps: most projections.
        enough: an image is left alone from where it fell within this L∞ radius.

    Returns:
        Images (n, K, H, W) that are answered wrongly, clean ones where none was found; and their distances in L∞ (n,),
        inf where none was.
    """
    found, distance = x.clone(), torch.full((len(x),), torch.inf, device=x.device)
    going, here = torch.arange(len(x), device=x.device), x.clone()
    for step in range(steps + 1):
        leaf = here.detach().requires_grad_(True)
        logits = network.logits(leaf)
        label, target = labels[going, None], targets[going, None]
        margin = (logits.gather(1, label) - logits.gather(1, target))[:, 0]
        (slope,) = torch.autograd.grad(margin.sum(), leaf)
        wrong = logits.argmax(1) != labels[going]
        norm = _norm(here - x[going])
        better = wrong & (norm < distance[going])
        found[going[better]], distance[going[better]] = here[better], norm[better]
        on = distance[going] > enough
        if step == steps or not on.any():
            break
        going, here, slope, margin, wrong = going[on], here[on], slope[on], margin.detach()[on], wrong[on]
        origin = x[going]
        here = torch.where(_wide(wrong), (1 - KEPT) * origin + KEPT * here, here)
        # Linear around where the slope was taken, also for a point that is drawn back: the paper asks anew there.
        at = leaf.detach()[on]
        flat = slope.flatten(1).double()
        there = margin.double() + (flat * (here - at).flatten(1).double()).sum(1)
        home = margin.double() + (flat * (origin - at).flatten(1).double()).sum(1)
        step_here, step_home = projection(here, slope, there), projection(origin, slope, home)
        a, b = _norm(step_here), _norm(step_home)
        drawn = _wide((a / (a + b).clamp_min(TINY)).clamp_max(MOST_OF_ORIGIN))
        here = ((1 - drawn) * (here + OVERSHOOT * step_here) + drawn * (origin + OVERSHOOT * step_home)).clamp(0, 1)
    return _closer(network, x, labels, found, distance, enough)


def projection(x: Tensor, slope: Tensor, margin: Tensor) -> Tensor:
    """The smallest change in L∞ that takes a linear margin to zero within [0,1]; to the corner that is nearest to it,
    where none does.

    Args:
        x: images (n, K, H, W) in [0,1].
        slope: of the margin by each value.
        margin: at x (n,), float64.
    """
    flat, weight = x.flatten(1).double(), slope.flatten(1).double()
    sign = torch.where(margin > 0, -1.0, 1.0)[:, None] * weight.sign()
    room = torch.where(sign > 0, 1 - flat, flat)
    strength, need = weight.abs(), margin.abs()
    order = room.argsort(1)
    sorted_room, sorted_strength = room.gather(1, order), strength.gather(1, order)
    used_up = (sorted_strength * sorted_room).cumsum(1)
    left = sorted_strength.sum(1, keepdim=True) - sorted_strength.cumsum(1)
    enough = used_up + sorted_room * left >= need[:, None]  # at a change as large as each room
    first = torch.where(enough.any(1), enough.double().argmax(1), enough.shape[1] - 1)[:, None]
    before = used_up.gather(1, first) - (sorted_strength * sorted_room).gather(1, first)
    slack = left.gather(1, first) + sorted_strength.gather(1, first)
    size = torch.where(enough.any(1)[:, None], (need[:, None] - before) / slack.clamp_min(TINY), 1.0).clamp(0, 1)
    return (sign * torch.minimum(room, size)).to(x.dtype).view_as(x)


def _closer(
    network: Network, x: Tensor, labels: Tensor, found: Tensor, distance: Tensor, enough: float
) -> tuple[Tensor, Tensor]:
    """The last stretch halved, where something was found and it is not near enough."""
    going = torch.nonzero(distance.isfinite() & (distance > enough))[:, 0]
    low = torch.zeros(len(going), device=x.device)
    high = torch.ones_like(low)
    for _ in range(HALVINGS if len(going) else 0):
        middle = (low + high) / 2
        tried = x[going] + _wide(middle) * (found[going] - x[going])
        with torch.no_grad():
            wrong = network.logits(tried).argmax(1) != labels[going]
        high, low = torch.where(wrong, middle, high), torch.where(wrong, low, middle)
    if len(going):
        found[going] = x[going] + _wide(high) * (found[going] - x[going])
        distance[going] = _norm(found[going] - x[going])
    return found, distance


def _norm(change: Tensor) -> Tensor:
    return change.flatten(1).abs().amax(1)


def _wide(values: Tensor) -> Tensor:
    return values[:, None, None, None]
