"""`weightreel import`: from files to a store that is clean."""

from __future__ import annotations

import json
import shutil
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.importing import series as importing
from weightreel.analysis.importing.options import Import
from weightreel.analysis.importing.series import import_checkpoints
from weightreel.analysis.measures.attacks.noise import NAMES
from weightreel.analysis.store.check.faults import check, same
from weightreel.analysis.store.reader import Store
from weightreel.cli import main


def network() -> nn.Module:
    """What `--model` names in these tests; it takes the digits as 3×8×8."""
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 12), nn.Linear(12, 10)
    return nn.Sequential(*layers)


def another() -> nn.Module:
    return nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3)))


def saved(folder: Path, names: list[str], **spoilt: float) -> Path:
    folder.mkdir()
    model = network()
    for name in names:
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.01 * torch.randn_like(parameter))
        state = {key: value.clone() for key, value in model.state_dict().items()}
        if name in spoilt:
            state["4.weight"][0, :3] = spoilt[name]
        torch.save({"state_dict": state, "epoch": 3}, folder / name)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = ["net-epoch1.pt", "net-epoch2.pt", "net-epoch4.pt"]
    return saved(tmp_path_factory.mktemp("run") / "checkpoints", names, **{"net-epoch2.pt": float("nan")})


def test_a_folder_becomes_a_clean_store(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.csv").write_text("epoch,loss,val_loss,val_acc\n1,2,2,0.2\n2,1,1.5,\n")
    out = tmp_path / "run.h5"
    assert main(["import", str(folder), "--out", str(out), "--metrics", str(tmp_path / "m.csv")]) == 0
    told = capsys.readouterr().out
    assert "3 checkpoints in the order of the epoch in their names" in told
    assert "epoch 3 is not there" in told
    assert check(out) == []
    with Store(out) as store:
        (run,) = store.runs.values()
        assert (run.name, run.clock, run.epochs.tolist()) == ("net-s0", "epoch", [1, 2, 4])
        assert list(run.layers) == ["0", "1", "4", "5"]
        contents = store.contents()
    root = "/runs/net-s0"
    assert "net-epoch1.pt … net-epoch4.pt" in contents.attributes[root]["source"]
    assert contents.datasets[f"{root}/layers/4/weight/n_not_finite"].tolist() == [0, 3, 0]
    assert contents.datasets[f"{root}/parameters/weight/n_not_finite"].tolist() == [0, 3, 0]
    alpha = contents.datasets[f"{root}/layers/4/spectrum/lambda_max"]
    assert np.isfinite(alpha).tolist() == [True, False, True]
    assert contents.datasets[f"{root}/train/loss"][:2].tolist() == [2, 1]
    recipe = json.loads(contents.attributes["/"]["recipe"])
    assert recipe["source"] == "import" and recipe["spectra"]["randomised_above"] == 4096


def test_where_the_largest_eigenvalues_alone_are_measured_the_store_says_so(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.h5"
    asked = ["--randomised-above", "11", "--set", "spectra.top=8", "--set", "spectra.resamples=2"]
    assert main(["import", str(folder), "--out", str(out), *asked]) == 0
    assert check(out) == []
    with Store(out) as store:
        contents = store.contents()
    layers = "/runs/net-s0/layers"
    spectrum = contents.attributes[f"{layers}/4/spectrum"]
    assert (spectrum["method"], spectrum["top"]) == ("randomised", 8)
    assert contents.datasets[f"{layers}/4/spectrum/eigenvalues"].shape == (3, 8)
    assert np.isnan(contents.datasets[f"{layers}/4/spectrum/p_value"])
    assert f"{layers}/4/spectrum/interval/alpha_low" not in contents.datasets
    assert "method" not in contents.attributes[f"{layers}/5/spectrum"]


def test_what_is_left_out_is_named_in_the_store(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path / "c", ["step10.pt", "step20.pt"])
    strange = network().state_dict() | {"5.weight": torch.ones(7, 12), "extra.scale": torch.ones(2)}
    torch.save(strange, checkpoints / "step30.pt")
    notes: list[str] = []
    import_checkpoints(Import((str(checkpoints),), tmp_path / "run.h5", spectra=False), notes.append)
    assert check(tmp_path / "run.h5") == []
    assert any("left out: 5: its weight has the shape (7, 12) in step30.pt" in note for note in notes)
    with Store(tmp_path / "run.h5") as store:
        (run,) = store.runs.values()
        skipped = json.loads(store.contents().attributes[run.path]["skipped"])
        assert (run.clock, run.epochs.tolist()) == ("step", [10, 20, 30])
        assert list(run.layers) == ["0", "1", "4"]
    assert set(skipped) == {"5", "extra.scale"}


def test_what_is_stopped_goes_on(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, stopped = tmp_path / "whole.h5", tmp_path / "stopped.h5"
    options = {"checkpoints": (str(folder),), "title": "net", "spectra": False}
    import_checkpoints(Import(out=whole, **options), lambda _: None)
    real, calls = importing.measured_parameters, []

    def dying(*arguments: object) -> dict[str, np.ndarray]:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "measured_parameters", dying)
    with pytest.raises(KeyboardInterrupt):
        import_checkpoints(Import(out=stopped, **options), lambda _: None)
    with pytest.raises(WeightreelError, match="resume"):
        import_checkpoints(Import(out=stopped, **options), lambda _: None)
    with pytest.raises(WeightreelError, match="other checkpoints or in another order"):
        import_checkpoints(Import(out=stopped, order="name", resume=True, **options), lambda _: None)
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    shutil.copy(folder / "net-epoch4.pt", changed / "net-epoch1.pt")
    with pytest.raises(
        WeightreelError, match=r"net-epoch1\.pt does not hold the weights of net-s0 at epoch 1: 0\.weight"
    ):
        import_checkpoints(
            Import(out=stopped, resume=True, **options | {"checkpoints": (str(changed),)}), lambda _: None
        )
    import_checkpoints(Import(out=stopped, resume=True, **options), lambda _: None)
    assert len(calls) == 4  # one done, one stopped, two more
    assert same(whole, stopped) == []
    notes: list[str] = []
    import_checkpoints(Import(out=stopped, resume=True, **options), notes.append)
    assert "complete already" in notes[-1]


def test_a_second_run_stands_beside_the_first(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.h5"
    for title in ("one", "two"):
        import_checkpoints(Import((str(folder),), out, title=title, spectra=False), lambda _: None)
    with Store(out) as store:
        assert sorted(store.runs) == ["one-s0", "two-s0"]
    assert check(out) == []


SMALL = (
    "dataset.size=8", "dataset.n_train=20", "dataset.n_validation=40", "dataset.n_test=20", "dataset.examples=2",
    "noise.trials=12", "noise.history=6", "noise.preview=2", "noise.gallery=2", "noise.kinds=['uniform']",
    "gradient.attacks=['fgsm']", "gradient.images=4", "gradient.epsilons=[8]", "gradient.path_steps=2",
    "fooling.steps=2", "certificate.images=0", "spectra.resamples=2",
)  # fmt: skip


def test_with_the_models_code_it_is_attacked(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean = saved(tmp_path / "c", ["a1.pt", "a2.pt"])
    out, model = tmp_path / "run.h5", f"{__name__}:network"
    settings = [word for setting in SMALL for word in ("--set", setting)]
    asked = ["import", str(clean), "--out", str(out), "--model", model, "--dataset", "digits", *settings]
    assert main(asked) == 0
    assert check(out) == []
    with Store(out) as store:
        (run,) = store.runs.values()
        root, datasets = run.path, store.contents().datasets
    noise = f"{root}/attacks/{NAMES['uniform']}"
    assert datasets[f"{noise}/history/prediction"].shape == (2, 6)
    assert datasets[f"{noise}/prediction"].shape == (12,)
    assert 0 <= float(datasets[f"{root}/layers/4/spectrum/p_value"]) <= 1
    assert datasets[f"{root}/test/confusion"].sum() == 20


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("nowhere:network", "gives no network"),
        (f"{__name__}:nothing", "gives no network"),
        (f"{__name__}:saved", "gives no network"),
        ("collections:OrderedDict", "gives a OrderedDict, and not a network"),
        (f"{__name__}:another", "lacks conv.weight"),
    ],
)
def test_a_model_that_does_not_fit_is_told(model: str, told: str, folder: Path, tmp_path: Path) -> None:
    asked = Import((str(folder),), tmp_path / "x.h5", model=model, dataset="digits", overrides=SMALL)
    with pytest.raises(WeightreelError, match=told):
        import_checkpoints(asked, lambda _: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--model", "a:b"], "belong together"),
        (["--set", "training.epochs=3"], "settings of dataset"),
        (["--order", "nothing"], "--order"),
        (["--metrics", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_bad_input_is_one_sentence(
    asked: list[str], told: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(folder), "--out", str(tmp_path / "x.h5"), *asked]) == 2
    error = capsys.readouterr().err
    assert told in error and "Traceback" not in error and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_one_bad_file_stops_it_before_anything_is_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    for path in folder.iterdir():
        (tmp_path / "c" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "c" / "net-epoch5.pt").write_bytes(b"torn")
    with pytest.raises(WeightreelError, match=r"net-epoch5\.pt"):
        import_checkpoints(Import((str(tmp_path / "c"),), tmp_path / "run.h5"), lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
