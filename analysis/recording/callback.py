"""What callbacks of other libraries have in common: one `Recorder` for one training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recording.recorder import Recorder


class RecordingCallback:
    """Opens a `Recorder` when a training begins and closes it when that ends.

    Args:
        store: the file.
        options: as `weightreel.Recorder` takes them, `model` excepted.
    """

    recorder: Recorder | None = None

    def __init__(self, store: str | Path, **options: Any) -> None:
        self.store, self.options = store, options

    def begin(self, model: Any, training: str) -> None:
        """Record the initialisation.

        Args:
            model: what is trained.
            training: what the library calls a training, for the error.

        Raises:
            WeightreelError: there was a training before, or as `weightreel.Recorder`.
        """
        if self.recorder is not None:
            raise WeightreelError(
                f"a WeightreelCallback records one {training}; make another one for another {training}."
            )
        self.recorder = Recorder(self.store, model, **self.options)
        self.recorder.__enter__()

    def end(self, error: BaseException | None = None) -> None:
        """Complete the store, or after an error leave one that can be resumed."""
        if self.recorder is not None:
            self.recorder.__exit__(type(error) if error else None, error, None)
