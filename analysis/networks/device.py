"""The device that a network lies on."""

from __future__ import annotations

import os

import torch

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recipe.recipe import TrainingRecipe


def choose_device(recipe: TrainingRecipe) -> torch.device:
    """The device that the recipe asks for, put into a mode in which the same seed gives the same numbers.

    Raises:
        WeightreelError: the device is not there.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if recipe.device == "auto":
        name = next(n for n in ("cuda", "mps", "cpu") if there[n])
    else:
        name = recipe.device
        if not there[name]:
            raise WeightreelError(f"training.device = {name!r}, but PyTorch finds none; set it to 'auto' or 'cpu'.")
    if name == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS repeats its sums only with this
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.allow_tf32 = False
        torch.use_deterministic_algorithms(True)
        # Else it fills each new tensor, a kernel more; nothing of ours reads one before writing it.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    elif recipe.threads:
        torch.set_num_threads(recipe.threads)
    return torch.device(name)
