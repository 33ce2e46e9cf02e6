"""All that the page's charts and controls say, in the language, and the choices that they begin with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weightreel.analysis.findings.attacks.noise import attack_of, kinds_of
from weightreel.analysis.findings.spectra import fitted_layers, main_layer
from weightreel.analysis.findings.spectral.alpha import AUTHORS_READING, REPORT_READING, range_in_words
from weightreel.analysis.findings.spectral.randomness import few_eigenvalues
from weightreel.analysis.findings.time import TimeScale, epochs_of, times_in_words
from weightreel.analysis.findings.training import seeds_in_words
from weightreel.analysis.findings.words.digits import digits
from weightreel.analysis.findings.words.language import noted, nouns, phrase
from weightreel.analysis.findings.words.names import layer_in_words, layer_named
from weightreel.analysis.findings.words.numbers import count
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.page.colours import colour_names
from weightreel.page.forms import Forms
from weightreel.page.readings import Json, Readings, is_measured, name_of_kind

QUANTITIES = ("accuracy", "loss")
PARTS = ("train", "validation")
STATUS = {
    "ok": noted("ok"),
    "failed": noted("failed"),
    "few eigenvalues": noted("few eigenvalues"),
    "not measured": noted("not measured"),
}
"""What tables call the status of a fit."""


def page_words(data: Json, runs: Sequence[Run]) -> Json:
    """What the page's scripts need beside the data.

    Args:
        data: as `page_data` gives of the runs.
        runs: of a store, at least one.
    """
    forms, times = Forms(), _times(runs)
    found = {run.name: _run(forms, part, run, data, times) for part, run in zip(data["runs"], runs, strict=True)}
    kinds = {name: name_of_kind(name) for run in runs for name in kinds_of(run)}
    shown = attack_of(runs[0])
    return {
        "colours": colour_names(runs),
        "figures": _figures(runs, data),
        "legend": _legend(),
        "heads": _heads(),
        "labels": _labels(),
        "status": {status: phrase(words) for status, words in STATUS.items()},
        "shades": _shades(),
        "digits": _digits(),
        "kinds": kinds,
        "kind": None if shown is None else shown.name,
        "runs": found,
        "forms": forms.texts,  # last, with its words: the others have filled them
        "words": list(forms.words),
    }


def _times(runs: Sequence[Run]) -> dict[str, TimeScale]:
    """One scale for all runs that count the same."""
    clocks = dict.fromkeys(run.clock for run in runs)
    return {clock: TimeScale(epochs_of([run for run in runs if run.clock == clock])) for clock in clocks}


def _run(forms: Forms, part: Json, run: Run, data: Json, times: dict[str, TimeScale]) -> Json:
    title = seeds_in_words([run])
    readings = Readings(forms, part, title)
    layers = {layer["name"]: layer for layer in part["layers"]}
    shown = shown_layers(run)
    spectra = {name: found["spectrum"] for name, found in layers.items() if "spectrum" in found}
    noise = {found["name"]: found for found in part["noise"]}
    clock = nouns(run.clock)
    return {
        "title": title,
        "clock": clock["clock"],
        "Clock": clock["Clock"],
        "time": _time(run, times[run.clock]),
        "layers": [
            {
                "name": layer.name,
                "label": phrase("{layer} ({kind})", layer=layer_named(layer.name), kind=layer.kind),
                "words": layer_in_words(layer.name),
                "esd": phrase("eigenvalues of {layer}", layer=layer_in_words(layer.name)),
            }
            for layer in shown
        ],
        "layer": first_layer(run, shown).name,
        "now": readings.now(),
        "learning": readings.learning() | {"axes": _learning_axes(part), "legend": _learning_legend(part)},
        "parameters": {
            "all": _parameters(readings, part["parameters"], None),
            "layers": {name: _parameters(readings, found["parameters"], name) for name, found in layers.items()},
        },
        "esd": {name: _esd(readings, name, spectra.get(name)) for name in layers},
        "alpha": {
            name: readings.alpha(name, spectra[name])
            if name in spectra
            else phrase("The store holds no spectrum of {layer}.", layer=layer_in_words(name))
            for name in layers
        },
        "few": {layer.name: few_eigenvalues(layer) for layer in fitted_layers(run)},
        "alphas": {name: readings.cells_of_alpha(found) for name, found in spectra.items()},
        "noise": {name: readings.noise(found) for name, found in noise.items()},
        "gallery": {name: readings.gallery(found, data["classes"]) for name, found in noise.items()},
    }


def shown_layers(run: Run) -> list[Layer]:
    """The layers that can be chosen: those with a spectrum, since BatchNorm's scales are no matrix, else all."""
    return fitted_layers(run) or list(run.layers.values())


def first_layer(run: Run, shown: Sequence[Layer]) -> Layer:
    """The layer that the page begins with: that of the films, where it has one."""
    main = main_layer(run)
    return next((layer for layer in shown if main is not None and layer.name == main.name), shown[0])


def _time(run: Run, scale: TimeScale) -> Json:
    """Where records stand on an axis of time: at what the clock counts, or at their share of the way."""
    if not scale.logarithmic:
        return {"at": run.epochs, "ticks": None}
    powers = (10**k for k in range(len(str(int(scale.last)))))
    ticks = [scale.first, *(power for power in powers if scale.first < power <= scale.last)]
    return {"at": scale.share(run.epochs), "ticks": [[float(scale.share(t)), count(int(t))] for t in ticks]}


def _learning_axes(part: Json) -> Json:
    """Names of the axes of quantities that the run has measured; without a unit where other code measured."""
    loss = phrase("loss (nat)") if part["source"] is None else phrase("loss")
    names = {"accuracy": phrase("accuracy"), "loss": loss}
    return {key: names[key] for key in QUANTITIES if any(is_measured(part, p, key) for p in PARTS)}


def _learning_legend(part: Json) -> Json:
    """Words for the parts of the data that the run has measured."""
    if part["source"] is None:
        words = {
            "validation": phrase("images that it has not seen (validation)"),
            "train": phrase("images that it is trained on"),
        }
    else:
        words = {"validation": phrase("in validation"), "train": phrase("in training")}
    return {name: text for name, text in words.items() if any(is_measured(part, name, key) for key in QUANTITIES)}


def _parameters(readings: Readings, found: Json, layer: str | None) -> Json:
    """Readings of weights and biases; of what the store does not hold, that it does not."""
    whose = phrase("all convolution and linear layers") if layer is None else layer_in_words(layer)
    missing = {
        "weight": phrase("The store holds no weights of {layer}.", layer=whose),
        "bias": phrase("The store holds no biases of {layer}.", layer=whose),
    }
    return {
        name: readings.distribution(found[name], name, layer) if name in found else missing[name] for name in missing
    }


def _esd(readings: Readings, layer: str, found: Json | None) -> Any:
    whose = layer_in_words(layer)
    if found is None:
        return phrase("The store holds no spectrum of {layer}.", layer=whose)
    if "esd" not in found:
        return phrase("The store keeps no eigenvalues of {layer} for this seed.", layer=whose)
    return readings.spectrum(layer, found)


def _figures(runs: Sequence[Run], data: Json) -> Json:
    """Labels of every figure's charts, and of its table."""
    times = times_in_words(runs)
    measured = {key: any(is_measured(run, part, key) for run in data["runs"] for part in PARTS) for key in QUANTITIES}
    learning = {
        "accuracy": phrase("Accuracy over the {times}", times=times),
        "loss": phrase("Loss over the {times}", times=times),
    }
    charts = {
        "learning": {key: label for key, label in learning.items() if measured[key]},
        "parameters": {"": phrase("Histogram of weights or biases")},
        "esd": {"": phrase("Empirical spectral density of the layer")},
        "alpha": {"": phrase("Alpha of every layer over the {times}", times=times)},
        "noise": {"": phrase("Success rate of noise over the {times}", times=times)},
    }
    return {
        name: {"charts": labels, "numbers": phrase("Numbers: {charts}", charts=", ".join(labels.values()))}
        for name, labels in charts.items()
    }


def _legend() -> Json:
    return {
        "mean": phrase("their mean"),
        "shuffled": phrase("the same weights, shuffled"),
        "bulk": phrase("λ₊, where the random bulk ends"),
        "tail": phrase("fitted power law"),
        "xmin": phrase("xₘᵢₙ, where it starts"),
        "others": phrase("the other layers; dotted: too few eigenvalues"),
        "interval": phrase("Wilson's 95 % interval, over these pictures alone"),
        "runs": phrase("the other trainings"),
    }


def _heads() -> Json:
    """Heads of tables that are the same for every run."""
    return {
        "parameters": [phrase("lower edge"), phrase("upper edge")],
        "esd": [phrase("from λ"), phrase("to λ"), phrase("eigenvalues"), phrase("density")],
        "alpha": [phrase("layer"), phrase("eigenvalues"), phrase("alpha"), phrase("its interval, 95 %"), phrase("fit")],
        "noise": [phrase("successes"), phrase("rate"), phrase("lower bound"), phrase("upper bound")],
    }


def _labels() -> Json:
    """Labels of controls and axes."""
    return {
        "play": phrase("Play"),
        "pause": phrase("Pause"),
        "table": phrase("These numbers as a table"),
        "show": phrase("Show"),
        "all": phrase("all layers together"),
        "kind": phrase("Kind of noise"),
        "weight": phrase("weight"),
        "weights": phrase("weights"),
        "bias": phrase("bias"),
        "biases": phrase("biases"),
        "eigenvalue": phrase("eigenvalue λ of WᵀW"),
        "density": phrase("density (per unit of λ)"),
        "alpha": phrase("alpha (logarithmic)"),
        "rate": phrase("success rate"),
        "noNoise": phrase("The store holds no answers to noise over the {clocks}."),
    }


def _digits() -> Json:
    """How the page's scripts write numbers."""
    found = digits()
    return {
        "decimal": found.decimal,
        "group": found.group,
        "sizes": found.sizes,
        "percentFirst": found.percent_first,
    }


def _shades() -> list[Json]:
    """The ranges of alpha that are tinted: what the authors take for well trained, and both of the report's."""
    authors = next(band for band in AUTHORS_READING.bands if band.words == "well trained")
    tinted = [
        (authors, AUTHORS_READING, "muted", 0.22),
        *(
            (band, REPORT_READING, colour, 0.3)
            for band, colour in zip(REPORT_READING.bands, ("over-fitting", "generalising"), strict=True)
        ),
    ]
    return [
        {"low": band.low, "high": band.high, "colour": colour, "opacity": opacity,
         "words": range_in_words(band, reading)}
        for band, reading, colour, opacity in tinted
    ]  # fmt: skip
