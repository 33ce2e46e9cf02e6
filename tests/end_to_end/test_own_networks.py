"""Networks that nobody here wrote, trained by their own libraries: watched, imported without code, and filmed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F

from weightreel import Recorder
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store

pytestmark = pytest.mark.slow


def weightreel(*arguments: str | Path, cwd: Path) -> str:
    """What a command says."""
    done = subprocess.run(
        [sys.executable, "-m", "weightreel", *map(str, arguments)], cwd=cwd, env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_torchvisions_resnet_is_watched_and_filmed(tmp_path: Path) -> None:
    torchvision = pytest.importorskip("torchvision")
    digits = load_digits()
    images = torch.from_numpy(digits.images[:96]).float().div(16)[:, None].repeat(1, 3, 1, 1)
    images, labels = F.interpolate(images, size=32), torch.from_numpy(digits.target[:96])
    torch.manual_seed(0)
    model = torchvision.models.resnet18(num_classes=10)
    optimiser = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
    with Recorder(tmp_path / "resnet.h5", model, title="ResNet-18", dataset="digits", every=2, spectra=2) as rec:
        for _ in range(2):
            for start in range(0, 96, 48):
                loss = F.cross_entropy(model(images[start : start + 48]), labels[start : start + 48])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                rec.step(loss=loss.item())
    assert check(tmp_path / "resnet.h5") == []
    with Store(tmp_path / "resnet.h5") as store:
        run = store.run("resnet-18-s0")
        assert run.clock == "step" and list(run.epochs) == [0, 2, 4] and not run.skipped
        assert run["train/loss"][2] < run["train/loss"][1]
        np.testing.assert_allclose(
            run.layer("layer1.0.conv1")["weight/mean"][-1],
            float(model.layer1[0].conv1.weight.detach().mean()),
            rtol=1e-4,
        )
    weightreel(
        "film", "resnet.h5", "--films", "weights,esd", "--quality", "t", "--out", "films",
        "--layers", "conv1,layer1.*,fc", cwd=tmp_path,
    )  # fmt: skip
    assert {path.stem for path in tmp_path.glob("films/**/*.mp4")} == {"weights", "esd"}


def test_a_transformer_of_hugging_face_is_watched_and_its_checkpoints_are_imported(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="Hugging Face transformers is not installed")
    pytest.importorskip("accelerate", reason="its Trainer needs accelerate")
    from weightreel.analysis.recording.transformers import WeightreelCallback

    digits = load_digits()
    tokens, labels = torch.from_numpy(digits.data[:64]).long(), digits.target[:64]  # 64 grey values of 17 levels
    rows = [{"input_ids": row, "labels": int(label)} for row, label in zip(tokens, labels, strict=True)]
    config = transformers.BertConfig(
        vocab_size=17, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        max_position_embeddings=64, num_labels=10,
    )  # fmt: skip
    arguments = transformers.TrainingArguments(
        str(tmp_path / "out"), num_train_epochs=2, per_device_train_batch_size=16, save_strategy="epoch",
        logging_strategy="epoch", report_to=[], disable_tqdm=True, use_cpu=True, seed=0,
    )  # fmt: skip
    model = transformers.BertForSequenceClassification(config)
    callback = WeightreelCallback(tmp_path / "watched.h5", spectra=False)
    transformers.Trainer(model, arguments, train_dataset=rows, callbacks=[callback]).train()

    told = weightreel("import", tmp_path / "out", "--out", "imported.h5", "--no-spectra", cwd=tmp_path)
    assert "2 checkpoints" in told
    for store in ("watched.h5", "imported.h5"):
        assert check(tmp_path / store) == []
    with Store(tmp_path / "watched.h5") as one, Store(tmp_path / "imported.h5") as two:
        watched, imported = one.select()[0], two.select()[0]
        assert imported.clock == "step" and list(imported.epochs) == list(watched["step"][1:])
        measured = {name for name, layer in imported.layers.items() if layer.has("weight/std")}
        assert measured == {name for name, layer in watched.layers.items() if layer.has("weight/std")}
        for name in measured:
            assert imported.layer(name).kind == watched.layer(name).kind, name
            np.testing.assert_allclose(
                imported.layer(name)["weight/std"], watched.layer(name)["weight/std"][1:], rtol=1e-5, err_msg=name
            )
    weightreel("film", "imported.h5", "--films", "weights", "--quality", "t", "--out", "films", cwd=tmp_path)
    assert len(list(tmp_path.glob("films/**/weights.mp4"))) == 1
