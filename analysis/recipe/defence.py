"""Settings of a network: spectral normalisation, BatchNorm, and what it is trained on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from weightreel.analysis.recipe.part import AboveZero, NotNegative, Part, Share, Steps, Text


class DefenceRecipe(Part):
    """How a network differs from the report's plain CNN. Without any setting it is that one."""

    title: Text = ""
    """Name for people; empty for the model's."""
    spectral: Literal["none", "convolutions", "all"] | tuple[str, ...] = "none"
    """Layers with spectral normalisation (Miyato et al. 2018): none, all of a kind, or a list, as ["features.0"]."""
    norm: AboveZero | dict[str, AboveZero] = 1.0
    """Largest singular value that spectral normalisation sets, for all of these layers or by name."""
    batchnorm: Literal["everywhere", "unnormalised", "bounded", "none"] = "everywhere"
    """Behind which convolutions BatchNorm stands: behind all; behind those without spectral normalisation; behind all,
    but with gains |γ| / √(variance + ε) held at 1 or below (Gouk et al. 2021), so that it cannot undo the
    normalisation; behind none."""
    adversarial: Literal["none", "fgsm", "pgd"] = "none"
    """Train on attacked images: by one step from a random start (Wong et al. 2020), or by PGD (Madry et al. 2018)."""
    epsilon: Annotated[float, Field(gt=0, le=255)] = 8.0
    """L∞ radius of these attacks, in 1/255 of the pixel range."""
    steps: Steps = 7
    """Steps of PGD."""
    gaussian: NotNegative = 0.0
    """Standard deviation of the Gaussian noise that training images get, pixels in [0,1] (Cohen et al. 2019)."""
    nothing: Share = 0.0
    """Noise images for each training image, answered as a class more, "nothing"; 0 for no such class."""
    outlier_exposure: NotNegative = 0.0
    """Weight of a loss that wants all classes equally likely on noise images (Hendrycks et al. 2019, who take 0.5)."""

    @field_validator("spectral", mode="before")
    @classmethod
    def _one_layer_is_a_list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_use_of_noise(self) -> DefenceRecipe:
        if self.nothing and self.outlier_exposure:
            raise ValueError("nothing and outlier_exposure both say what noise is; set one of them")
        named = set(self.norm) if isinstance(self.norm, dict) else set()
        if isinstance(self.spectral, tuple) and (strangers := named - set(self.spectral)):
            raise ValueError(f"norm names {min(strangers)!r}, which spectral does not")
        return self


CNN = DefenceRecipe(title="CNN")
SPECTRAL_CNN = DefenceRecipe(title="Spectral CNN", spectral="convolutions")
REPORTED = {"cnn": CNN, "spectral-cnn": SPECTRAL_CNN}
"""The report's two networks, by model."""
