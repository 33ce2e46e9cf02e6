"""A callback of Hugging Face's `Trainer` that records what it trains.

Trainer(model, arguments, train_dataset=data, callbacks=[WeightreelCallback("run.h5")]).train()
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from weightreel.analysis.networks.wrappers import is_sharded
from weightreel.analysis.recording.callback import WHOLE, RecordingCallback

LEFT_OUT = ("epoch", "step", "total_flos", "train_runtime", "train_loss", "train_samples_per_second",
            "train_steps_per_second")  # fmt: skip
"""What is logged beside metrics, or of the whole training."""
TIMES = ("_runtime", "_per_second", "_time")


class WeightreelCallback(RecordingCallback, TrainerCallback):  # type: ignore[misc]
    """Records at the end of every epoch, after its evaluation; or at steps, as `every` says.

    The numbers recorded are those that the trainer logs: `loss`, `eval_loss`, `eval_accuracy` and the learning rate
    stand where films look for them, others under their own names.

    Args:
        store: the file.
        options: as `weightreel.Recorder` takes them, without `model`, `epoch` and `step`; a training that goes on from
            a checkpoint (`resume_from_checkpoint`) goes on with the store's records up to there.

    Raises:
        WeightreelError: as `weightreel.Recorder`, when the training begins.
    """

    def __init__(self, store: str | Path, **options: Any) -> None:
        super().__init__(store, **options)
        self._numbers: dict[str, Any] = {}
        self._ended: tuple[int, int] | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Record the network as it stands: the initialisation, or that of a checkpoint, which is loaded by now."""
        if state.is_world_process_zero or is_sharded(model):
            self.begin(model, "training", epoch=float(state.epoch or 0), step=int(state.global_step))

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Remember the numbers."""
        for key, value in (logs or {}).items():
            if key not in LEFT_OUT and not key.endswith(TIMES) and isinstance(value, int | float):
                self._numbers[key] = value

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """An epoch before this step has been evaluated by now."""
        self._record_epoch()

    def on_step_end(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
        """Count the step."""
        if self.recorder is not None:
            numbers = self._taken() if self.recorder.every is not None else {}
            self.recorder.step(step=int(state.global_step), **numbers)

    def on_epoch_end(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
        """Its evaluation, if any, comes after this."""
        self._ended = math.ceil(state.epoch - WHOLE), int(state.global_step)

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Complete the store."""
        self._record_epoch()
        self.end()

    def _record_epoch(self) -> None:
        if self._ended and self.recorder is not None:
            epoch, step = self._ended
            self.recorder.epoch(epoch=epoch, step=step, **self._taken())
        self._ended = None

    def _taken(self) -> dict[str, Any]:
        numbers, self._numbers = self._numbers, {}
        return numbers
