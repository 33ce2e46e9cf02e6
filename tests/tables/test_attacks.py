"""Tables of attacks and defences say what the store holds, and leave out what it does not."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.made.attacks import NOISE_KINDS
from tests.made.store import synthetic_store
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.attacks.confidence import calibration_of, success_curve
from weightreel.analysis.findings.attacks.defences import certified_accuracy, defences
from weightreel.analysis.findings.attacks.noise import success_history, successes
from weightreel.analysis.findings.attacks.robustness import clean_accuracy, robust_accuracy
from weightreel.analysis.findings.attacks.verdict import verdict
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write
from weightreel.analysis.tables.attacks import RADII, RUNS_BESIDE, SHOWN_THRESHOLDS, interval
from weightreel.analysis.tables.markdown import comparison, defences_markdown, seeds_markdown
from weightreel.analysis.tables.overview import show

MODELS = ("cnn", "spectral-cnn", "gaussian-cnn", "pgd-cnn")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four networks under every attack; their layers are left out, to be quickly read and written."""
    at = tmp_path_factory.mktemp("show") / "attacked.h5"
    synthetic_store(at, epochs=12, n_layers=2, models=MODELS, sample=4, trials=300, history_trials=60)
    with Store(at) as store:
        contents = store.contents()
    for model in MODELS:
        contents.drop(f"/runs/{model}-s0/layers")
    write(at, contents)
    return at


@pytest.fixture(scope="module")
def store(path: Path) -> Store:
    return Store(path)


@pytest.fixture
def contents(path: Path) -> Contents:
    with Store(path) as opened:
        return opened.contents()


def told(path: Path, width: int = 140) -> str:
    out = io.StringIO()
    with Store(path) as opened:
        show(opened, Console(file=out, width=width, color_system=None))
    return out.getvalue()


@pytest.fixture(scope="module")
def text(path: Path) -> str:
    return told(path)


def table(text: str, title: str, nth: int = 0) -> list[list[str]]:
    """Cells of the rows of a table; intervals and spans that stand below a cell are rows of their own."""
    start = [found.start() for found in re.finditer(re.escape(title), text)][nth]
    lines = text[start:].split("─ \n", 1)[1].splitlines()
    rows = []
    for line in lines:
        if not line.strip():
            break
        rows.append(re.split(r"  +", line.strip()))
    return rows


def percent(share: float) -> str:
    return f"{100 * share:.1f}"


def test_noise_of_every_kind(store: Store, text: str) -> None:
    rows = table(text, "Noise of every kind")
    for place, model in enumerate(MODELS):
        run = store.run(f"{model}-s0")
        rates, intervals, spans = rows[3 * place : 3 * place + 3]
        assert rates[0] == run.name
        for column, kind in enumerate(NOISE_KINDS):
            rate = rate_of(successes(run.attack(kind)))
            late = [found.value for found in success_history(run.attack(kind))[-10:]]
            assert rates[1 + column] == percent(rate.value)
            assert intervals[column] == f"[{percent(rate.low)}, {percent(rate.high)}]"
            assert spans[column] == f"{percent(min(late))} – {percent(max(late))}"


def test_thresholds_and_calibration(store: Store, text: str) -> None:
    for row, model in zip(table(text, "Uniform noise answered at each"), MODELS, strict=True):
        run = store.run(f"{model}-s0")
        found = calibration_of(run)
        assert found is not None
        noise = run.attack("uniform-noise")
        numbers = [rate.value for rate in success_curve(noise, SHOWN_THRESHOLDS)]
        numbers += [noise["confidence"].mean(), run["test/confidence"].mean(), found.error]
        assert row == [run.name, *map(percent, numbers)]


def test_robust_accuracy_in_tables_that_fit(store: Store, text: str) -> None:
    assert text.count("Robust accuracy, %") == -(-len(MODELS) // RUNS_BESIDE)
    rows = {row[0]: row[1:] for row in table(text, "Robust accuracy, %")}
    beside = [store.run(f"{model}-s0") for model in MODELS[:RUNS_BESIDE]]
    assert rows["none, 200 images"] == [interval(clean_accuracy(run.attack("fgsm-linf-1"))) for run in beside]
    for words, name in (("FGSM, ε = 8/255", "fgsm-linf-8"), ("PGD-40, ε = 0.5 in L2", "pgd40-l2-0.5")):
        assert rows[words] == [interval(robust_accuracy(run.attack(name))) for run in beside]
    last = {row[0]: row[1:] for row in table(text, "Robust accuracy, %", 1)}
    assert last["PGD-10, ε = 4/255"] == [interval(robust_accuracy(store.run("pgd-cnn-s0").attack("pgd10-linf-4")))]


def test_the_median_distance_counts_what_was_not_found_as_far(contents: Contents, tmp_path: Path) -> None:
    for model, missing in (("cnn", 1), ("spectral-cnn", 40)):
        at = f"/runs/{model}-s0/attacks/deepfool-l2"
        label = contents.datasets[f"{at}/label"]
        contents.datasets[f"{at}/clean/prediction"] = np.where(np.arange(len(label)) < 50, label, (label + 1) % 10)
        distance = np.r_[np.linspace(0.1, 0.59, 50), np.zeros(len(label) - 50)]
        distance[:missing] = np.nan
        contents.datasets[f"{at}/distance"] = distance
    write(tmp_path / "far.h5", contents)
    rows = {row[0]: row[1:] for row in table(told(tmp_path / "far.h5"), "Robust accuracy, %")}
    assert rows["DeepFool, median L2 distance"][:2] == ["0.355 (of 50)", "none found for half"]


def test_certified_accuracy(store: Store, text: str) -> None:
    rows = table(text, "Certified accuracy at L2 radius")
    found = {row[0]: row[1:] for row in rows[::2]}
    for sigma in (0.12, 0.25, 0.5):
        certificate = store.run("pgd-cnn-s0").certificates[f"sigma-{sigma:g}"]
        rates = certified_accuracy(certificate, [factor * sigma for factor in RADII])
        abstains = np.mean(certificate["certified_class"] < 0)
        assert found[f"pgd-cnn-s0, {sigma:g}"] == [*(percent(rate.value) for rate in rates), percent(abstains)]


def test_defences_beside_each_other(store: Store, text: str, path: Path) -> None:
    page = defences_markdown(store).splitlines()
    assert page[0].startswith("| network | clean | uniform noise, confidence ≥ 0.9 | noise, last 10 epochs |")
    assert "robust, worst case, ε = 4/255 | certified, σ = 0.25, radius ≥ 0.25 |" in page[0]
    rows = [line for line in page[2:] if line.startswith("|")]
    for line, row in zip(rows, defences(store), strict=True):
        assert None not in (row.clean, row.noise, row.noise_range, row.attacked, row.certified)
        low, high = row.noise_range or (0, 0)
        cells = [interval(rate) for rate in (row.clean, row.noise, row.attacked, row.certified) if rate]
        cells.insert(2, f"{percent(low)} – {percent(high)}")
        assert line == f"| {' | '.join([row.title, *cells])} |"
        assert row.title in text[text.index("Defences beside each other") :]


def test_the_verdict_stands_among_the_caveats(store: Store, text: str) -> None:
    found = verdict(list(store.runs.values()))
    assert found is not None
    words = " ".join(text.split())
    assert all(sentence in words for sentence in found.sentences)
    assert "cannot be told from 1 seed" in words
    assert "in the worst case over" in words
    assert "abstaining counts as wrong" in words


def test_names_are_not_broken_in_a_hundred_columns(path: Path) -> None:
    text = told(path, 100)
    for name in ("cnn-s0", "spectral-cnn-s0", "gaussian-cnn-s0", "pgd-cnn-s0"):
        for title in ("Noise of every kind", "Uniform noise answered at each"):
            assert name in [row[0] for row in table(text, title)]


def test_only_what_is_there(contents: Contents, tmp_path: Path) -> None:
    for model in MODELS:
        root = f"/runs/{model}-s0"
        contents.drop(f"{root}/certificates")
        for name in [key for key in contents.attributes if key.startswith(f"{root}/attacks/")]:
            if not name.startswith(f"{root}/attacks/uniform-noise"):
                contents.drop(name)
    contents.drop("/runs/cnn-s0/attacks")
    contents.drop("/runs/pgd-cnn-s0/test")
    write(tmp_path / "little.h5", contents)
    text = told(tmp_path / "little.h5")
    for gone in ("every kind", "Robust accuracy", "Certified accuracy", "upper bound", "report's claim", "nan"):
        assert gone not in text
    rows = table(text, "Uniform noise answered at each")
    assert [row[0] for row in rows] == ["spectral-cnn-s0", "gaussian-cnn-s0", "pgd-cnn-s0"]
    assert rows[2][-2:] == ["–", "–"], "no test images"
    with Store(tmp_path / "little.h5") as store:
        page = defences_markdown(store).splitlines()
        assert "robust" not in page[0] and "certified" not in page[0], "no column without a number"
        assert page[2].startswith("| CNN | ") and page[2].endswith("| – | – |")
        assert comparison(store).splitlines()[5].split(" | ")[2] == "–"
        with pytest.raises(WeightreelError, match="holds no pair of the report's networks"):
            seeds_markdown(store)


def test_a_network_that_may_answer_nothing_and_unanswered_noise(contents: Contents, tmp_path: Path) -> None:
    noise = "/runs/cnn-s0/attacks/uniform-noise"
    contents.datasets[f"{noise}/prediction"][:] = 10  # one answer more than there are classes
    contents.drop(f"{noise}/gallery")
    for key in ("prediction", "confidence", "gallery", "history", "preview"):
        contents.drop(f"/runs/cnn-s0/attacks/smooth-noise/{key}")
    write(tmp_path / "nothing.h5", contents)
    text = told(tmp_path / "nothing.h5")
    assert re.search(r"cnn-s0 +0/300 +0\.00 \[0\.00, 1\.26\]", text)
    row = table(text, "Noise of every kind")[0]
    assert (row[1], row[1 + NOISE_KINDS.index("smooth-noise")]) == ("0.0", "–")
    with Store(tmp_path / "nothing.h5") as store:
        assert "0 % [0.00, 1.26]" in comparison(store)


def test_without_a_finished_training_there_is_nothing_to_compare(contents: Contents, tmp_path: Path) -> None:
    for model in MODELS:
        contents.describe(f"/runs/{model}-s0", state="training", epochs_planned=50)
    write(tmp_path / "on.h5", contents)
    with Store(tmp_path / "on.h5") as store, pytest.raises(WeightreelError, match=r"no training in .* is over yet"):
        defences_markdown(store)


def test_seeds_side_by_side(tmp_path: Path) -> None:
    path = synthetic_store(
        tmp_path / "seeds.h5", epochs=13, n_layers=2, seeds=(0, 1, 2), sample=4, trials=50, history_trials=40,
        complete=False, attacks=True,
    )  # fmt: skip
    with Store(path) as store:
        page, found = seeds_markdown(store).splitlines(), verdict(list(store.runs.values()))
    assert found is not None
    assert page[0] == "| noise success, last 10 epochs, % | seed 0 | seed 1 | seed 2 | all |"
    for place, late in enumerate(found.histories.last):
        title = found.histories.titles[place]
        means, spans = page[2 + 2 * place], page[3 + 2 * place]
        values = [*late.mean(1), late.mean()]
        assert means == f"| {title}, mean | {' | '.join(map(percent, values))} |"
        assert spans.endswith(f"| {percent(late.min())} – {percent(late.max())} |")
    assert page[7:] == [f"- {sentence}" for sentence in found.sentences]
