"""Callbacks of other libraries' training loops; those that are not installed are passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store

pytestmark = pytest.mark.slow  # these libraries take seconds to import
X = torch.randn(32, 6, generator=torch.Generator().manual_seed(0))
Y = (X.sum(1) > 0).long()


LOSSES = ("train/loss", "validation/loss")


def same_records(one: Run, other: Run, epochs: list[int], steps: list[int], keys: tuple[str, ...]) -> None:
    """Whether two runs have equal weights and losses at these epochs."""
    for run in (one, other):
        assert run.complete
        np.testing.assert_array_equal(run["epoch"], epochs)
        np.testing.assert_array_equal(run["step"], steps)
    for name, layer in one.layers.items():
        np.testing.assert_allclose(layer["weight/sample"], other.layer(name)["weight/sample"], rtol=1e-5, atol=1e-7)
    for key in keys:
        np.testing.assert_allclose(one[key], other[key], rtol=1e-4)


class TestTransformers:
    def train(self, folder: Path, epochs: int = 2, resume: str = "", **options: Any) -> None:
        transformers = pytest.importorskip("transformers", reason="Hugging Face transformers is not installed")
        pytest.importorskip("accelerate", reason="its Trainer needs accelerate")
        from weightreel.analysis.recording.transformers import WeightreelCallback

        more = options.pop("more", [])
        torch.manual_seed(0)

        config = transformers.BertConfig(
            vocab_size=17, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24,
            max_position_embeddings=8, num_labels=2,
        )  # fmt: skip
        tokens = (X > 0).long()
        rows = [{"input_ids": row, "labels": label} for row, label in zip(tokens, Y, strict=True)]
        arguments = transformers.TrainingArguments(
            str(folder / "hf"), num_train_epochs=epochs, per_device_train_batch_size=8, eval_strategy="epoch",
            logging_strategy="epoch", save_strategy="epoch", report_to=[], disable_tqdm=True, use_cpu=True, seed=0,
        )  # fmt: skip
        transformers.Trainer(
            transformers.BertForSequenceClassification(config), arguments, train_dataset=rows, eval_dataset=rows[:8],
            callbacks=[*more, WeightreelCallback(folder / "run.h5", spectra=False, **options)],
        ).train(resume_from_checkpoint=str(folder / "hf" / resume) if resume else None)  # fmt: skip

    def test_resumed_from_a_checkpoint(self, tmp_path: Path) -> None:
        """Stopped after its third epoch, it goes on from the checkpoint of the second, and ends as if never stopped."""
        transformers = pytest.importorskip("transformers", reason="Hugging Face transformers is not installed")

        class Power(transformers.TrainerCallback):  # type: ignore[misc, name-defined]
            def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                if state.global_step == 13:
                    raise RuntimeError("the power fails")

        for name in ("whole", "stopped"):
            (tmp_path / name).mkdir()
        self.train(tmp_path / "whole", epochs=4)
        with pytest.raises(RuntimeError, match="the power fails"):
            self.train(tmp_path / "stopped", epochs=4, more=[Power()])
        self.train(tmp_path / "stopped", epochs=4, resume="checkpoint-8")
        with Store(tmp_path / "whole" / "run.h5") as one, Store(tmp_path / "stopped" / "run.h5") as other:
            same_records(one.select()[0], other.select()[0], [0, 1, 2, 3, 4], [0, 4, 8, 12, 16], LOSSES)

    def test_epochs_with_their_evaluation(self, tmp_path: Path) -> None:
        self.train(tmp_path)
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            run = store.select()[0]
            assert run.complete and run.title == "BertForSequenceClassification"
            np.testing.assert_array_equal(run.epochs, [0, 1, 2])
            for key in ("train/loss", "validation/loss", "learning_rate"):
                np.testing.assert_array_equal(np.isfinite(run[key]), [False, True, True], err_msg=key)
            np.testing.assert_array_equal(run["step"], [0, 4, 8])
            assert run.layer("bert.embeddings.word_embeddings").kind == "embedding"

    def test_steps(self, tmp_path: Path) -> None:
        self.train(tmp_path, every=3)
        with Store(tmp_path / "run.h5") as store:
            run = store.select()[0]
            assert run.clock == "step"
            np.testing.assert_array_equal(run.epochs, [0, 3, 6])


class TestLightning:
    def fit(self, folder: Path, fails: int = 0, epochs: int = 2, resume: str = "", **options: Any) -> None:
        lightning = pytest.importorskip("lightning.pytorch", reason="PyTorch Lightning is not installed")
        from weightreel.analysis.recording.lightning import WeightreelCallback

        class Net(lightning.LightningModule):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.layers = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 2))

            def training_step(self, batch: Any, _: int) -> Any:
                loss = nn.functional.cross_entropy(self.layers(batch[0]), batch[1])
                self.log("train_loss", loss, on_step=False, on_epoch=True)
                if fails and self.current_epoch == fails:
                    raise RuntimeError("the power fails")
                return loss

            def validation_step(self, batch: Any, _: int) -> None:
                self.log("val_loss", nn.functional.cross_entropy(self.layers(batch[0]), batch[1]))

            def configure_optimizers(self) -> torch.optim.Optimizer:
                return torch.optim.SGD(self.parameters(), 0.1)

        lightning.seed_everything(0, verbose=False)
        keep = lightning.callbacks.ModelCheckpoint(folder, "{epoch}", save_top_k=-1)
        data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=8)
        lightning.Trainer(
            max_epochs=epochs, callbacks=[WeightreelCallback(folder / "run.h5", spectra=False, **options), keep],
            logger=False, enable_progress_bar=False, enable_model_summary=False, accelerator="cpu",
        ).fit(Net(), data, data, ckpt_path=str(folder / resume) if resume else None)  # fmt: skip

    @pytest.mark.parametrize("every", [None, 3])
    def test_resumed_from_a_checkpoint(self, every: int | None, tmp_path: Path) -> None:
        """Stopped in its fourth epoch, it goes on from the checkpoint of the second, and ends as if never stopped."""
        for name in ("whole", "stopped"):
            (tmp_path / name).mkdir()
        self.fit(tmp_path / "whole", epochs=4, every=every)
        with pytest.raises(RuntimeError, match="the power fails"):
            self.fit(tmp_path / "stopped", fails=3, epochs=4, every=every)
        self.fit(tmp_path / "stopped", epochs=4, resume="epoch=1.ckpt", every=every)
        steps = [0, 4, 8, 12, 16] if every is None else [0, 3, 6, 9, 12, 15]
        epochs = [0, 1, 2, 3, 4] if every is None else [0, 0, 1, 2, 2, 3]
        with Store(tmp_path / "whole" / "run.h5") as one, Store(tmp_path / "stopped" / "run.h5") as other:
            same_records(one.select()[0], other.select()[0], epochs, steps, LOSSES if every is None else ())

    def test_epochs_with_their_validation(self, tmp_path: Path) -> None:
        self.fit(tmp_path)
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            run = store.select()[0]
            assert run.complete and list(run.layers) == ["layers.0", "layers.2"]
            for key in ("train/loss", "validation/loss"):
                np.testing.assert_array_equal(np.isfinite(run[key]), [False, True, True], err_msg=key)
            np.testing.assert_array_equal(run["step"], [0, 4, 8])

    def test_a_fit_that_fails_can_be_resumed(self, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError, match="the power fails"):
            self.fit(tmp_path, fails=1)
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            assert not store.select()[0].complete and list(store.select()[0].epochs) == [0, 1]
