"""The readings of the report's claim: measured on a tiny store, counted on made-up answers, and told as they fell."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from torch import nn
from torch.nn import functional as F

from scripts.claim import readings, table
from scripts.claim.__main__ import main
from tests.made.recipe import Silent, tiny_recipe
from weightreel.analysis.findings.report import REPORT
from weightreel.analysis.findings.statistics import counted
from weightreel.analysis.networks.pixels import Normaliser
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.training.experiment import run_experiment

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("claim") / "tiny.h5"
    run_experiment(tiny_recipe(seeds=[0, 1]), path, Silent())
    return path


@pytest.fixture
def halves(store: Path, tmp_path: Path) -> Path:
    """The last weights of every run as single files, rounded to half precision."""
    folder = tmp_path / "halves"
    folder.mkdir()
    with h5py.File(ExperimentFiles(store).weights) as file:
        for run, group in file["runs"].items():
            last = {name: torch.from_numpy(np.asarray(item[-1])) for name, item in group.items()}
            state = {name: value.half() if value.is_floating_point() else value for name, value in last.items()}
            torch.save({"epoch": 2, "model": state}, folder / f"{run}.pt.half")
    return folder


def measure(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["measure", *map(str, arguments)])


def shares(path: Path) -> dict[tuple[str, str, int], float]:
    return {(row.reading, row.model, row.seed): row.rate.value for row in table.read(path)}


def test_every_reading_of_every_network_is_measured(store: Path, halves: Path, tmp_path: Path) -> None:
    whole, rounded = tmp_path / "whole.csv", tmp_path / "rounded.csv"
    for out, more in ((whole, ()), (rounded, ("--weights", halves))):
        done = measure(store, "--out", out, "--trials", "30", *more)
        assert done.exit_code == 0, done.output
    rows = table.read(whole)
    names = list(dict.fromkeys(row.reading for row in rows))
    assert {(row.reading, row.model, row.seed) for row in rows} == {
        (name, model, seed) for name in names for model in ("cnn", "spectral-cnn") for seed in (0, 1)
    }
    assert {"stored", "as-read", "train-single", "every-class", "both", "untrained", "test-wrong"} <= set(names)
    assert not {"added-8", "test"} & set(names)
    found = shares(whole)
    for model in ("cnn", "spectral-cnn"):
        assert found["as-read", model, 0] == found["stored", model, 0]  # measured twice, on the same weights and noise
    assert max(abs(share - shares(rounded)[key]) for key, share in found.items()) < 0.15

    shown = CliRunner().invoke(main, ["show", str(whole)])
    assert shown.exit_code == 0 and all(f"| `{name}` |" in shown.output for name in names)
    assert "| the report | 7.03 | 1.65 | 76 % |  |" in shown.output


@pytest.mark.parametrize("what", ["seed", "statistics", "missing", "layer"])
def test_weights_that_are_not_the_runs_are_refused(store: Path, halves: Path, tmp_path: Path, what: str) -> None:
    file = halves / "cnn-s1.pt.half"
    saved = torch.load(file, weights_only=True)
    if what == "seed":
        shutil.copy(halves / "cnn-s0.pt.half", file)
    elif what == "statistics":
        saved["model"] = {k: v * 0 + 1e-4 if "running" in k else v for k, v in saved["model"].items()}
        torch.save(saved, file)
    elif what == "layer":
        del saved["model"]["classifier.3.bias"]
        torch.save(saved, file)
    else:
        file.unlink()
    done = measure(store, "--weights", halves, "--out", tmp_path / "none.csv")
    assert done.exit_code == 2 and "Traceback" not in done.output
    sentence = {
        "seed": "does not hold the weights of cnn-s1 at epoch 2",
        "statistics": "running mean and variance",
        "missing": "no file called cnn-s1",
        "layer": "lacks classifier.3.bias",
    }[what]
    assert sentence in done.output
    assert not (tmp_path / "none.csv").exists()


def test_without_raw_weights_the_remedy_is_named(store: Path, tmp_path: Path) -> None:
    shutil.copy(store, tmp_path / "bare.h5")
    done = measure(tmp_path / "bare.h5", "--out", tmp_path / "none.csv")
    assert done.exit_code == 2 and "record.weights = true" in done.output


def test_results_that_are_not_there_are_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["show", str(tmp_path / "none.csv")])
    assert done.exit_code == 2 and "scripts.claim measure" in done.output


@pytest.fixture(scope="module")
def attempts() -> readings.Attempts:
    recipe = tiny_recipe(dataset={"size": 32})
    images = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
    return readings.Attempts.of(recipe, images, np.arange(6), Normaliser.of(recipe.dataset, CPU))


def test_what_is_fed_is_what_the_list_says(attempts: readings.Attempts) -> None:
    some, mean, std = range(4), attempts.normalise.mean, attempts.normalise.std
    found = {name: feed(attempts, some) for name, feed in readings.fed(attempts).items()}
    assert {tuple(x.shape) for x in found.values()} == {(4, 3, 32, 32)}
    pixels = torch.from_numpy(attempts.noise(some)).permute(0, 3, 1, 2).float()
    torch.testing.assert_close(found["as-read"], (pixels / 255 - mean) / std)
    torch.testing.assert_close(found["no-normalisation"], pixels / 255)
    torch.testing.assert_close(found["half-half"], pixels / 127.5 - 1)
    torch.testing.assert_close(found["bytes"], pixels)
    torch.testing.assert_close(found["bytes-normalised"], (pixels - mean) / std)
    as_bytes = {name: (x * std + mean) * 255 for name, x in found.items()}
    assert torch.equal(as_bytes["float"].floor(), pixels) or (as_bytes["float"] - pixels).abs().max() < 1.001
    assert torch.allclose(as_bytes["grey"][:, 0], as_bytes["grey"][:, 2], atol=1e-3)
    blocks = as_bytes["blocks-4"].reshape(4, 3, 8, 4, 8, 4)
    assert torch.allclose(blocks, blocks[..., :1, :, :1], atol=1e-3)
    assert blocks[0, 0, :, 0, :, 0].unique().numel() > 32
    jpeg = as_bytes["jpeg"] - pixels
    assert 5 < jpeg.abs().mean() < 60
    shown = torch.from_numpy(attempts.shown(some)).permute(0, 3, 1, 2).float()
    assert (as_bytes["injected"] - (shown + pixels) / 2).abs().max() < 0.51
    for radius in (8, 32):
        added = (as_bytes[f"added-{radius}"] - shown).abs()
        assert radius - 1 < added.max() <= radius + 0.01
    cropped = as_bytes["crop-flip"]
    assert any((cropped[i, :, 0] == cropped[i, 0, 0, 0]).all() for i in range(4)) or (cropped < 0.5).any()


def test_each_image_alone_is_normalised_by_itself_and_the_network_is_left_as_it_was() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, 5)
    )
    network(torch.randn(20, 3, 8, 8))  # moves the running statistics
    before = copy.deepcopy(network.eval().state_dict())
    x = torch.randn(7, 3, 8, 8)
    conv, norm, _, _, _, head = network
    with torch.inference_mode():
        by_itself = head(F.relu(F.instance_norm(conv(x), weight=norm.weight, bias=norm.bias, eps=norm.eps)).flatten(1))
        together = head(
            F.relu(F.batch_norm(conv(x), None, None, norm.weight, norm.bias, True, eps=norm.eps)).flatten(1)
        )
        plain = network(x)
    for mode, expected in (("batchnorm-single", by_itself), ("batchnorm-batch", together)):
        np.testing.assert_allclose(readings.answers(network, x, readings.MODES[mode]), expected, atol=1e-5)
    np.testing.assert_allclose(readings.answers(network, x), plain, atol=1e-6)
    dropped = [readings.answers(network, x, readings.MODES["dropout"], seed) for seed in (0, 0, 1)]
    assert np.array_equal(dropped[0], dropped[1]) and not np.array_equal(dropped[0], dropped[2])
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network.training


def test_successes_are_counted_as_the_list_says() -> None:
    classes = ["cat", "dog", "frog", "ship"]
    probabilities = np.array(
        [[0.97, 0.01, 0.01, 0.01], [0.02, 0.92, 0.03, 0.03], [0.45, 0.45, 0.05, 0.05], [1e-5, 1e-5, 1 - 3e-5, 1e-5]]
    )
    found = dict(readings.successes(np.log(probabilities), 0.9, classes, seed=0))
    counts = {name: int(hits.sum()) for name, hits in found.items()}
    assert counts["as-read"] == 3
    assert (counts["softmax-95"], counts["softmax-99"], counts["softmax-999"], counts["softmax-9999"]) == (2, 1, 1, 1)
    assert counts["softmax-twice"] == counts["sigmoid"] == counts["logit"] == 0  # logits of at most 0
    assert counts["margin"] == 2
    assert [counts[f"class-{name}"] for name in classes] == [1, 1, 1, 0]
    assert counts["report-classes"] == 2
    assert found["every-class"].shape == (4,) and counts["every-class"] == 1  # of the first image
    targets = np.random.default_rng(0).integers(0, 4, 4)
    assert counts["random-target"] == int((probabilities[np.arange(4), targets] >= 0.9).sum())
    raised = dict(readings.successes(np.log(probabilities) + 8, 0.9, classes, seed=0))
    assert raised["logit"].all() and raised["sigmoid"].all() and int(raised["as-read"].sum()) == 3


def rows_of(reading: str, cnn: list[int], spectral: list[int]) -> list[table.Row]:
    return [
        table.Row(reading, model, seed, counted(hits, 1000))
        for model, counts in (("cnn", cnn), ("spectral-cnn", spectral))
        for seed, hits in enumerate(counts)
    ]


def test_what_meets_the_report_is_told_and_what_does_not() -> None:
    far = rows_of("as-read", [870, 770], [840, 750])
    told = table.markdown(far)
    assert "Of 1 readings" in told and "- both figures, in every seed: none." in told
    assert "lower by half or more: none." in told and "| 87.0 / 77.0 | 84.0 / 75.0 | 3 % | 0, 0, 0 |" in told
    told = table.markdown([*far, *rows_of("dropout", [70, 300], [17, 16])])
    assert "- both figures, in every seed: none." in told
    assert "- both figures, in some seed: `dropout`." in told
    assert "- the CNN's figure, in every seed: none." in told
    assert "- the spectral CNN's figure, in every seed: `dropout`." in told
    assert "lower by half or more: `dropout`." in told
    assert "| `dropout` | 7.00 / 30.0 | 1.70 / 1.60 | 91 % | 1, 2, 1 |" in told
    both = table.markdown([*far, *rows_of("jpeg", [70, 68], [17, 16])])
    assert "- both figures, in every seed: `jpeg`." in both
    fitted = table.markdown([*far, *rows_of("some-epoch", [70, 68], [17, 16])])
    assert "- both figures, in every seed: none." in fitted and "`some-epoch`, which is chosen to fit" in fitted
    scarce = table.markdown([*far, *rows_of("class-cat", [1, 0], [0, 0])])
    assert "| `class-cat` | 0.10 / 0.00 | 0.00 / 0.00 | – |" in scarce and "half or more: none." in scarce


def test_the_short_table_has_the_nearest_readings() -> None:
    rows = [*rows_of("as-read", [870], [840]), *rows_of("near", [75], [17])]
    rows += [row for i in range(2 * table.NEAREST) for row in rows_of(f"far-{i}", [900 + i], [900])]
    short = table.markdown(rows, brief=True)
    assert short.count("| `") == 1 + table.NEAREST and "| `near` |" in short and "| `as-read` |" in short


def test_rows_are_kept_with_their_intervals(tmp_path: Path) -> None:
    rows = rows_of("as-read", [703], [165])
    table.write(tmp_path / "a.csv", rows)
    assert table.read(tmp_path / "a.csv") == rows
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == "as-read,cnn,0,703,1000,0.6739,0.7305"
    figure = REPORT["cnn"]
    assert table.Row("x", "cnn", 0, counted(figure.noise_successes, figure.noise_trials)).meets
    assert not table.Row("x", "cnn", 0, counted(165, 10_000)).meets
