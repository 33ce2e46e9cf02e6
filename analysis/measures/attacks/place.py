"""Where noise lies among the images: the scale of its logits, its place in feature space, and what BatchNorm sees."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from weightreel.analysis.networks.pixels import Network
from weightreel.analysis.networks.wrappers import plain_modules

Array = NDArray[Any]

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def batchnorm_names(model: nn.Module) -> list[str]:
    """Names of the BatchNorm layers, in the order of the network."""
    return [name for name, _ in _batchnorms(model)]


def place_of_noise(
    network: Network, noise: NDArray[np.uint8], images: NDArray[np.uint8], labels: Array
) -> dict[str, Array]:
    """Where noise lies among images.

    Args:
        network: at one epoch.
        noise: pixels (N, H, W, 3).
        images: pixels (n, H, W, 3).
        labels: their classes (n,).

    Returns:
        By name: `logit_scale`, mean over noise of the standard deviation of its logits, and `image_logit_scale` of
        images; `distance` (C,), mean Euclidean distance of noise to the mean of each class in the features that enter
        the last linear layer, and `spread` (C,), that of the class's own images; NaN for classes without images, and
        in a network without a linear layer. `batchnorm_shift` (L,), root mean square over channels of (mean of noise −
        running mean) / √(running variance + ε), and `batchnorm_ratio` (L,), geometric mean over channels of noise's
        standard deviation / √(running variance + ε).
    """
    moments: dict[str, list[Tensor]] = {}
    with _watching_batchnorms(network.model, moments):
        features, logits = _features(network, noise)
    ours, image_logits = _features(network, images)
    distance, spread = np.full((2, network.classes), np.nan, np.float32)
    for number in range(network.classes):
        own = ours[torch.from_numpy(np.asarray(labels) == number).to(ours.device)]
        if own.numel():
            mean = own.mean(0)
            distance[number] = float((features - mean).norm(dim=1).mean())
            spread[number] = float((own - mean).norm(dim=1).mean())
    shift, ratio = _beside_running(network.model, moments)
    return {
        "logit_scale": np.asarray(logits.std(1, correction=0).mean().item(), np.float32),
        "image_logit_scale": np.asarray(image_logits.std(1, correction=0).mean().item(), np.float32),
        "distance": distance,
        "spread": spread,
        "batchnorm_shift": shift,
        "batchnorm_ratio": ratio,
    }


def _batchnorms(model: nn.Module) -> list[tuple[str, Any]]:
    """Those that keep running statistics."""
    found = [(name, module) for name, module in plain_modules(model) if isinstance(module, NORMS)]
    return [(name, module) for name, module in found if module.running_mean is not None]


@contextlib.contextmanager
def _watching_batchnorms(model: nn.Module, moments: dict[str, list[Tensor]]) -> Iterator[None]:
    """Collect, by layer, sums over the batch of each BatchNorm's input, of its square, and their number."""
    handles = []

    def watch(name: str) -> Any:
        def take(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            values = inputs[0].double().transpose(0, 1).flatten(1)  # (channels, the rest)
            found = [values.sum(1), values.square().sum(1), values.new_tensor(float(values.shape[1]))]
            moments[name] = [a + b for a, b in zip(moments[name], found, strict=True)] if name in moments else found

        return take

    try:
        for name, module in _batchnorms(model):
            handles.append(module.register_forward_pre_hook(watch(name)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _beside_running(model: nn.Module, moments: dict[str, list[Tensor]]) -> tuple[Array, Array]:
    """Shift and ratio of each BatchNorm's input beside its running statistics, (L,) each."""
    shifts, ratios = [], []
    for name, module in _batchnorms(model):
        if name not in moments:  # the forward pass leaves it out
            shifts.append(float("nan"))
            ratios.append(float("nan"))
            continue
        total, squares, n = moments[name]
        mean = total / n
        std = (squares / n - mean.square()).clamp_min(0).sqrt()
        usual = (module.running_var.double() + module.eps).sqrt()
        shifts.append(((mean - module.running_mean) / usual).square().mean().sqrt().item())
        ratios.append((std / usual).clamp_min(1e-12).log().mean().exp().item())
    return np.array(shifts, np.float32), np.array(ratios, np.float32)


def _features(network: Network, pixels: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """What enters the last linear layer (N, F), F = 0 where there is none, and the logits (N, A)."""
    entering: list[Tensor] = []
    last = [module for module in network.model.modules() if isinstance(module, nn.Linear)][-1:]
    handles = [m.register_forward_pre_hook(lambda _, inputs: entering.append(inputs[0].flatten(1))) for m in last]
    try:
        with torch.inference_mode():
            logits = torch.cat([network.logits(network.tensor(part)) for (part,) in network.batches(pixels)])
    finally:
        for handle in handles:
            handle.remove()
    return torch.cat(entering) if entering else logits[:, :0], logits
