"""The checker counts attacks, certificates and test images again: each rule finds its fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.edited import edited
from tests.store.check.test_faults import attribute, change, remove, replace
from weightreel.analysis.store.check.counts import recount
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.check.tree import tree
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write

RUN = "runs/cnn-s0"
NOISE, PGD, DEEPFOOL, FOOLING = (
    f"{RUN}/attacks/{name}" for name in ("uniform-noise", "pgd10-linf-8", "deepfool-l2", "fooling")
)
WORST, MASKING = f"{RUN}/attacks/worst-case", f"{RUN}/masking"
CERTIFICATE, SALIENCY, PATH = f"{RUN}/certificates/sigma-0.25", f"{RUN}/saliency", f"{PGD}/path/perturbation"

Spoil = Callable[[h5py.File], None]


def where(path: str, condition: Callable[[h5py.File], np.ndarray], value: Callable[[h5py.File], object]) -> Spoil:
    """Change the first place at which a condition holds."""

    def spoil(file: h5py.File) -> None:
        file[path][int(np.flatnonzero(condition(file))[0])] = value(file)

    return spoil


def right(file: h5py.File) -> np.ndarray:
    return file[f"{DEEPFOOL}/clean/prediction"][()] == file[f"{DEEPFOOL}/label"][()]


def fell(file: h5py.File) -> np.ndarray:
    return file[f"{WORST}/fallen/radius"][()] > 0


def wrong(file: h5py.File) -> np.ndarray:
    return file[f"{MASKING}/clean"][()] != file[f"{MASKING}/label"][()]


def certified(file: h5py.File) -> np.ndarray:
    return file[f"{CERTIFICATE}/certified_class"][()] >= 0


def predicted(file: h5py.File) -> np.ndarray:
    return file[f"{CERTIFICATE}/prediction"][()] >= 0


def parameters(path: str, **changes: object) -> Spoil:
    def spoil(file: h5py.File) -> None:
        about = json.loads(file[path].attrs["parameters"])
        about.update(changes)
        file[path].attrs["parameters"] = json.dumps({k: v for k, v in about.items() if v is not None})

    return spoil


def other_votes(file: h5py.File) -> None:
    """A certified image of which the votes were for another class than the selection."""
    row = int(np.flatnonzero(certified(file))[0])
    votes = file[f"{CERTIFICATE}/votes"][row]
    file[f"{CERTIFICATE}/votes"][row] = np.roll(votes, 1)


def even_votes(file: h5py.File) -> None:
    """An image that was answered although its votes are even."""
    row = int(np.flatnonzero(predicted(file))[0])
    votes = np.zeros_like(file[f"{CERTIFICATE}/votes"][row])
    chosen = int(file[f"{CERTIFICATE}/prediction"][row])
    votes[chosen], votes[chosen - 1] = 505, 495
    file[f"{CERTIFICATE}/votes"][row] = votes


def less_confident_gallery(file: h5py.File) -> None:
    """A success that is hardly one stands in a gallery of the most confident."""
    confidence, trial = file[f"{NOISE}/confidence"][()], file[f"{NOISE}/gallery/trial"][()]
    successes = np.flatnonzero(confidence >= 0.9)
    weakest = successes[np.argmin(confidence[successes])]
    assert weakest not in trial
    file[f"{NOISE}/gallery/trial"][-1] = weakest


FAULTS: list[tuple[Spoil, str, str]] = [
    # Every attack.
    (attribute(NOISE, "kind", "magic"), f"/{RUN}/attacks/uniform-noise", "the kind 'magic'"),
    (attribute(PGD, "parameters", "{"), f"/{PGD}", "no JSON object"),
    (attribute(PGD, "parameters", "[1]"), f"/{PGD}", "no JSON object"),
    (attribute(RUN, "defence", "none"), f"/{RUN}", "'defence' that is no JSON object"),
    (change(f"{PGD}/label", 3, 10), f"/{PGD}/label", "holds 10; there are 10 classes"),
    (change(f"{PGD}/clean/prediction", 3, 10), f"/{PGD}/clean/prediction", "holds 10"),
    (change(f"{PGD}/clean/confidence", 3, 0.01), f"/{PGD}/clean/confidence", "leaves [1/10, 1]"),
    (change(f"{FOOLING}/target", 3, 10), f"/{FOOLING}/target", "holds 10"),
    (change(f"{FOOLING}/confidence", 3, 1.01), f"/{FOOLING}/confidence", "leaves [1/10, 1]"),
    # Noise.
    (attribute(NOISE, "threshold", None), f"/{NOISE}", "lacks its attribute 'threshold'"),
    (less_confident_gallery, f"/{NOISE}/gallery/trial", "leaves out a success that is more confident"),
    (
        change(f"{NOISE}/gallery/probabilities", slice(None), 0.1),
        f"/{NOISE}/gallery/probabilities",
        "differs from the confidence",
    ),
    (
        change(f"{NOISE}/preview/probabilities", slice(None), 0.1),
        f"/{NOISE}/preview/probabilities",
        "differs from the confidence",
    ),
    (
        replace(f"{NOISE}/history/confidence", lambda a: a[:, ::-1]),
        f"/{NOISE}/history/confidence",
        "ends otherwise than the first of all trials",
    ),
    (change(f"{NOISE}/place/spread", (1, 2), -1.0), f"/{NOISE}/place/spread", "below 0"),
    # Gradients.
    (change(f"{PGD}/image", 3, 60000), f"/{PGD}/image", "holds 60000; there are 10000 test images"),
    (change(f"{PGD}/label", slice(3, 9), 0), f"/{PGD}/label", "attacks/deepfool-l2 calls it"),
    (change(f"{PGD}/image", slice(None), 7), f"/{PGD}/image", "names an image twice"),
    (where(f"{PGD}/distance", right, lambda _: -0.01), f"/{PGD}/distance", "below 0"),
    (where(f"{PGD}/distance", right, lambda _: 8.01 / 255), f"/{PGD}/distance", "leaves the ball of radius 0.0313"),
    (where(f"{PGD}/distance", right, lambda _: np.nan), f"/{PGD}/distance", "leaves the ball"),
    (parameters(PGD, epsilon=4 / 255), f"/{PGD}/distance", "leaves the ball of radius 0.0156"),
    (parameters(PGD, epsilon=4 / 255), f"/{PATH}", "leaves the ball of radius 0.0156"),
    (parameters(PGD, epsilon=None), f"/{PGD}", "names no radius 'epsilon'"),
    (
        where(f"{PGD}/prediction", lambda f: ~right(f), lambda f: f[f"{PGD}/label"][int(np.flatnonzero(~right(f))[0])]),
        f"/{PGD}/prediction",
        "changes where the answer was wrong without attack",
    ),
    (
        where(f"{PGD}/distance", lambda f: ~right(f), lambda _: 0.01),
        f"/{PGD}/prediction",
        "changes where the answer was wrong without attack",
    ),
    (where(f"{DEEPFOOL}/distance", right, lambda _: np.nan), f"/{DEEPFOOL}/distance", "is NaN elsewhere"),
    (where(f"{DEEPFOOL}/distance", right, lambda _: -1.0), f"/{DEEPFOOL}/distance", "below 0"),
    (
        where(f"{DEEPFOOL}/prediction", right, lambda f: f[f"{DEEPFOOL}/label"][int(np.flatnonzero(right(f))[0])]),
        f"/{DEEPFOOL}/distance",
        "is NaN elsewhere",
    ),
    # The way of one.
    (change(PATH, (0, 0, 3, 3, 0), 1), f"/{PATH}", "does not begin at the clean image"),
    (attribute(PATH, "scale", None), f"/{PATH}", "lacks its attribute 'scale'"),
    (attribute(PATH, "scale", 0.01), f"/{PATH}", "leaves the ball"),
    (change(f"{PGD}/path/example", 0, 20), f"/{PGD}/path/example", "there are 20 examples"),
    (change(f"{PGD}/path/probabilities", (0, 0), 0.2), f"/{PGD}/path/probabilities", "does not sum to 1"),
    # Fooling images.
    (attribute(FOOLING, "threshold", None), f"/{FOOLING}", "lacks its attribute 'threshold'"),
    (change(f"{FOOLING}/target", 1, 0), f"/{FOOLING}/target", "names a class twice"),
    (change(f"{FOOLING}/steps", 1, 99), f"/{FOOLING}/steps", "more steps than the 40"),
    (change(f"{FOOLING}/path/confidence", (1, -1), 0.5), f"/{FOOLING}/path/confidence", "changes after the last step"),
    (change(f"{FOOLING}/path/confidence", (1, 0), 0.995), f"/{FOOLING}/path/confidence", "before the last step"),
    (attribute(FOOLING, "threshold", 0.5), f"/{FOOLING}/path/confidence", "before the last step"),
    (change(f"{FOOLING}/confidence", 1, 0.7), f"/{FOOLING}/confidence", "is not the end of path/confidence"),
    (
        lambda f: (change(f"{FOOLING}/prediction", 1, 5)(f), change(f"{FOOLING}/confidence", 1, 0.3)(f)),
        f"/{FOOLING}/confidence",
        "is not the end of path/confidence",
    ),
    # Input gradients.
    (change(f"{SALIENCY}/epoch", -1, 6), f"/{SALIENCY}/epoch", "there are 6 epochs"),
    (change(f"{SALIENCY}/epoch", 1, 0), f"/{SALIENCY}/epoch", "does not ascend"),
    (change(f"{SALIENCY}/example", 0, 20), f"/{SALIENCY}/example", "there are 20 examples"),
    (change(f"{SALIENCY}/scale", (0, 0), -1.0), f"/{SALIENCY}/scale", "below 0"),
    # Test images.
    (change(f"{RUN}/test/label", 0, 10), f"/{RUN}/test/label", "holds 10"),
    (change(f"{RUN}/test/prediction", 0, 10), f"/{RUN}/test/prediction", "holds 10; there are 10 answers"),
    (change(f"{RUN}/test/confidence", 0, 0.0), f"/{RUN}/test/confidence", "leaves [1/10, 1]"),
    (change(f"{RUN}/test/prediction", 0, 9), f"/{RUN}/test/confusion", "does not count test/label and test/prediction"),
    (
        change(f"{RUN}/test/prediction", slice(0, 200), 9),
        f"/{RUN}/test/accuracy",
        "is not the share of test/prediction",
    ),
    # Certificates.
    (attribute(CERTIFICATE, "sigma", 0.0), f"/{CERTIFICATE}", "has sigma 0"),
    (attribute(CERTIFICATE, "failure_probability", 0.5), f"/{CERTIFICATE}", "failure probability 0.5"),
    (attribute(CERTIFICATE, "failure_probability", 0.0011), f"/{CERTIFICATE}/radius", "does not follow from votes"),
    (attribute(CERTIFICATE, "sigma", 0.3), f"/{CERTIFICATE}/radius", "does not follow from votes"),
    (change(f"{CERTIFICATE}/image", 0, 10000), f"/{CERTIFICATE}/image", "there are 10000 test images"),
    (change(f"{CERTIFICATE}/label", 0, 10), f"/{CERTIFICATE}/label", "holds 10"),
    (change(f"{CERTIFICATE}/clean", 0, 10), f"/{CERTIFICATE}/clean", "holds 10"),
    (change(f"{CERTIFICATE}/sample/prediction", 0, 10), f"/{CERTIFICATE}/sample/prediction", "holds 10"),
    (change(f"{CERTIFICATE}/certified_class", 0, 10), f"/{CERTIFICATE}/certified_class", "holds 10"),
    (change(f"{CERTIFICATE}/certified_class", 0, -2), f"/{CERTIFICATE}/certified_class", "below -1"),
    (change(f"{CERTIFICATE}/prediction", 0, 10), f"/{CERTIFICATE}/prediction", "holds 10"),
    (attribute(f"{CERTIFICATE}/sample", "of", np.int64(50)), f"/{CERTIFICATE}/sample", "is of image 50; there are 50"),
    (attribute(CERTIFICATE, "n_estimation", np.int64(999)), f"/{CERTIFICATE}/votes", "counts 1000 votes, not 999"),
    (attribute(CERTIFICATE, "n_estimation", np.int64(1001)), f"/{CERTIFICATE}/votes", "counts 1000 votes, not 1001"),
    (change(f"{CERTIFICATE}/selection", (0, 0), 5000), f"/{CERTIFICATE}/selection", "votes, not 100"),
    (where(f"{CERTIFICATE}/radius", certified, lambda _: np.nan), f"/{CERTIFICATE}/radius", "is NaN elsewhere"),
    (where(f"{CERTIFICATE}/radius", certified, lambda _: 0.77), f"/{CERTIFICATE}/radius", "does not follow from votes"),
    (
        where(
            f"{CERTIFICATE}/certified_class",
            certified,
            lambda f: (f[f"{CERTIFICATE}/certified_class"][int(np.flatnonzero(certified(f))[0])] + 5) % 10,
        ),
        f"/{CERTIFICATE}/certified_class",
        "is not the class most selected",
    ),
    (other_votes, f"/{CERTIFICATE}/certified_class", "abstains elsewhere than where the votes are too even"),
    (
        where(
            f"{CERTIFICATE}/prediction",
            predicted,
            lambda f: (f[f"{CERTIFICATE}/prediction"][int(np.flatnonzero(predicted(f))[0])] + 5) % 10,
        ),
        f"/{CERTIFICATE}/prediction",
        "is not the class of most votes",
    ),
    (where(f"{CERTIFICATE}/prediction", predicted, lambda _: -1), f"/{CERTIFICATE}/prediction", "votes are clear"),
    (even_votes, f"/{CERTIFICATE}/prediction", "does not abstain"),
    # The worst case, and signs of hidden gradients.
    (where(f"{WORST}/fallen/by", fell, lambda _: -1), f"/{WORST}/fallen/by", "where the image stands"),
    (where(f"{WORST}/fallen/by", fell, lambda _: 9), f"/{WORST}/fallen/by", "names no attack"),
    (where(f"{WORST}/fallen/by", fell, lambda _: 0), f"/{WORST}/fallen/by", "names no attack"),
    (where(f"{WORST}/fallen/radius", fell, lambda _: 0.9), f"/{WORST}/fallen/radius", "a radius that was not tried"),
    (where(f"{WORST}/fallen/radius", fell, lambda _: 0.0), f"/{WORST}/fallen/radius", "is 0 elsewhere"),
    (
        where(f"{WORST}/prediction", fell, lambda file: file[f"{WORST}/label"][int(np.flatnonzero(fell(file))[0])]),
        f"/{WORST}/prediction",
        "is not a wrong answer exactly where",
    ),
    (where(f"{WORST}/distance", fell, lambda _: 0.5), f"/{WORST}/distance", "leaves the ball"),
    (where(f"{WORST}/distance", fell, lambda _: np.nan), f"/{WORST}/distance", "leaves the ball"),
    (change(f"{WORST}/image", 0, 100_000), f"/{WORST}/image", "holds 100000; there are"),
    (attribute(MASKING, "parameters", "{"), f"/{MASKING}", "no JSON object"),
    (change(f"{MASKING}/slope/loss", 2, -1.0), f"/{MASKING}/slope/loss", "holds a value below 0"),
    (change(f"{MASKING}/black_box", 2, 10), f"/{MASKING}/black_box", "holds 10; there are 10 answers"),
    (
        where(
            f"{MASKING}/many_steps", wrong, lambda file: file[f"{MASKING}/label"][int(np.flatnonzero(wrong(file))[0])]
        ),
        f"/{MASKING}/many_steps",
        "changes where the answer was wrong without attack",
    ),
]


@pytest.fixture(scope="module")
def small(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small store without what is not attacked, so that it is quickly copied and counted."""
    path = tmp_path_factory.mktemp("attacks") / "store.h5"
    with Store(pristine) as store:
        contents = store.contents()
    contents.drop(f"/{RUN}/layers")
    for name in ("fgsm-linf", "pgd40-linf", "pgd10-linf"):
        for epsilon in (1, 2, 4):
            contents.drop(f"/{RUN}/attacks/{name}-{epsilon}")
    return write_to(path, contents)


def write_to(path: Path, contents: Contents) -> Path:
    write(path, contents)
    return path


def faults_of(path: Path, tmp_path: Path, spoil: Spoil) -> list[tuple[str, str]]:
    copy = tmp_path / "spoiled.h5"
    with edited(path, copy) as file:
        spoil(file)
    with Store(copy) as store:
        return list(recount(tree(store.contents())))


def test_the_small_store_is_clean(small: Path) -> None:
    assert check(small) == []


@pytest.mark.parametrize(("spoil", "path", "what"), FAULTS, ids=[f"{i}:{p}:{w}" for i, (_, p, w) in enumerate(FAULTS)])
def test_faults(small: Path, tmp_path: Path, spoil: Spoil, path: str, what: str) -> None:
    found = faults_of(small, tmp_path, spoil)
    assert any(at == path and what in words for at, words in found), found
    assert len(found) <= 4, found


NOTHING = attribute(RUN, "defence", json.dumps({"nothing": 0.2}))


def answer_nothing(file: h5py.File) -> None:
    """A network that calls some noise and some images nothing, and loses votes and probability to that."""
    NOTHING(file)
    for key in ("prediction", "history/prediction"):
        file[f"{NOISE}/{key}"][..., 40:60] = 10
    kept = np.flatnonzero((file[f"{NOISE}/prediction"][()] < 10) & (file[f"{NOISE}/confidence"][()] >= 0.9))
    best = kept[np.argsort(-file[f"{NOISE}/confidence"][()][kept])][: len(file[f"{NOISE}/gallery/trial"])]
    file[f"{NOISE}/gallery/trial"][()] = best
    for place, trial in enumerate(best):
        answer = np.zeros(10)
        answer[file[f"{NOISE}/prediction"][trial]] = file[f"{NOISE}/confidence"][trial]
        file[f"{NOISE}/gallery/probabilities"][place] = answer
    gone = int(np.flatnonzero(file[f"{RUN}/test/prediction"][()] != file[f"{RUN}/test/label"][()])[0])
    label, answered = (int(file[f"{RUN}/test/{key}"][gone]) for key in ("label", "prediction"))
    file[f"{RUN}/test/prediction"][gone] = 10
    file[f"{RUN}/test/confusion"][label, answered] -= 1
    row = int(np.flatnonzero(~certified(file))[0])
    top = int(file[f"{CERTIFICATE}/selection"][row].argmax())
    file[f"{CERTIFICATE}/selection"][row] = np.eye(10)[top] * 3
    file[f"{CERTIFICATE}/votes"][row] = np.eye(10)[top] * 40
    file[f"{CERTIFICATE}/prediction"][row] = -1
    file[f"{CERTIFICATE}/clean"][0] = 10


def test_nothing_is_an_answer_and_no_class(small: Path, tmp_path: Path) -> None:
    assert faults_of(small, tmp_path, answer_nothing) == []


@pytest.mark.parametrize(
    ("spoil", "path", "what"),
    [
        (change(f"{NOISE}/prediction", 7, 11), f"/{NOISE}/prediction", "holds 11; there are 11 answers"),
        (change(f"{NOISE}/confidence", 7, 0.05), f"/{NOISE}/confidence", "leaves [1/11, 1]"),
        (change(f"{NOISE}/preview/probabilities", (0, 0, 0), 1.5), f"/{NOISE}/preview/probabilities", "more than 1"),
        (
            lambda f: change(f"{NOISE}/prediction", int(f[f"{NOISE}/gallery/trial"][0]), 10)(f),
            f"/{NOISE}/gallery/trial",
            "no success",
        ),
        (change(f"{CERTIFICATE}/prediction", 0, 10), f"/{CERTIFICATE}/prediction", "holds 10; there are 10 classes"),
        (change(f"{CERTIFICATE}/votes", (0, 0), 2000), f"/{CERTIFICATE}/votes", "votes, not 1000"),
        (change(f"{RUN}/validation/confusion", (2, 0, 0), 5000), f"/{RUN}/validation/confusion", "not 1000"),
    ],
)
def test_faults_of_a_network_that_may_answer_nothing(
    small: Path, tmp_path: Path, spoil: Spoil, path: str, what: str
) -> None:
    def both(file: h5py.File) -> None:
        answer_nothing(file)
        spoil(file)

    found = faults_of(small, tmp_path, both)
    assert any(at == path and what in words for at, words in found), found


OPTIONAL = [
    f"{NOISE}/place", f"{NOISE}/gallery", f"{NOISE}/preview", f"{NOISE}/history", f"{PGD}/path", f"{PGD}/distance",
    f"{PGD}/image", f"{FOOLING}/path", f"{SALIENCY}/scale", f"{SALIENCY}/example", f"{RUN}/test/confidence",
    f"{RUN}/test/confusion", f"{RUN}/test/accuracy", f"{CERTIFICATE}/votes", f"{CERTIFICATE}/selection",
    f"{CERTIFICATE}/radius", f"{CERTIFICATE}/prediction", f"{CERTIFICATE}/sample", f"{RUN}/attacks",
    f"{RUN}/certificates", f"{RUN}/saliency",
]  # fmt: skip


@pytest.mark.parametrize("path", OPTIONAL)
def test_what_is_not_there_is_no_fault(small: Path, tmp_path: Path, path: str) -> None:
    assert faults_of(small, tmp_path, remove(path)) == []


def test_a_network_that_diverged_is_no_fault(small: Path, tmp_path: Path) -> None:
    def diverge(file: h5py.File) -> None:
        for key in ("confidence", "history/confidence", "preview/probabilities", "place/logit_scale"):
            file[f"{NOISE}/{key}"][...] = np.nan
        del file[f"{NOISE}/gallery"]

    assert faults_of(small, tmp_path, diverge) == []
