"""Callbacks of other libraries' training loops; those that are not installed are passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store

pytestmark = pytest.mark.slow  # these libraries take seconds to import
X = torch.randn(32, 6, generator=torch.Generator().manual_seed(0))
Y = (X.sum(1) > 0).long()


class TestTransformers:
    def train(self, folder: Path, **options: Any) -> None:
        transformers = pytest.importorskip("transformers", reason="Hugging Face transformers is not installed")
        pytest.importorskip("accelerate", reason="its Trainer needs accelerate")
        from weightreel.analysis.recording.transformers import WeightreelCallback

        config = transformers.BertConfig(
            vocab_size=17, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24,
            max_position_embeddings=8, num_labels=2,
        )  # fmt: skip
        tokens = (X > 0).long()
        rows = [{"input_ids": row, "labels": label} for row, label in zip(tokens, Y, strict=True)]
        arguments = transformers.TrainingArguments(
            str(folder / "hf"), num_train_epochs=2, per_device_train_batch_size=8, eval_strategy="epoch",
            logging_strategy="epoch", save_strategy="no", report_to=[], disable_tqdm=True, use_cpu=True, seed=0,
        )  # fmt: skip
        transformers.Trainer(
            transformers.BertForSequenceClassification(config), arguments, train_dataset=rows, eval_dataset=rows[:8],
            callbacks=[WeightreelCallback(folder / "run.h5", spectra=False, **options)],
        ).train()  # fmt: skip

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
    def fit(self, folder: Path, fails: bool = False, **options: Any) -> None:
        lightning = pytest.importorskip("lightning.pytorch", reason="PyTorch Lightning is not installed")
        from weightreel.analysis.recording.lightning import WeightreelCallback

        class Net(lightning.LightningModule):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.layers = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 2))

            def training_step(self, batch: Any, _: int) -> Any:
                loss = nn.functional.cross_entropy(self.layers(batch[0]), batch[1])
                self.log("train_loss", loss, on_step=False, on_epoch=True)
                if fails and self.current_epoch == 1:
                    raise RuntimeError("the power fails")
                return loss

            def validation_step(self, batch: Any, _: int) -> None:
                self.log("val_loss", nn.functional.cross_entropy(self.layers(batch[0]), batch[1]))

            def configure_optimizers(self) -> torch.optim.Optimizer:
                return torch.optim.SGD(self.parameters(), 0.1)

        data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=8)
        lightning.Trainer(
            max_epochs=2, callbacks=[WeightreelCallback(folder / "run.h5", spectra=False, **options)], logger=False,
            enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, accelerator="cpu",
        ).fit(Net(), data, data)  # fmt: skip

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
            self.fit(tmp_path, fails=True)
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            assert not store.select()[0].complete and list(store.select()[0].epochs) == [0, 1]
