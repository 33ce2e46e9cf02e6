"""What a network is trained on to stand attacks: Gaussian noise, attacked images, and pure noise."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weightreel.analysis.recipe.defence import DefenceRecipe

FAST_STEP = 1.25
"""Step of the one-step attack as a multiple of its radius (Wong, Rice and Kolter 2020)."""
PGD_REACH = 2.5
"""Steps of PGD together, as a multiple of its radius (Madry et al. 2018)."""
NOISE_STD = 0.25
"""Standard deviation of Gaussian noise images around mid-grey, pixels in [0,1]."""


class Hardening:
    """One defence's part in the batches of an epoch. Without any setting it leaves them as they are.

    Args:
        defence: the settings.
        mean: of the pixels' normalisation, (3, 1, 1).
        std: likewise.
        generator: on the CPU, so that every device draws the same.
    """

    def __init__(self, defence: DefenceRecipe, mean: Tensor, std: Tensor, generator: torch.Generator) -> None:
        self.defence, self.std, self.generator = defence, std, generator
        self.low, self.high = (0 - mean) / std, (1 - mean) / std  # black and white, normalised

    def harden(self, model: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
        """What the network is trained on in place of normalised images (n, 3, H, W): (n + noise, 3, H, W)."""
        return self.with_noise(self.disturbed(model, x, labels))

    def disturbed(self, model: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
        """Normalised images (n, 3, H, W), attacked or with Gaussian noise where the defence says so."""
        if self.defence.gaussian:
            x = x + self._normal(x) * self.defence.gaussian / self.std
        if self.defence.adversarial != "none":
            x = self._attacked(model, x, labels)
        return x

    def with_noise(self, x: Tensor) -> Tensor:
        """The images, followed by images of pure noise where the defence has a use for them."""
        share = self.defence.nothing or (1.0 if self.defence.outlier_exposure else 0.0)
        noises = round(share * len(x))
        if not noises:
            return x
        shape = (noises, *x.shape[1:])
        uniform = torch.rand(shape, generator=self.generator)
        normal = (0.5 + NOISE_STD * torch.randn(shape, generator=self.generator)).clamp_(0, 1)
        half = torch.arange(noises)[:, None, None, None] % 2 == 0
        noise = torch.where(half, uniform, normal).to(x.device)
        return torch.cat([x, self.low + noise * (self.high - self.low)]).contiguous(memory_format=torch.channels_last)

    def _attacked(self, model: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
        """Images within epsilon (L∞) that raise the loss.

        The network is attacked in evaluation mode, as in TRADES (Zhang et al. 2019): the attack leaves BatchNorm's
        statistics and spectral normalisation's power iteration alone.
        """
        steps = 1 if self.defence.adversarial == "fgsm" else self.defence.steps
        radius = self.defence.epsilon / 255 / self.std
        step = radius * (FAST_STEP if steps == 1 else PGD_REACH / steps)
        mode = model.training
        model.eval()
        start = torch.rand(x.shape, generator=self.generator).to(x.device)
        adversarial = self._inside(x + radius * (2 * start - 1), x, radius)
        for _ in range(steps):
            adversarial.requires_grad_(True)
            (slope,) = torch.autograd.grad(F.cross_entropy(model(adversarial).float(), labels), adversarial)
            adversarial = self._inside(adversarial.detach() + step * slope.sign(), x, radius)
        model.train(mode)
        return adversarial

    def _inside(self, moved: Tensor, x: Tensor, radius: Tensor) -> Tensor:
        """`moved`, brought back into the ball around x and into the range of pixels."""
        near = torch.minimum(torch.maximum(moved, x - radius), x + radius)
        return torch.minimum(torch.maximum(near, self.low), self.high)

    def _normal(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.generator).to(like.device)


def draws_noise(defence: DefenceRecipe) -> bool:
    """Whether a `Hardening` draws on the CPU for every batch."""
    return bool(defence.gaussian or defence.nothing or defence.outlier_exposure) or defence.adversarial != "none"


def loss_of(defence: DefenceRecipe, logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of a batch, noise included as the defence wants it answered.

    Args:
        defence: the settings.
        logits: (n + noise, A), in float32; the images come first.
        labels: (n,).
    """
    images, noise = logits[: len(labels)], logits[len(labels) :]
    if defence.nothing and len(noise):
        nothing = labels.new_full((len(noise),), logits.shape[1] - 1)
        return F.cross_entropy(logits, torch.cat([labels, nothing]))
    loss = F.cross_entropy(images, labels)
    if defence.outlier_exposure:
        # Cross-entropy from the uniform distribution to the answer, less its constant.
        loss = loss + defence.outlier_exposure * (noise.logsumexp(1) - noise.mean(1)).mean()
    return loss


@torch.no_grad()
def bound_batchnorms(defence: DefenceRecipe, model: nn.Module) -> None:
    """Hold BatchNorms' gains |γ| / √(variance + ε) at 1 or below, where the defence wants them bounded."""
    if defence.batchnorm != "bounded":
        return
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_var is not None:
            most = (module.running_var + module.eps).sqrt()
            module.weight.copy_(torch.minimum(torch.maximum(module.weight, -most), most))
