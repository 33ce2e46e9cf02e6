"""What watching a training costs it: an epoch of the report's CNN with a Recorder, and the same epoch alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from torch import nn

from weightreel import Recorder

Work = Callable[[], int]

IMAGES = 5000
"""Training images of an epoch: a tenth of CIFAR-10. The fewer they are, the more a record weighs."""


@contextmanager
def watched(epoch: Work, model: nn.Module) -> Iterator[tuple[Work, Mapping[str, Work]]]:
    """An epoch with a record of histograms, statistics and samples at its end, and the same epoch alone."""
    with tempfile.TemporaryDirectory() as folder, Recorder(Path(folder) / "run.h5", model, spectra=False) as recorder:

        def ours() -> int:
            done = epoch()
            recorder.epoch(loss=1.0)
            return done

        yield ours, {"the same epoch alone": epoch}
