"""What stands under the page's charts: a reading of every epoch that it keeps, and the cells of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from weightreel.analysis.findings.spectral.alpha import authors_in_words, report_in_words
from weightreel.analysis.findings.spectral.intervals import Interval, alpha_in_words
from weightreel.analysis.findings.words.language import noted, nouns, phrase, translated
from weightreel.analysis.findings.words.names import layer_in_words, names_of
from weightreel.analysis.findings.words.numbers import count, percent, significant
from weightreel.page.forms import Forms, Said

Json = dict[str, Any]
Column = tuple[str, str]

COLUMNS: dict[Column, str] = {
    ("train", "accuracy"): noted("training accuracy"),
    ("train", "loss"): noted("training loss"),
    ("validation", "accuracy"): noted("validation accuracy"),
    ("validation", "loss"): noted("validation loss"),
}
"""Columns of the table of what was learned, in its order: part of the data, quantity, and the column's name."""
KINDS = {
    "uniform-noise": noted("uniform noise"),
    "gaussian-noise": noted("Gaussian noise"),
    "rademacher-noise": noted("±1 noise"),
    "smooth-noise": noted("smooth noise"),
    "shuffled-pixels": noted("shuffled pixels"),
}
"""Kinds of noise within a sentence."""


class Readings:
    """What is said of a run at the frames.

    Args:
        forms: where its sentences are kept.
        run: as `page_data` has it.
        title: its name for people.
    """

    def __init__(self, forms: Forms, run: Json, title: str) -> None:
        self.forms, self.run, self.title = forms, run, title
        self.clock: str = run["clock"]
        self.frames = [int(frame) for frame in run["frames"]]

    def _at(self, frame: int) -> Json:
        return {"clock": self.clock, "title": self.title, "epoch": int(self.run["epoch"][frame])}

    def now(self) -> Json:
        """Where the slider stands, as it is seen and as it is read aloud."""
        last, phase = int(self.run["epoch"][-1]), self.run["phase"]
        seen, heard = [], []
        for frame in self.frames:
            values = self._at(frame) | {"last": last}
            seen.append([self.forms.said("{epoch} of {last}", **values)])
            if phase is None:
                heard.append([self.forms.said("{clock} {epoch} of {last}", **values)])
            else:
                named = phrase(phase[frame])
                heard.append([self.forms.said("{clock} {epoch} of {last}, {phase}", phase=named, **values)])
        return {"seen": seen, "heard": heard}

    def learning(self) -> Json:
        """Losses, accuracies and phases, those that were measured: readings, and every epoch as a row."""
        columns = [column for column in COLUMNS if is_measured(self.run, *column)]
        cells = {(part, key): _written(self.run[part][key], key) for part, key in columns}
        phases = [[phrase(name)] for name in self.run["phase"] or ()]
        of_recipe = self.run["source"] is None and len(columns) == len(COLUMNS) and phases
        return {
            "said": [[self._learned(i, cells) if of_recipe else self._measured(i, cells)] for i in self.frames],
            "head": [
                nouns(self.clock)["clock"],
                *(phrase(COLUMNS[column]) for column in columns),
                *([phrase("phase")] if phases else []),
            ],
            "rows": [
                [str(epoch), *(column[i] for column in cells.values()), *(phases[i] if phases else [])]
                for i, epoch in enumerate(self.run["epoch"])
            ],
        }

    def _learned(self, frame: int, cells: dict[Column, list[str]]) -> Said:
        return self.forms.said(
            "{title}, {clock} {epoch}: it answers {train} of the training images rightly and {validation} of those it "
            "has not seen; its losses are {train_loss} and {validation_loss}. By its losses it is {phase}.",
            train=cells["train", "accuracy"][frame],
            validation=cells["validation", "accuracy"][frame],
            train_loss=cells["train", "loss"][frame],
            validation_loss=cells["validation", "loss"][frame],
            phase=phrase(self.run["phase"][frame]),
            **self._at(frame),
        )

    def _measured(self, frame: int, cells: dict[Column, list[str]]) -> Said:
        """What other code measured; it may have measured nothing here."""
        known = [(part, key) for part, key in cells if np.isfinite(self.run[part][key][frame])]
        if not known:
            return self.forms.said("{title}, {clock} {epoch}: nothing was measured here.", **self._at(frame))
        numbers = ", ".join(f"{phrase(COLUMNS[column])} {cells[column][frame]}" for column in known)
        return self.forms.said("{title}, {clock} {epoch}: {numbers}.", numbers=numbers, **self._at(frame))

    def distribution(self, found: Json, parameter: str, layer: str | None) -> list[list[Said]]:
        """What is said of a histogram of weights or biases.

        Args:
            found: its part of the data.
            parameter: weight or bias.
            layer: whose; None of all convolution and linear layers together.
        """
        whose = phrase("all convolution and linear layers") if layer is None else layer_in_words(layer)
        parameters = phrase("weights") if parameter == "weight" else phrase("biases")
        said = []
        for i, frame in enumerate(self.frames):
            outside = int(found["below"][i] + found["above"][i])
            sentences = [
                self.forms.said(
                    "{title}, {whose}, {clock} {epoch}: {n} {parameters} with mean {mean} and standard deviation "
                    "{std}, from {minimum} to {maximum}.",
                    whose=whose,
                    n=count(int(found["counts"][i].sum()) + outside),
                    parameters=parameters,
                    mean=significant(found["mean"][frame], 2),
                    **{key: significant(found[key][frame]) for key in ("std", "minimum", "maximum")},
                    **self._at(frame),
                )
            ]
            if outside:
                sentences.append(
                    self.forms.said("{n} of them lie beyond the axis.", n=count(outside), clock=self.clock)
                )
            said.append(sentences)
        return said

    def spectrum(self, layer: str, found: Json) -> list[list[Said]]:
        """What is said of a layer's ESD, its bulk and its fitted tail; `found` is their part of the data."""
        return [list(self._spectrum(layer, found, frame)) for frame in self.frames]

    def _spectrum(self, layer: str, found: Json, frame: int) -> Iterator[Said]:
        n, known, clock = found["n_eigenvalues"], found["n_known"], self.clock
        yield self.forms.said(
            "{title}, {layer}, {clock} {epoch}: {n} eigenvalues, the largest {largest}.",
            layer=layer_in_words(layer),
            n=count(n),
            largest=significant(found["lambda_max"][frame] if "lambda_max" in found else np.nan),
            **self._at(frame),
        )
        if known < n:
            yield self.forms.said("The {n} largest alone are known.", n=count(known), clock=clock)
        elif "bulk" in found:
            spikes = found["bulk"]["n_spikes"][frame]
            if spikes is None:
                yield self.forms.said("No random bulk could be fitted.", clock=clock)
            else:
                yield self.forms.said("{n} of them lie above the random bulk.", n=count(spikes), clock=clock)
        if np.isfinite(found["alpha"][frame]):
            yield self.forms.said(
                "The tail begins at {xmin} and holds {n}; α = {alpha}, distance D = {distance}.",
                xmin=significant(found["xmin"][frame]),
                n=count(found["n_tail"][frame]),
                alpha=alpha_in_words(float(found["alpha"][frame]), _interval(found, frame)),
                distance=significant(found["ks_distance"][frame], 2),
                clock=clock,
            )
        yield from self._care(found, frame)

    def alpha(self, layer: str, found: Json) -> list[list[Said]]:
        """What a layer's alpha is taken for by either reading, undecided."""
        return [list(self._alpha(layer, found, frame)) for frame in self.frames]

    def _alpha(self, layer: str, found: Json, frame: int) -> Iterator[Said]:
        alpha = float(found["alpha"][frame])
        values = self._at(frame) | {"layer": layer_in_words(layer)}
        if np.isnan(alpha):
            yield self.forms.said("{title}, {layer}, {clock} {epoch}: there is no alpha to read.", **values)
        else:
            yield self.forms.said(
                "{title}, {layer}, {clock} {epoch}: α = {alpha}: {report}, {authors}.",
                alpha=alpha_in_words(alpha, _interval(found, frame)),
                report=report_in_words(alpha),
                authors=authors_in_words(alpha, trusted=found["status"][frame] == "ok"),
                **values,
            )
        yield from self._care(found, frame)

    def _care(self, found: Json, frame: int) -> Iterator[Said]:
        """What a reader must know of a fit before believing it."""
        status = found["status"][frame]
        if status == "failed":
            yield self.forms.said(
                "Take care: the power law could not be fitted, so there is no alpha.", clock=self.clock
            )
        elif status == "not measured":
            yield self.forms.said("Take care: its spectrum is not measured yet.", clock=self.clock)
        elif status == "few eigenvalues":
            yield self.forms.said(
                "Take care: only {n} eigenvalues, too few for a fit to be trusted.",
                n=count(found["n_known"]),
                clock=self.clock,
            )

    def cells_of_alpha(self, found: Json) -> list[list[str]]:
        """Alpha and its interval as a table has them."""
        return [[significant(found["alpha"][frame]), str(_interval(found, frame) or "–")] for frame in self.frames]

    def noise(self, found: Json) -> Json:
        """The success rate of a kind of noise: readings, and every epoch as a row; empty where none was kept."""
        history = found["history"]
        if not history["trials"]:
            return {}
        written = [[percent(share) for share in shares] for shares in zip(*_rates(history), strict=True)]
        return {
            "said": [
                [
                    self.forms.said(
                        "{title}, {clock} {epoch}: {successes} of {trials} pictures of {kind} are answered with a "
                        "confidence of at least {threshold}: {rate}, 95 % interval {low} to {high}.",
                        successes=count(history["successes"][frame]),
                        trials=count(history["trials"]),
                        kind=name_of_kind(found["name"]),
                        threshold=percent(found["threshold"], 0),
                        **dict(zip(("rate", "low", "high"), written[frame], strict=True)),
                        **self._at(frame),
                    )
                ]
                for frame in self.frames
            ],
            "rows": [
                [str(epoch), count(successes), *cells]
                for epoch, successes, cells in zip(self.run["epoch"], history["successes"], written, strict=False)
            ],
        }

    def gallery(self, found: Json, classes: list[str]) -> Json:
        """What the network is surest of in a kind of noise: its words, and those of every picture."""
        if not found.get("gallery"):
            return {"words": phrase("The store keeps no pictures of noise for this network."), "pictures": []}
        names, final, kind = names_of(classes), found["final"], name_of_kind(found["name"])
        return {
            "words": phrase(
                "{kind} at the last {clock}: {title} is sure of {successes} of {trials} pictures ({rate}). These are "
                "the surest, with its answer and confidence.",
                kind=kind[:1].upper() + kind[1:],
                clock=self.clock,
                title=self.title,
                successes=count(final["successes"]),
                trials=count(final["trials"]),
                rate=percent(final["value"]),
            ),
            "pictures": [
                {
                    "answer": names[shown["class"]],
                    "confidence": percent(shown["confidence"], 2),
                    "alt": phrase("Noise that is answered with {answer}", answer=names[shown["class"]]),
                }
                for shown in found["gallery"]
            ],
        }


def _interval(found: Json, frame: int) -> Interval | None:
    """Alpha's interval at a record, from a layer's part of the data; None where none was measured."""
    interval = found.get("interval")
    if interval is None or not np.isfinite(interval["low"][frame]):
        return None
    return Interval(**{key: float(values[frame]) for key, values in interval.items()})


def is_measured(run: Json, part: str, key: str) -> bool:
    """Whether a run has measured a quantity on a part of the data at any epoch."""
    return key in run[part] and bool(np.isfinite(run[part][key]).any())


def name_of_kind(name: str) -> str:
    """A kind of noise within a sentence: `uniform noise`."""
    return translated(KINDS.get(name, name.replace("-", " ")))


def _written(values: Any, key: str) -> list[str]:
    return [percent(value) if key == "accuracy" else significant(value) for value in values]


def _rates(history: Json) -> list[list[float]]:
    return [history[key] for key in ("value", "low", "high")]
