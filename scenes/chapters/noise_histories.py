"""Rates of noise success over whole trainings: which runs they are of, as curves, and what they say."""

from __future__ import annotations

import numpy as np

from weightreel.analysis.findings.histories import verdict
from weightreel.analysis.findings.noise import attack_of, rates_of
from weightreel.analysis.findings.swing import moral_in_words, swing_in_words
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.scenes.chapters.noise_comparison import MOST_TOLD, NoiseComparisonFilm
from weightreel.scenes.instruments.axes.curves import Series


class NoiseHistoryFilm(NoiseComparisonFilm):
    """Chapters about the rates at every epoch."""

    def told_by_histories(self, histories: list[tuple[Run, Attack]]) -> list[str]:
        """A name and sentences: whether the report's claim holds, else how far one network's rate swings."""
        runs = [run for run, _ in histories]
        if len(runs[0].epochs) == 1:
            return [phrase("How much one {clock} says"), phrase("One {clock} so far: no history to look at yet.")]
        if (found := verdict(runs)) is not None:
            return [phrase("Does it lower the rate?"), *found.summary, moral_in_words([found.widest])]
        rates = [rates_of(attack) for _, attack in histories]
        swings = [swing_in_words(run.title, run.epochs, of) for run, of in zip(runs[:MOST_TOLD], rates, strict=False)]
        return [phrase("How much one {clock} says"), moral_in_words([float(np.ptp(of)) for of in rates]), *swings]

    def histories(self) -> list[tuple[Run, Attack]]:
        """Every seed of the film's networks, unless WEIGHTREEL_RUN chose the runs, whose rates are known by epoch."""
        models = {run.model for run, _ in self.attacked}
        all_seeds = [run for run in self.store.runs.values() if run.model in models]
        runs = [run for run, _ in self.attacked] if self.settings.runs else all_seeds
        found = [(run, attack_of(run)) for run in runs]
        return [(run, attack) for run, attack in found if attack is not None and len(rates_of(attack))]


def on_common(run: Run, values: list[float] | np.ndarray, epochs: np.ndarray) -> np.ndarray:
    """A run's history on `epochs`, (E,); NaN where the run has not recorded one."""
    found = np.full(len(epochs), np.nan)
    found[np.searchsorted(epochs, run.epochs)] = values
    return found


def series_of(models: dict[str, np.ndarray], colours: dict[str, str]) -> list[Series]:
    """A bold curve a model, the mean of its seeds, and thin ones for several; rates (seeds, E) each."""
    found = [Series("", 100 * of.T, colours[model], 1.2, 0.6) for model, of in models.items() if len(of) > 1]
    for model, of in models.items():
        known = np.isfinite(of)
        mean = np.divide(np.where(known, of, 0).sum(0), known.sum(0), out=np.full(of.shape[1], np.nan),
                         where=known.any(0))  # fmt: skip
        found.append(Series("", 100 * mean, colours[model], 4))
    return found
