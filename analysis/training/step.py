"""One step of gradient descent, and on a GPU the same step recorded once as a CUDA graph and then replayed.

A step of the report's networks is some hundred small kernels, and to launch one takes Python longer than the GPU takes
to run it. A graph launches all of them at once: the same kernels in the same order, so that weights are equal to the
bit.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from weightreel.analysis.notices import Tell, say
from weightreel.analysis.recipe.defence import DefenceRecipe
from weightreel.analysis.recipe.recipe import TrainingRecipe
from weightreel.analysis.training.hardening import bound_batchnorms, draws_noise, loss_of

WARM_UP = 3
"""Steps taken before the recording: they make the optimiser's momenta and the libraries' workspaces."""


class Step(Protocol):
    """Takes normalised images (n, 3, H, W) and labels, updates the network, and returns its loss before the update.

    The loss is a scalar on the device, and valid until the next step.
    """

    def __call__(self, x: Tensor, labels: Tensor) -> Tensor: ...


class PlainStep:
    """Forward pass, loss, backward pass, update.

    Args:
        model: in training mode when the step is taken, and on the device where it stays.
        optimiser: of its parameters.
        defence: which loss, and what holds after the update.
        bfloat16: autocast of the forward pass; loss and parameters stay float32.
    """

    def __init__(
        self, model: nn.Module, optimiser: torch.optim.Optimizer, defence: DefenceRecipe, bfloat16: bool
    ) -> None:
        self.model, self.optimiser, self.defence = model, optimiser, defence
        device = next(model.parameters()).device
        self.autocast = torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)

    def __call__(self, x: Tensor, labels: Tensor) -> Tensor:
        """See `Step`."""
        with self.autocast:
            logits = self.model(x)
        loss = loss_of(self.defence, logits.float(), labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        bound_batchnorms(self.defence, self.model)
        return loss.detach()


class Recorder(Protocol):
    """What a `GraphedStep` asks of a device."""

    def warm_up(self, work: Callable[[], Tensor]) -> Tensor:
        """Do some work where the recording will be made."""

    def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        """Record some work without doing it: what does it, and the tensor that then holds its result.

        Raises:
            RuntimeError: it cannot be recorded, or there is no memory for it.
        """


class GraphedStep:
    """A step that is recorded and replayed; one for each optimiser, since the graph outlives the epoch.

    The first batch decides which size is recorded; another, such as an epoch's last, takes the plain step. The
    optimiser's settings are constants of a recording: where one changes, the step is recorded anew. A step that cannot
    be recorded is told of once and taken plainly from then on.

    Args:
        step: draws from the device's own generator alone, and waits for nothing.
        recorder: of the device.
        tell: takes one sentence for the user.
    """

    def __init__(self, step: PlainStep, recorder: Recorder, tell: Tell) -> None:
        self._step, self._recorder, self._tell = step, recorder, tell
        self._to_warm_up, self._failed = WARM_UP, False
        self._shape: torch.Size | None = None
        self._recording: _Recording | None = None

    def __call__(self, x: Tensor, labels: Tensor) -> Tensor:
        """See `Step`."""
        self._shape = self._shape or x.shape
        if self._failed or x.shape != self._shape:
            return self._step(x, labels)
        if self._to_warm_up:
            self._to_warm_up -= 1
            return self._recorder.warm_up(lambda: self._step(x, labels))
        settings = self._settings()
        if self._recording is None or self._recording.settings != settings:
            self._recording = None  # its memory is free for the next
            self._recording = self._record(x, labels, settings)
        if self._recording is None:
            return self._step(x, labels)
        return self._recording.replayed(x, labels)

    @property
    def is_recorded(self) -> bool:
        """Whether there is a recording."""
        return self._recording is not None

    def replay_alone(self, times: int) -> None:
        """Replay the recording on the batch that it holds: how fast the device is without the loop around it.

        Raises:
            RuntimeError: there is no recording.
        """
        if self._recording is None:
            raise RuntimeError("nothing was recorded")
        for _ in range(times):
            self._recording.replay()

    def _settings(self) -> list[dict[str, Any]]:
        groups = self._step.optimiser.param_groups
        return [{key: value for key, value in group.items() if key != "params"} for group in groups]

    def _record(self, x: Tensor, labels: Tensor, settings: list[dict[str, Any]]) -> _Recording | None:
        x, labels = x.clone(), labels.clone()  # where each replay finds its batch
        try:
            replay, loss = self._recorder.record(lambda: self._step(x, labels))
        except RuntimeError as error:
            self._failed = True
            # What ends a failed recording is an error of its own. Named, it would keep the step's tensors alive.
            why = str(error.__context__ or error).partition("\n")[0].rstrip(".")
            self._tell(
                f"the training step could not be recorded as a CUDA graph ({why}); it goes on without, more slowly and "
                "with the same results; training.cuda_graph = false does not try."
            )
            return None
        return _Recording(settings, x, labels, replay, loss)


@dataclass(frozen=True)
class _Recording:
    """A step as recorded, with the optimiser's settings of then, and the tensors that it reads and writes."""

    settings: list[dict[str, Any]]
    x: Tensor
    labels: Tensor
    replay: Callable[[], None]
    loss: Tensor

    def replayed(self, x: Tensor, labels: Tensor) -> Tensor:
        self.x.copy_(x)
        self.labels.copy_(labels)
        self.replay()
        return self.loss


_UNFINISHED: list[torch.cuda.CUDAGraph] = []
"""Graphs whose recording failed: PyTorch's allocator may go on asking them whose memory a stream's is."""


class CudaRecorder:
    """Records CUDA graphs on a stream of their own."""

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def warm_up(self, work: Callable[[], Tensor]) -> Tensor:
        """Do the work on the stream of the recording, between what is before and after it."""
        current = torch.cuda.current_stream(self._stream.device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            done = work()
        current.wait_stream(self._stream)
        return done

    def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        """Record a graph. Other threads may use the device meanwhile.

        Raises:
            RuntimeError: the work waits for the device or draws from another generator, or there is no memory.
        """
        generator = torch.cuda.default_generators[self._stream.device.index]
        before = generator.clone_state()
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize(self._stream.device)
        gc.collect()  # tensors of an earlier step would tie the recording to the stream that they were made on
        torch.cuda.empty_cache()  # a graph has memory of its own
        try:
            with torch.cuda.stream(self._stream):
                graph.capture_begin(capture_error_mode="thread_local")
                try:
                    done = work()
                finally:
                    graph.capture_end()
        except RuntimeError:
            generator.graphsafe_set_state(before)  # an unfinished recording would keep it from drawing
            _UNFINISHED.append(graph)
            raise
        return graph.replay, done


def step_of(
    model: nn.Module, optimiser: torch.optim.Optimizer, recipe: TrainingRecipe, defence: DefenceRecipe
) -> PlainStep | GraphedStep:
    """The step of a training: recorded where the network is on a CUDA device, unless the recipe says otherwise.

    A training that draws noise on the CPU for every batch is not recorded: it waits for the CPU anyway.
    """
    plain = PlainStep(model, optimiser, defence, bfloat16=recipe.precision == "bfloat16")
    device = next(model.parameters()).device
    if device.type != "cuda" or not recipe.cuda_graph or draws_noise(defence):
        return plain
    return GraphedStep(plain, CudaRecorder(device), say)
