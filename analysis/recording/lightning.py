"""A callback of PyTorch Lightning that records what a `Trainer` fits.

Trainer(callbacks=[WeightreelCallback("run.h5")]).fit(model)
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from weightreel.analysis.networks.wrappers import is_sharded
from weightreel.analysis.recording.callback import RecordingCallback

if TYPE_CHECKING or "lightning" in sys.modules or "pytorch_lightning" not in sys.modules:
    try:
        from lightning.pytorch.callbacks import Callback
    except ModuleNotFoundError:
        from pytorch_lightning.callbacks import Callback
else:  # the older name of the same library
    from pytorch_lightning.callbacks import Callback

COUNTERS = ("epoch", "step")
"""What Lightning logs beside metrics."""


class WeightreelCallback(RecordingCallback, Callback):  # type: ignore[misc]
    """Records at the end of every epoch, after its validation; or at steps, as `every` says.

    The numbers recorded are those that the module logs: `train_loss`, `val_loss`, `val_acc` and the like stand where
    films look for them, others under their own names.

    Args:
        store: the file.
        options: as `weightreel.Recorder` takes them, without `model`, `epoch` and `step`; a fit that goes on from a
            checkpoint (`ckpt_path`) goes on with the store's records up to there.

    Raises:
        WeightreelError: as `weightreel.Recorder`, when the fit begins.
    """

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Record the network as it stands: the initialisation, or that of a checkpoint, which is loaded by now."""
        model = trainer.model if is_sharded(trainer.model) else pl_module
        if trainer.is_global_zero or model is not pl_module:
            batches, of = trainer.fit_loop.epoch_loop.batch_progress.current.ready, trainer.num_training_batches
            within = batches / of % 1 if batches and of else 0.0
            self.begin(model, "fit", epoch=trainer.current_epoch + within, step=trainer.global_step)

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        """Count the optimiser's steps; batches whose gradients are only accumulated are none."""
        recorder = self.recorder
        if recorder is not None and trainer.global_step > recorder.steps:
            recorder.step(step=trainer.global_step, **(self._numbers(trainer) if recorder.every is not None else {}))

    def on_train_epoch_end(self, trainer: Any, *_: Any) -> None:
        """Record the epoch, which has been validated."""
        if self.recorder is not None:
            self.recorder.epoch(epoch=trainer.current_epoch + 1, step=trainer.global_step, **self._numbers(trainer))

    def on_fit_end(self, *_: Any) -> None:
        """Complete the store."""
        self.end()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Leave a store that can be resumed."""
        self.end(exception)

    @staticmethod
    def _numbers(trainer: Any) -> dict[str, Any]:
        return {key: value for key, value in trainer.callback_metrics.items() if key not in COUNTERS}
