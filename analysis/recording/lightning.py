"""A callback of PyTorch Lightning that records what a `Trainer` fits.

Trainer(callbacks=[WeightreelCallback("run.h5")]).fit(model)
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recording.recorder import Recorder

if TYPE_CHECKING or "lightning" in sys.modules or "pytorch_lightning" not in sys.modules:
    try:
        from lightning.pytorch.callbacks import Callback
    except ModuleNotFoundError:
        from pytorch_lightning.callbacks import Callback
else:  # the older name of the same library
    from pytorch_lightning.callbacks import Callback

COUNTERS = ("epoch", "step")
"""What Lightning logs beside metrics."""


class WeightreelCallback(Callback):  # type: ignore[misc]
    """Records at the end of every epoch, after its validation; or at steps, as `every` says.

    The numbers recorded are those that the module logs: `train_loss`, `val_loss`, `val_acc` and the like stand where
    films look for them, others under their own names.

    Args:
        store: the file.
        options: as `analysis.Recorder` takes them, `model` excepted.

    Raises:
        WeightreelError: as `analysis.Recorder`, when the fit begins.
    """

    def __init__(self, store: str | Path, **options: Any) -> None:
        self.store, self.options = store, options
        self.recorder: Recorder | None = None

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Record the initialisation."""
        if not trainer.is_global_zero:
            return
        if self.recorder is not None:
            raise WeightreelError("a WeightreelCallback records one fit; make another one for another fit.")
        self.recorder = Recorder(self.store, pl_module, **self.options)
        self.recorder.__enter__()

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        """Count the optimiser's steps; batches whose gradients are only accumulated are none."""
        recorder = self.recorder
        if recorder is not None and trainer.global_step > recorder.steps:
            recorder.step(**(self._numbers(trainer) if recorder.every is not None else {}))

    def on_train_epoch_end(self, trainer: Any, *_: Any) -> None:
        """Record the epoch, which has been validated."""
        if self.recorder is not None:
            self.recorder.epoch(**self._numbers(trainer))

    def on_fit_end(self, *_: Any) -> None:
        """Complete the store."""
        if self.recorder is not None:
            self.recorder.__exit__(None, None, None)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Leave a store that can be resumed."""
        if self.recorder is not None:
            self.recorder.__exit__(type(exception), exception, None)

    @staticmethod
    def _numbers(trainer: Any) -> dict[str, Any]:
        return {key: float(value) for key, value in trainer.callback_metrics.items() if key not in COUNTERS}
