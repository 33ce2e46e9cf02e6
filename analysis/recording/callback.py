"""What callbacks of other libraries have in common: one `Recorder` for one training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recording.recorder import Recorder

WHOLE = 1e-3
"""How far the number of epochs may be from a whole one at the end of one."""


class RecordingCallback:
    """Opens a `Recorder` when a training begins and closes it when that ends.

    A training that goes on from a checkpoint goes on with what the store has of it up to there.

    Args:
        store: the file.
        options: as `weightreel.Recorder` takes them, without `model`, `epoch` and `step`.
    """

    recorder: Recorder | None = None

    def __init__(self, store: str | Path, **options: Any) -> None:
        self.store, self.options = store, options

    def begin(self, model: Any, training: str, *, epoch: float, step: int) -> None:
        """Record the network as it stands, or go on with the records up to there.

        Args:
            model: what is trained.
            training: what the library calls a training, for the error.
            epoch: how many epochs have ended; within one, with a fraction.
            step: how many steps have.

        Raises:
            WeightreelError: there was a training before, or as `weightreel.Recorder`.
        """
        if self.recorder is not None:
            raise WeightreelError(
                f"a WeightreelCallback records one {training}; make another one for another {training}."
            )
        goes_on: dict[str, Any] = {"resume": step > 0 and not self.options.get("force"), **self.options}
        whole = round(epoch) if abs(epoch - round(epoch)) < WHOLE else None
        recorder = Recorder(self.store, model, epoch=whole, step=step, **goes_on)
        self.recorder = recorder.__enter__()

    def end(self, error: BaseException | None = None) -> None:
        """Complete the store, or after an error leave one that can be resumed."""
        if self.recorder is not None:
            self.recorder.__exit__(type(error) if error else None, error, None)
