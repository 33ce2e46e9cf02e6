"""Where a store holds what films write: for every reading, histories that are read from the store alone."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents

FAILED, NOT_MEASURED = 1, 3
"""Of a fit's status."""
NINES = -np.log10(1 - np.array([0.5, 0.999]))
History = np.ndarray[Any, Any]
Candidates = Iterator[History]


class Node:
    """A group of the store's contents: arrays and groups by path, as h5py has them.

    Layers are stacked in the file; here each has its own, as the store's reader unstacks them.
    """

    def __init__(self, contents: Contents, path: str = "") -> None:
        self.contents, self.path = contents, path

    def __getitem__(self, key: str) -> Any:
        path = f"{self.path}/{key}"
        return self.contents.datasets[path] if path in self.contents.datasets else Node(self.contents, path)

    def __contains__(self, key: str) -> bool:
        path = f"{self.path}/{key}"
        return any(found == path or found.startswith(f"{path}/") for found in self.contents.datasets)

    @property
    def attrs(self) -> dict[str, Any]:
        """The group's attributes."""
        return self.contents.attributes.get(self.path, {})

    @property
    def paths(self) -> list[str]:
        """Of all arrays below, from here."""
        return [p[len(self.path) + 1 :] for p in self.contents.datasets if p.startswith(f"{self.path}/")]

    def items(self) -> list[tuple[str, Any]]:
        """Every child with its name."""
        return [(name, self[name]) for name in dict.fromkeys(path.split("/")[0] for path in self.paths)]

    def values(self) -> list[Any]:
        """Every child."""
        return [child for _, child in self.items()]


@cache
def contents_of(path: Path) -> Node:
    """Everything in a store."""
    with Store(path) as store:
        return Node(store.contents())


def stored(file: Node, *patterns: str) -> Candidates:
    """Every dataset below a run whose path, without the run's, is like one of the patterns."""
    for run in file["runs"].values():
        for path in run.paths:
            if any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
                yield run[path][()]


def epochs(file: Node) -> Candidates:
    """Of every run, and of all together."""
    each = list(stored(file, "epoch"))
    yield from each
    yield np.unique(np.concatenate(each))


def spectra(file: Node) -> Iterator[Node]:
    """Every layer's."""
    for run in file["runs"].values():
        for layer in run["layers"].values():
            if "spectrum/alpha" in layer:
                yield layer["spectrum"]


def of_fits(*keys: str) -> Callable[[Node], Candidates]:
    """Numbers of fits, NaN where none can be drawn; several beside each other."""

    def candidates(file: Node) -> Candidates:
        for spectrum in spectra(file):
            status = spectrum["status"][()]
            numbers = np.stack([spectrum[key][()].astype(float) for key in ("alpha", "xmin", "lambda_max")])
            drawn = (status != FAILED) & np.isfinite(numbers).all(0) & (numbers[1] > 0) & (spectrum["n_tail"][()] > 0)
            found = [
                np.where(drawn, spectrum[key][()].astype(float) if key in spectrum else np.nan, np.nan) for key in keys
            ]
            yield found[0] if len(keys) == 1 else np.stack(found, 1)

    return candidates


def doubts(file: Node) -> Candidates:
    """What is told of a fit."""
    for spectrum, (alpha,) in zip(spectra(file), ((a,) for a in of_fits("alpha")(file)), strict=True):
        status = spectrum["status"][()]
        yield np.where(np.isfinite(alpha) | (status == NOT_MEASURED), status, FAILED)


def alphas(file: Node) -> Candidates:
    """Alpha, or what is told instead."""
    for alpha, told in zip(of_fits("alpha")(file), doubts(file), strict=True):
        yield np.stack([alpha, told], 1)


def edges(file: Node, then: Callable[[Node, History], History]) -> Candidates:
    """What is made of the edge of every random bulk, (E,); NaN where none was found."""
    for spectrum in spectra(file):
        if "marchenko_pastur/spike_edge" in spectrum:
            edge = spectrum["marchenko_pastur/spike_edge"][()].astype(float)
            yield then(spectrum, np.where(edge > 0, edge, np.nan))


def spikes(spectrum: Node, edge: History) -> History:
    """Eigenvalues above the edge, (E,)."""
    return np.where(np.isfinite(edge), spectrum["marchenko_pastur/n_spikes"][()], np.nan)


def shares_of_matrices(file: Node) -> Candidates:
    """Every cell of every confusion matrix as a share of its row, (E,)."""
    for counts in stored(file, "validation/confusion"):
        with np.errstate(invalid="ignore"):
            shares = counts / counts.sum(-1, keepdims=True)
        yield from shares.reshape(len(shares), -1).T


def answers(file: Node) -> Candidates:
    """Confidence in every answer after every step of an attack, and at every record in the first noise images."""
    for steps in stored(file, "attacks/*/path/probabilities"):  # (n, S + 1, C)
        whole = np.concatenate([steps, np.clip(1 - steps.sum(-1, keepdims=True), 0, 1)], -1)
        yield from whole.transpose(0, 2, 1).reshape(-1, whole.shape[1])
    for records in stored(file, "attacks/*/preview/probabilities"):  # (E, n, C)
        whole = np.concatenate([records, np.clip(1 - records.sum(-1, keepdims=True), 0, 1)], -1)
        yield from whole.reshape(len(whole), -1).T


def ways(file: Node) -> Candidates:
    """Root mean square of how far followed biases are from where they began, by kind of layer."""
    for run in file["runs"].values():
        layers = sorted(run["layers"].values(), key=lambda layer: layer.attrs["order"])
        kinds = [layer.attrs["kind"] for layer in layers]
        followed = [a for a, b in zip(layers, kinds[1:], strict=False) if b == "batchnorm"]
        groups = [[a for a, of in zip(layers, kinds, strict=True) if of == kind] for kind in dict.fromkeys(kinds)]
        for members in (followed, *groups):
            samples = [of["bias/sample"][()] for of in members if "bias/sample" in of]
            if samples:
                yield np.sqrt(np.mean(np.concatenate([s - s[0] for s in samples], 1).astype(float) ** 2, 1))


def noise(file: Node) -> Iterator[tuple[History, History, float, int, Node]]:
    """Answers to every kind of noise: classes, confidences, the threshold, how many classes, and where they are."""
    for run in file["runs"].values():
        for name, attack in run["attacks"].items() if "attacks" in run else ():
            if "noise" in str(attack.attrs.get("kind", name)) and "confidence" in attack:
                n = len(file["dataset/classes"])
                yield attack["prediction"][()], attack["confidence"][()], attack.attrs["threshold"], n, attack


def streams(file: Node) -> Iterator[tuple[str, History]]:
    """What is counted as trials come in, by name: of each class, and of all."""
    for answers, confidence, threshold, n, _ in noise(file):
        trials = np.unique(np.linspace(0, len(answers), 240).round().astype(int))
        sure = (confidence >= threshold) & (answers < n)
        count = np.concatenate([[0], sure.cumsum()])[trials]
        yield "trials", trials
        yield "successes", count
        for of in range(n):
            yield "class", np.concatenate([[0], (sure & (answers == of)).cumsum()])[trials]


def counted(*names: str) -> Callable[[Node], Candidates]:
    """Those of `streams` of these names."""
    return lambda file: (history for name, history in streams(file) if name in names)


def bars(file: Node) -> Candidates:
    """Confidences in the first noise images one after the other, and answers as trials come in."""
    yield from counted("class")(file)
    for probabilities in stored(file, "attacks/*/preview/probabilities"):
        for n in range(1, len(probabilities[-1]) + 1):
            for of in probabilities[-1][:n].T:
                yield np.concatenate([[np.nan], of])


def passing(file: Node) -> Candidates:
    """Shares that are at least as sure as thresholds that are evenly apart in nines."""
    thresholds = 1 - 10 ** -np.linspace(*NINES, 240)
    sure = [np.where(answers < n, confidence, 0) for answers, confidence, _, n, _ in noise(file)]
    for confidence in (*sure, *stored(file, "test/confidence")):
        yield (confidence[:, None] >= thresholds).mean(0)


def rates(file: Node) -> Candidates:
    """Successes in percent at every record over the trials that are repeated, and at the last over all of them."""
    for answers, confidence, threshold, n, attack in noise(file):
        again = (attack["history/confidence"][()] >= threshold) & (attack["history/prediction"][()] < n)
        found = again.mean(1)
        found[-1] = ((confidence >= threshold) & (answers < n)).mean()
        yield 100 * found


def again(file: Node) -> Iterator[tuple[History, History, History]]:
    """Of noise that is repeated at every record: answers, confidences in classes, and which of these are sure."""
    for *_, threshold, n, attack in noise(file):
        given = attack["history/prediction"][()]
        confidence = np.where(given < n, attack["history/confidence"][()], 0.0)
        yield given, confidence, confidence >= threshold


def sure_shares(file: Node) -> Candidates:
    """Share of the repeated noise that is answered surely, (E,)."""
    for _, _, sure in again(file):
        yield sure.mean(1)


def answered(file: Node) -> Candidates:
    """Confidence in the answer to the first noise image, and share of all that have the commonest answer, (E,)."""
    for given, confidence, _ in again(file):
        yield confidence[:, 0]
        yield np.array([np.bincount(row).max() / len(row) for row in given])


def counts_of_trials(file: Node) -> Candidates:
    """Successes and trials beside each other as trials come in, (S, 2)."""
    found = list(streams(file))
    trials = [history for name, history in found if name == "trials"]
    successes = [history for name, history in found if name == "successes"]
    yield from (np.stack(both, 1) for both in zip(successes, trials, strict=True))


def fooled(file: Node) -> Candidates:
    """Confidence in what noise is turned into, after every step."""
    for way in stored(file, "attacks/*/path/confidence"):
        yield from way


def sigmas(file: Node) -> Candidates:
    """Each of the leading singular values, at the records where they are measured."""
    for leading in stored(file, "layers/*/spectrum/sigma/leading", "layers/*/spectrum/sigma/folded/leading"):
        yield from leading.T
        yield from leading[np.isfinite(leading).any(1)].T


def departures(file: Node) -> Candidates:
    """How many eigenvalues were outside before and after each departure, which is pointed at for three records."""
    for counts in edges(file, spikes):
        steps = np.full((len(counts), 2), np.nan)
        for i in range(1, len(counts)):
            if counts[i] > np.nan_to_num(counts[i - 1]):
                for j in range(i, min(i + 3, len(counts))):
                    steps[j] = (np.nan_to_num(counts[i - 1]), counts[i]) if counts[j] >= counts[i] else np.nan
        yield steps


def factors(file: Node) -> Candidates:
    """By how much a layer's spread has grown."""
    for std in stored(file, "layers/*/weight/std", "layers/*/bias/std"):
        if std[0] > 0:
            yield np.asarray(std, float) / float(std[0])


def crossed(file: Node) -> Candidates:
    """How many followed entries have another sign than at first."""
    for sample in stored(file, "layers/*/weight/sample", "layers/*/bias/sample"):
        yield (np.sign(sample) * np.sign(sample[0]) < 0).sum(1).astype(float)


STORED: dict[str, Callable[[Node], Candidates]] = {
    r"EpochDial .*": epochs,
    r"Timeline .*": epochs,
    r"Readout spread of the \w+": lambda f: stored(f, "parameters/*/std"),
    r"Readout .*: RMS change": ways,
    r"LayerStack .*": factors,
    r"Sand crossed": crossed,
    r"Readout loss on .*": lambda f: stored(f, "train/loss", "validation/loss"),
    r"EsdPlot alpha": alphas,
    r"(Readout|Counter) largest eigenvalue": lambda f: stored(f, "layers/*/spectrum/lambda_max"),
    r"Counter largest eigenvalue": lambda f: (
        largest.astype(float) for largest in stored(f, "layers/*/spectrum/lambda_max")
    ),
    r"Counter (have left|are outside), of .*": lambda f: edges(f, spikes),
    r"Leaving departure": departures,
    r"UnitBall σ.": sigmas,
    r"Readout validation accuracy": lambda f: stored(f, "validation/accuracy"),
    r"Readout .* taken for .*|ConfusionMatrix diagonal": shares_of_matrices,
    r"Bars .*": bars,
    r"AnswerBars .*": answers,
    r"Readout step": lambda f: (
        np.arange(way.shape[1])
        for way in (*stored(f, "attacks/*/path/probabilities"), *stored(f, "attacks/*/path/confidence"))
    ),
    r"Readout shown enlarged": lambda _: (np.arange(1.0, most + 1) for most in range(1, 256)),
    r"Readout confidence of at least": lambda _: iter([1 - 10 ** -np.linspace(*NINES, 240)]),
    r"Readout .*(noise \(bold\)|real \(thin\))": passing,
    r"Readout pictures of noise": lambda f: (np.arange(len(given[0]) + 1) for given, *_ in again(f)),
    r"DotHistory .*": sure_shares,
    r"AnswerReadout .*": answered,
    r"CountedRates .*": counts_of_trials,
    r"Readout ": lambda f: (of for found in (passing(f), fooled(f)) for of in found),
    r"GroupedBars .*": rates,
}
"""Where the store holds what is read, by the instrument's class and the reading's name."""
