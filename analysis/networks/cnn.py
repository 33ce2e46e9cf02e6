"""The report's CNN, with spectral normalisation where the recipe says so."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import register_parametrization

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recipe.defence import CNN, DefenceRecipe
from weightreel.analysis.recipe.recipe import NetworkRecipe


class ReportCNN(nn.Module):
    """Convolutions with BatchNorm and ReLU, 2×2 max-pooling after every second, then six Linear layers.

    With width 64 and depth 8: 3→64→64→128→128→256→256→512→512 and 2048→1024→1024→512→512→256→classes, dropout falling
    evenly over the five hidden Linear layers. `features` and `classifier` are the only children, so that WeightWatcher
    numbers the first Linear layer 31, as in the report.

    Args:
        recipe: width, depth, dropout.
        classes: number of classes.
        size: rows and columns of the images.
        defence: where BatchNorm stands, and whether there is an answer more than there are classes. Identities take the
            places of BatchNorms that are left out, so that layers keep their numbers.
        channels: of the images, 3 for colours and 1 for grey.

    Raises:
        WeightreelError: the images are too small for the poolings.
    """

    def __init__(
        self, recipe: NetworkRecipe, classes: int, size: int = 32, defence: DefenceRecipe = CNN, channels: int = 3
    ) -> None:
        super().__init__()
        blocks = recipe.depth // 2
        side = size // 2**blocks
        if side < 1:
            raise WeightreelError(
                f"images of {size}×{size} do not survive {blocks} poolings; lower network.depth or raise dataset.size."
            )
        width = recipe.width
        widths = [channels, *(width * 2 ** (i // 2) for i in range(recipe.depth))]
        features: list[nn.Module] = []
        for i in range(recipe.depth):
            features.append(nn.Conv2d(widths[i], widths[i + 1], kernel_size=3, padding=1))
            normed = _batchnorm_stands(defence, f"features.{len(features) - 1}")
            features += [nn.BatchNorm2d(widths[i + 1]) if normed else nn.Identity(), nn.ReLU()]
            if i % 2:
                features.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*features)

        sizes = [widths[-1] * side * side, *(width * k for k in (16, 16, 8, 8, 4)), classes + bool(defence.nothing)]
        first, last = recipe.dropout
        hidden = len(sizes) - 2
        classifier: list[nn.Module] = []
        for i, (n_in, n_out) in enumerate(pairwise(sizes)):
            classifier.append(nn.Linear(n_in, n_out))
            if i < hidden:
                rate = first + (last - first) * i / (hidden - 1)
                classifier += [nn.ReLU(), nn.Dropout(rate)]
        self.classifier = nn.Sequential(*classifier)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of normalised images (N, K, H, W), K = 3 colours or 1 of grey."""
        return self.classifier(self.features(x).flatten(1))  # type: ignore[no-any-return]


def build(
    defence: DefenceRecipe, recipe: NetworkRecipe, classes: int, size: int, seed: int, channels: int = 3
) -> ReportCNN:
    """A freshly initialised network; the same seed gives every model the same parameters to begin with.

    Where it has spectral normalisation (Miyato et al. 2018), what its first forward pass uses is the plain network's
    weights, each divided by an estimate of its largest singular value and multiplied by the norm that is wanted.

    Raises:
        WeightreelError: the images are too small for the poolings, or a layer to be normalised is not there.
    """
    torch.manual_seed(seed)
    network = ReportCNN(recipe, classes, size, defence, channels)
    matrices = {name: m for name, m in network.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}
    chosen = [name for name in matrices if is_normalised(defence, name)]
    named = {*(defence.spectral if isinstance(defence.spectral, tuple) else ()), *_norms(defence)}
    if strangers := sorted(named - set(chosen)):
        raise WeightreelError(
            f"spectral normalisation: there is no such layer as {strangers[0]!r} to normalise; "
            f"the network's are {', '.join(matrices)}."
        )
    for name in chosen:
        spectral_norm(matrices[name])
        norm = _norms(defence).get(name, defence.norm if isinstance(defence.norm, float) else 1.0)
        if norm != 1:
            register_parametrization(matrices[name], "weight", _Scaled(norm))
    return network


def is_normalised(defence: DefenceRecipe, layer: str) -> bool:
    """Whether a convolution or linear layer of the network, by its name, is spectrally normalised."""
    if isinstance(defence.spectral, tuple):
        return layer in defence.spectral
    return defence.spectral == "all" or (defence.spectral == "convolutions" and layer.startswith("features."))


def _norms(defence: DefenceRecipe) -> dict[str, float]:
    return defence.norm if isinstance(defence.norm, dict) else {}


def _batchnorm_stands(defence: DefenceRecipe, convolution: str) -> bool:
    if defence.batchnorm == "unnormalised":
        return not is_normalised(defence, convolution)
    return defence.batchnorm != "none"


class _Scaled(nn.Module):
    """Multiplies a weight by a constant, as a parametrisation."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, weight: Tensor) -> Tensor:
        """The weight times the factor."""
        return weight * self.factor
