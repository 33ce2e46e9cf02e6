"""The checker finds each kind of fault, and nothing in a good store; `same` finds differences."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.check.faults import check, same, seal_again
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.analysis.store.writer import Contents, write

RUN = "runs/cnn-s0"
SPECTRUM = f"{RUN}/layers/head.0/spectrum"
CONVOLUTION = f"{RUN}/layers/blocks.1.conv/spectrum"
BULK, SHUFFLED = f"{SPECTRUM}/marchenko_pastur", f"{SPECTRUM}/random"
NOISE = f"{RUN}/attacks/uniform-noise"


@pytest.fixture(scope="module")
def pristine(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without what `test_attacks` is about: a hundred faults are looked for one by one."""
    with Store(pristine) as store:
        contents, attacks = store.contents(), list(store.run("cnn-s0").attacks)
    for gone in ("certificates", "saliency", *(f"attacks/{name}" for name in attacks if name != "uniform-noise")):
        contents.drop(f"/{RUN}/{gone}")
    path = tmp_path_factory.mktemp("check") / "store.h5"
    write(path, contents)
    return path


def change(path: str, index: object, value: object) -> Callable[[h5py.File], None]:
    def spoil(file: h5py.File) -> None:
        file[path][index] = value

    return spoil


def replace(path: str, make: Callable[[np.ndarray], np.ndarray]) -> Callable[[h5py.File], None]:
    """Put another array in a dataset's place, keeping what describes it."""

    def spoil(file: h5py.File) -> None:
        old = file[path]
        kept = {name: old.attrs[name] for name in ("units", "long_name")}
        scales = [dimension[0] for dimension in old.dims]
        new = make(old[()])
        del file[path]
        file[path] = new
        file[path].attrs.update(kept)
        for axis, scale in enumerate(scales[: new.ndim]):
            file[path].dims[axis].attach_scale(scale)

    return spoil


def attribute(path: str, name: str, value: object) -> Callable[[h5py.File], None]:
    def spoil(file: h5py.File) -> None:
        if value is None:
            del file[path].attrs[name]
        else:
            file[path].attrs[name] = value

    return spoil


def remove(path: str) -> Callable[[h5py.File], None]:
    def spoil(file: h5py.File) -> None:
        del file[path]

    return spoil


def test_a_good_store_is_clean(pristine: Path) -> None:
    assert check(pristine) == []


STRUCTURE = [
    (remove(f"{RUN}/train/loss"), f"/{RUN}/train/loss", "is missing"),
    (remove(f"{RUN}/parameters/bias/counts"), f"/{RUN}/parameters/bias/counts", "is missing"),
    (remove("dataset/classes"), "/dataset/classes", "is missing"),
    (lambda f: f.create_dataset(f"{RUN}/mood", data=1), f"/{RUN}/mood", "no such dataset"),
    (replace(f"{RUN}/step", lambda a: a.astype("i8")), f"/{RUN}/step", "is i8; the schema says u4"),
    (replace(f"{RUN}/step", lambda a: a[:, None]), f"/{RUN}/step", "has 2 dimensions"),
    (replace(f"{RUN}/step", lambda a: a[:-1]), f"/{RUN}/step", "has 5 along 'epoch'"),
    (replace(f"{SPECTRUM}/alpha", lambda a: a[:-1]), f"/{SPECTRUM}/alpha", "has 5 along 'epoch'"),
    (replace(f"{RUN}/parameters/weight/edges", lambda a: a[:-1]), f"/{RUN}/parameters/weight/edges", "along 'bin'"),
    (replace(f"{RUN}/test/confusion", lambda a: a[:, :-1]), f"/{RUN}/test/confusion", "has 9 along 'class'"),
    (replace(f"{NOISE}/confidence", lambda a: a[:-1]), f"/{NOISE}/prediction", "along 'trial'"),
    (attribute(f"{RUN}/step", "units", "furlongs"), f"/{RUN}/step", "has units 'furlongs'"),
    (attribute(f"{RUN}/step", "long_name", "strides"), f"/{RUN}/step", "has long_name 'strides'"),
    (attribute(RUN, "title", None), f"/{RUN}", "lacks its attribute 'title'"),
    (attribute(RUN, "seed", "zero"), f"/{RUN}", "'seed' that is not of type i8"),
    (attribute(RUN, "colour", "red"), f"/{RUN}", "'colour' that the schema does not know"),
    (attribute(f"{RUN}/phase/validation", "rule", None), f"/{RUN}/phase/validation", "lacks its attribute 'rule'"),
]


@pytest.mark.parametrize(("spoil", "path", "what"), STRUCTURE, ids=[f"{p}:{w}" for _, p, w in STRUCTURE])
def test_faults_of_structure(
    spoiled: Callable[[Callable[[h5py.File], None]], Path], spoil: Callable[[h5py.File], None], path: str, what: str
) -> None:
    problems = check(spoiled(spoil))
    assert any(problem.path == path and what in problem.what for problem in problems), problems
    assert len(problems) <= 2, problems


NUMBERS = [
    (change(f"{RUN}/epoch", 3, 7), f"/{RUN}/epoch", "does not count"),
    (attribute(RUN, "seed", np.int64(3)), f"/{RUN}", "not named after"),
    (attribute(RUN, "state", "asleep"), f"/{RUN}", "state 'asleep'"),
    (attribute(RUN, "epochs_planned", np.int64(9)), f"/{RUN}", "complete with 6 epochs of 10"),
    (change(f"{RUN}/phase/validation", 5, 9), f"/{RUN}/phase/validation", "holds 9"),
    (change(f"{RUN}/validation/confusion", (2, 0, 0), 500), f"/{RUN}/validation/confusion", "not 1000"),
    (change(f"{RUN}/test/accuracy", (), 0.9), f"/{RUN}/test/accuracy", "diagonal"),
    (change(f"{RUN}/parameters/weight/counts", (4, 0), 12345), f"/{RUN}/parameters/weight/counts", "entries, not"),
    (change(f"{RUN}/parameters/weight/edges", 3, 9.0), f"/{RUN}/parameters/weight/edges", "does not ascend"),
    (
        change(f"{RUN}/parameters/weight/quantiles", (1, 0), 9.0),
        f"/{RUN}/parameters/weight/quantiles",
        "does not ascend",
    ),
    (change(f"{SPECTRUM}/status", 2, 1), f"/{SPECTRUM}/status", "disagrees"),
    (change(f"{SPECTRUM}/alpha", 2, np.nan), f"/{SPECTRUM}/status", "disagrees"),
    (change(f"{SPECTRUM}/alpha", 2, 0.5), f"/{SPECTRUM}/alpha", "1 or below"),
    (change(f"{SPECTRUM}/eigenvalues", (2, 3), 99.0), f"/{SPECTRUM}/eigenvalues", "does not ascend"),
    (change(f"{SPECTRUM}/lambda_max", 2, 99.0), f"/{SPECTRUM}/lambda_max", "is not the largest"),
    (change(f"{SPECTRUM}/frobenius_norm", 2, 99.0), f"/{SPECTRUM}/frobenius_norm", "is not the square root"),
    (change(f"{SPECTRUM}/sigma/slices", 2, 99.0), f"/{SPECTRUM}/sigma/slices", "is not the square root"),
    (change(f"{SPECTRUM}/n_tail", 2, 63), f"/{SPECTRUM}/n_tail", "from xmin on"),
    (change(f"{SPECTRUM}/status", 2, 3), f"/{SPECTRUM}/status", "disagrees"),
    (change(f"{SPECTRUM}/status", 2, 3), f"/{SPECTRUM}/alpha", "calls not measured"),
    (change(f"{SPECTRUM}/status", 2, 3), f"/{SHUFFLED}/js_distance", "calls not measured"),
    (change(f"{BULK}/status", 2, 3), f"/{BULK}/sigma", "calls not measured"),
    (change(f"{BULK}/status", 2, 4), f"/{BULK}/status", "holds 4; there are 4 states"),
    (change(f"{BULK}/status", 2, 1), f"/{BULK}/status", "disagrees with sigma"),
    (change(f"{BULK}/n_spikes", 2, 40), f"/{BULK}/n_spikes", "above spike_edge"),
    (change(f"{BULK}/n_spikes", 5, 0), f"/{BULK}/n_spikes", "above spike_edge"),
    (change(f"{BULK}/lambda_plus", 2, 99.0), f"/{BULK}/lambda_plus", "does not follow"),
    (change(f"{BULK}/lambda_minus", 2, 99.0), f"/{BULK}/lambda_minus", "does not follow"),
    (change(f"{BULK}/spike_edge", 2, 1e-6), f"/{BULK}/spike_edge", "is below lambda_plus"),
    (change(f"{BULK}/soft_rank", 2, 0.01), f"/{BULK}/soft_rank", "is not lambda_plus over lambda_max"),
    (attribute(BULK, "Q", 2.0), f"/{BULK}/lambda_plus", "does not follow from sigma and Q"),
    (change(f"{SHUFFLED}/edges", 0, -1.0), f"/{SHUFFLED}/edges", "does not ascend from above 0"),
    (change(f"{SHUFFLED}/density", (2, 0), -1.0), f"/{SHUFFLED}/density", "is no density"),
    (replace(f"{SHUFFLED}/density", lambda a: a * np.float32(1.1)), f"/{SHUFFLED}/density", "integral is above 1"),
    (change(f"{SHUFFLED}/eigenvalues", (1, 3), 99.0), f"/{SHUFFLED}/eigenvalues", "does not ascend"),
    (change(f"{SHUFFLED}/epoch", 2, 9), f"/{SHUFFLED}/epoch", "beyond 5"),
    (change(f"{SHUFFLED}/lambda_max", 0, 99.0), f"/{SHUFFLED}/lambda_max", "is not the largest of the shuffled"),
    (change(f"{SHUFFLED}/js_distance", 2, 0.9), f"/{SHUFFLED}/js_distance", "leaves [0, 0.833]"),
    (attribute(SHUFFLED, "replicas", np.int64(2)), f"/{SHUFFLED}/eigenvalues", "side and replicas give 128"),
    (change(f"{SPECTRUM}/interval/alpha_low", 5, 99.0), f"/{SPECTRUM}/interval/alpha_high", "is not above the lower"),
    (change(f"{SPECTRUM}/interval/alpha_low", 5, 0.5), f"/{SPECTRUM}/interval/alpha_low", "is below 1"),
    (change(f"{SPECTRUM}/interval/xmin_low", 5, np.nan), f"/{SPECTRUM}/interval/xmin_high", "is not above the lower"),
    (change(f"{SPECTRUM}/interval/n_tail_high", 5, 9e5), f"/{SPECTRUM}/interval/n_tail_high", "eigenvalues that there"),
    (change(f"{SPECTRUM}/interval/stability", 5, 1.5), f"/{SPECTRUM}/interval/stability", "leaves [0, 1]"),
    (change(f"{SPECTRUM}/alpha", 5, np.nan), f"/{SPECTRUM}/interval/alpha_low", "failed or was not made"),
    (change(f"{SPECTRUM}/p_value", (), 1.5), f"/{SPECTRUM}/p_value", "leaves [0, 1]"),
    (change(f"{SPECTRUM}/alpha", 5, np.nan), f"/{SPECTRUM}/p_value", "failed or was not made"),
    (change(f"{CONVOLUTION}/sigma/leading", (2, 2), 99.0), f"/{CONVOLUTION}/sigma/leading", "does not descend"),
    (change(f"{CONVOLUTION}/sigma/leading", (2, 0), 99.0), f"/{CONVOLUTION}/sigma/leading", "begin with"),
    (change(f"{CONVOLUTION}/sigma/folded/leading", (2, 0), 99.0), f"/{CONVOLUTION}/sigma/folded/leading", "begin with"),
    (change(f"{CONVOLUTION}/sigma/slices", 2, 99.0), f"/{CONVOLUTION}/sigma/slices", "is above reshaped"),
    (change(f"{CONVOLUTION}/sigma/operator", 2, 99.0), f"/{CONVOLUTION}/sigma/operator", "above 3 times reshaped"),
    (change(f"{CONVOLUTION}/sigma/operator", 2, 1e-3), f"/{CONVOLUTION}/sigma/reshaped", "is above operator"),
    (
        change(f"{CONVOLUTION}/sigma/folded/operator", 2, 1e-3),
        f"/{CONVOLUTION}/sigma/folded/reshaped",
        "is above operator",
    ),
    (change(f"{SPECTRUM}/sigma/operator", 2, 99.0), f"/{SPECTRUM}/sigma/operator", "is above reshaped"),
    (attribute(f"{RUN}/phase/spectral", "agreement", 0.25), f"/{RUN}/phase/spectral", "says agreement 0.2500"),
    (attribute(f"{RUN}/phase/spectral", "kappa", 0.9), f"/{RUN}/phase/spectral", "says kappa 0.9000"),
    (change(f"{RUN}/phase/spectral", 0, 2), f"/{RUN}/stop/spectral/epoch", "is not the first epoch"),
    (change(f"{RUN}/stop/validation/epoch", (), 6), f"/{RUN}/stop/validation/epoch", "neither an epoch"),
    (change(f"{RUN}/stop/spectral/epoch", (), 2), f"/{RUN}/stop/spectral/epoch", "is not the first epoch"),
    (change(f"{RUN}/stop/spectral/accuracy", (), 0.01), f"/{RUN}/stop/spectral/accuracy", "is 0.0100; validation"),
    (change(f"{RUN}/stop/validation/cost", (), 0.5), f"/{RUN}/stop/validation/cost", "is 0.5000; validation"),
    (attribute(RUN, "stopped_by", "boredom"), f"/{RUN}", "stopped by 'boredom'"),
    (attribute(f"{RUN}/layers/head.0", "shape", np.array([64, 32])), f"/{SPECTRUM}/eigenvalues", "shape gives 32"),
    (change(f"{NOISE}/prediction", 7, 10), f"/{NOISE}/prediction", "holds 10; there are 10 classes"),
    (change(f"{NOISE}/history/prediction", (1, 7), 10), f"/{NOISE}/history/prediction", "holds 10"),
    (change(f"{NOISE}/confidence", 7, 0.05), f"/{NOISE}/confidence", "leaves [1/10, 1]"),
    (change(f"{NOISE}/preview/probabilities", (0, 0, 0), 3.0), f"/{NOISE}/preview/probabilities", "sum to 1"),
    (change(f"{NOISE}/gallery/trial", 0, 4000), f"/{NOISE}/gallery/trial", "beyond 200"),
    (attribute(NOISE, "threshold", 0.9999), f"/{NOISE}/gallery/trial", "no success"),
    (change("dataset/examples/label", 0, 10), "/dataset/examples/label", "holds 10"),
]


@pytest.mark.parametrize(("spoil", "path", "what"), NUMBERS, ids=[f"{p}:{w}" for _, p, w in NUMBERS])
def test_faults_of_numbers(
    spoiled: Callable[[Callable[[h5py.File], None]], Path], spoil: Callable[[h5py.File], None], path: str, what: str
) -> None:
    problems = check(spoiled(spoil))
    assert any(problem.path == path and what in problem.what for problem in problems), problems


def test_a_run_stopped_early_is_complete(spoiled: Callable[[Callable[[h5py.File], None]], Path]) -> None:
    def stop(file: h5py.File) -> None:
        file[RUN].attrs["epochs_planned"] = np.int64(50)
        file[RUN].attrs["stopped_by"] = "spectral"

    assert check(spoiled(stop)) == []


def test_a_kernel_that_wraps_around_its_feature_map_may_lose_norm(
    spoiled: Callable[[Callable[[h5py.File], None]], Path],
) -> None:
    def shrink(file: h5py.File) -> None:
        file[CONVOLUTION].parent.attrs["feature_map"] = np.array([2, 2])
        file[f"{CONVOLUTION}/sigma/operator"][2] *= 0.5

    assert check(spoiled(shrink)) == []


def test_epochs_that_are_not_measured_yet_are_no_problem(contents: Contents, tmp_path: Path) -> None:
    """As the recorder leaves them while the spectra of a training are measured by another process."""
    for key, value in contents.datasets.items():
        if key.startswith(f"/{SPECTRUM}/") and value.ndim and len(value) == 6:
            missing = FitStatus.NOT_MEASURED if key.endswith("/status") else 0
            value[4:] = np.nan if value.dtype.kind == "f" else missing
    contents.drop(f"/{SPECTRUM}/p_value")
    for key in ("epoch", "eigenvalues"):
        contents.datasets[f"/{SHUFFLED}/{key}"] = contents.datasets[f"/{SHUFFLED}/{key}"][:2]
    write(tmp_path / "ahead.h5", contents)
    assert check(tmp_path / "ahead.h5") == []


def test_an_older_version_may_use_other_words_but_no_other_units(
    spoiled: Callable[[Callable[[h5py.File], None]], Path],
) -> None:
    def older(file: h5py.File) -> None:
        file.attrs["schema_version"] = "1.0"
        file[f"{SPECTRUM}/status"].attrs["long_name"] = "0 ok, 1 failed, 2 few"
        file[f"{SPECTRUM}/alpha"].attrs["long_name"] = ""
        file[f"{RUN}/step"].attrs["units"] = "furlongs"

    assert {problem.path for problem in check(spoiled(older))} == {f"/{SPECTRUM}/alpha", f"/{RUN}/step"}


def test_a_store_without_the_newer_measures_is_clean(contents: Contents, tmp_path: Path) -> None:
    """Version 1.0 had no baseline, no bulk, no folded norms, no rule on spectra."""
    for layer in [p for p in contents.attributes if p.endswith("/spectrum")]:
        for key in ("random", "marchenko_pastur", "p_value", "sigma/folded", "sigma/leading"):
            contents.drop(f"{layer}/{key}")
    for key in ("phase/spectral", "stop"):
        contents.drop(f"/{RUN}/{key}")
    write(tmp_path / "old.h5", contents)
    assert check(tmp_path / "old.h5") == []


def test_damage_inside_is_reported(pristine: Path, tmp_path: Path) -> None:
    """By the chunk's own checksum, to someone who asks for a store to be sealed again."""
    with h5py.File(pristine) as file:
        chunk = file[f"{RUN}/parameters/weight/counts"].id.get_chunk_info(0)
    content = bytearray(pristine.read_bytes())
    content[chunk.byte_offset + 7] ^= 1
    path = tmp_path / "damaged.h5"
    path.write_bytes(content)
    with pytest.raises(WeightreelError, match="is damaged or was changed"):
        check(path)
    damage = [f"/{RUN}/parameters/weight/counts: is damaged and cannot be read"]
    assert [str(p) for p in check(path, sealed=False)] == damage
    assert [str(p) for p in seal_again(path)] == damage
    assert path.read_bytes() == content


def test_a_newer_minor_version_may_hold_more(spoiled: Callable[[Callable[[h5py.File], None]], Path]) -> None:
    def newer(file: h5py.File) -> None:
        file.attrs["schema_version"] = "1.99"
        file[f"{RUN}/mood"] = 1

    assert check(spoiled(newer)) == []


def test_a_training_that_goes_on_is_clean(contents: Contents, tmp_path: Path) -> None:
    contents.describe("/runs/cnn-s0", state="training", epochs_planned=50)
    for gone in ("test", "attacks/uniform-noise/prediction", "attacks/uniform-noise/confidence"):
        contents.drop(f"/runs/cnn-s0/{gone}")
    contents.drop("/runs/cnn-s0/attacks/uniform-noise/gallery")
    write(tmp_path / "on.h5", contents)
    assert check(tmp_path / "on.h5") == []


def test_weights_that_diverged_are_no_problem(contents: Contents, tmp_path: Path) -> None:
    parameter = "/runs/cnn-s0/parameters/weight"
    for key in ("mean", "std", "minimum", "maximum"):
        contents.datasets[f"{parameter}/{key}"][-1] = np.nan
    contents.datasets[f"{parameter}/counts"][-1] = 0
    spectrum = f"/{SPECTRUM}"
    for key, value in contents.datasets.items():
        if key.startswith(f"{spectrum}/") and value.dtype.kind == "f" and not key.endswith("/edges"):
            value[-1 if value.ndim else ()] = np.nan
    for group in (spectrum, f"/{BULK}"):
        contents.datasets[f"{group}/status"][-1] = FitStatus.FAILED
    contents.datasets[f"{spectrum}/n_tail"][-1] = 0
    contents.datasets[f"/{BULK}/n_spikes"][-1] = 0
    write(tmp_path / "diverged.h5", contents)
    assert check(tmp_path / "diverged.h5") == []


def test_a_network_without_biases_is_no_problem(contents: Contents, tmp_path: Path) -> None:
    for path in [p for p in contents.attributes if p.endswith("/bias")]:
        contents.drop(path)
    write(tmp_path / "plain.h5", contents)
    assert check(tmp_path / "plain.h5") == []


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match="there is no store"):
        check(tmp_path / "none.h5")


def test_the_same_apart_from_times(contents: Contents, pristine: Path, tmp_path: Path) -> None:
    contents.datasets["/runs/cnn-s0/seconds"] += 1
    contents.describe("/", created="2026-01-01T00:00:00Z", software=json.dumps({"torch": "9"}))
    write(tmp_path / "later.h5", contents)
    assert same(pristine, tmp_path / "later.h5") == []


def test_every_difference_is_named(contents: Contents, pristine: Path, tmp_path: Path) -> None:
    contents.datasets["/runs/cnn-s0/train/loss"][2] += 1e-6
    contents.datasets["/runs/cnn-s0/running_loss"][0] = 1  # was NaN
    contents.drop("/runs/cnn-s0/test/loss")
    contents.describe("/runs/cnn-s0", title="Other")
    contents.describe("/runs/cnn-s0/phase/validation", rule="another")
    write(tmp_path / "other.h5", contents)
    assert same(pristine, tmp_path / "other.h5") == [
        "/runs/cnn-s0/running_loss differs in 1 of 6 places, first at 0",
        "/runs/cnn-s0/test/loss is only in the first",
        "/runs/cnn-s0/train/loss differs in 1 of 6 places, first at 2",
        "attribute title of /runs/cnn-s0 differs",
        "attribute rule of /runs/cnn-s0/phase/validation differs",
    ]
    assert same(tmp_path / "other.h5", pristine)[1] == "/runs/cnn-s0/test/loss is only in the second"


def test_negative_errors_are_refused_from_version_1_5_on(
    spoiled: Callable[[Callable[[h5py.File], None]], Path],
) -> None:
    """Older stores have WeightWatcher's -1 / √K for fewer than 8 eigenvalues, and are read."""

    def spoil(version: str) -> Callable[[h5py.File], None]:
        def both(file: h5py.File) -> None:
            change(f"{SPECTRUM}/alpha_error", 2, -0.4)(file)
            attribute("/", "schema_version", version)(file)

        return both

    found = [problem.what for problem in check(spoiled(spoil("1.5")))]
    assert any("negative numbers; where there is no error it is NaN" in what for what in found)
    assert not any("negative" in problem.what for problem in check(spoiled(spoil("1.4"))))


def test_an_older_store_that_is_sealed_again_loses_its_negative_errors(contents: Contents, tmp_path: Path) -> None:
    errors = contents.datasets[f"/{SPECTRUM}/alpha_error"]
    errors[1] = -0.4
    write(tmp_path / "new.h5", contents)
    with Store(tmp_path / "new.h5") as store:
        found = store.contents().datasets[f"/{SPECTRUM}/alpha_error"]
    assert np.isnan(found[1])
    np.testing.assert_array_equal(found[2:], errors[2:])
