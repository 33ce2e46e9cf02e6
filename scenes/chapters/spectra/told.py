"""What the chapters of the film of eigenvalues share: a layer, its weights as squares, its chart, the clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from weightreel.analysis.findings.blocks import layer_on_stage
from weightreel.analysis.findings.learning_rate import falls_of
from weightreel.analysis.findings.spectra import Spectrum
from weightreel.analysis.findings.spectral.escape import Escape, sampled_weights
from weightreel.analysis.findings.words.gaps import asked_epochs
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Layer
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.instruments.networks.weight_patch import WeightPatch
from weightreel.scenes.instruments.spectra.escape_chart import EscapeChart
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.grains import Grains
from weightreel.scenes.kit.grammar.zones import Zone, spread_over
from weightreel.scenes.kit.type import Letters

MOST_GRAINS = 1536
"""Eigenvalues that are drawn as squares; of more, as many evenly spaced."""
SIDE = 0.055
"""Of such a square, in units of the frame."""


@dataclass
class Told:
    """The layer that is told of, and what stays on stage from chapter to chapter.

    Attributes:
        film: which tells.
        layer, escape, spectrum: whose eigenvalues, at the records that are measured.
        called: what films call the layer.
        patch: some of its weights; None where the store has none.
        chart: its eigenvalues over the epochs.
        timeline: the film's clock.
        grains: its eigenvalues as squares.
        ranking: what stands below them while they are ranked.
        counters: what is counted beside the chart.
        charts: of all layers, small, by module path, and `names` above them, once the eye has drawn back.
    """

    film: Film
    layer: Layer
    escape: Escape
    spectrum: Spectrum
    called: str
    patch: WeightPatch | None
    chart: EscapeChart
    timeline: Timeline
    grains: Grains
    ranking: Letters | None = None
    counters: list[Instrument] = field(default_factory=list)
    charts: dict[str, EscapeChart] = field(default_factory=dict)
    names: list[Letters] = field(default_factory=list)

    @classmethod
    def of(cls, film: Film, layer: Layer) -> Told:
        """Everything of a layer, where it stands at first: the patch fills the stage, the chart its left part."""
        escape = Escape.of(film.run, layer)
        zones = film.zones
        sample = sampled_weights(layer)
        patch = (
            None
            if sample is None
            else WeightPatch(escape.epochs, sample, patch_zone(spread_over([zones.stage, zones.floor])))
        )
        chart = EscapeChart(escape, wide_of(zones.stage))
        epochs, unknown = asked_epochs(film.run, layer)
        falls = [fall for fall in falls_of(film.run) if fall[0] in set(epochs)]
        timeline = Timeline(epochs, falls, zones.floor, unknown)
        told = cls(
            film, layer, escape, Spectrum.of(film.run, layer).measured(), layer_on_stage(film.run, layer.name), patch,
            chart, timeline, Grains(np.empty((0, 2)), SIDE, []),
        )  # fmt: skip
        n = len(told.drawn)
        told.grains = Grains(np.zeros((n, 2)), SIDE, [theme().ESD] * n)
        return told

    @property
    def drawn(self) -> np.ndarray:
        """Ranks of the eigenvalues that are drawn as squares, ascending, (N,)."""
        n = self.escape.eigenvalues.shape[1]
        return np.unique(np.linspace(0, n - 1, min(n, MOST_GRAINS)).round().astype(int))

    @property
    def whole(self) -> Zone:
        """Stage and floor, as long as no clock runs on it."""
        zones = self.film.zones
        return spread_over([zones.stage, zones.floor])

    @property
    def corner(self) -> Zone:
        """Where the patch stands while something else is told: the lower end of the column at the right."""
        return narrow_of(self.film.zones.stage).rows(1.9, 1)[1]

    def ranked(self, eigenvalues: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where eigenvalues (K,), the largest first, stand when they are ranked: places (N, 2) and sides (N,).

        Those below the axis have no side.
        """
        frame, values = self.chart.frame, eigenvalues[self.drawn]
        x = frame.left + (self.drawn + 0.5) / len(eigenvalues) * frame.width
        y = self.chart.height_of(values)
        return np.stack([x, np.nan_to_num(y, nan=frame.bottom)], 1), np.where(np.isfinite(y), SIDE, 0.0)


def patch_zone(zone: Zone) -> Zone:
    """Where the weights stand when they are what is looked at, above their name."""
    return Zone(zone.left, zone.bottom + 0.55, zone.right, zone.top)


def wide_of(stage: Zone) -> Zone:
    """The part of the stage where charts stand."""
    return stage.split(2.6, 1)[0]


def narrow_of(stage: Zone) -> Zone:
    """The part beside it, for numbers and words."""
    return stage.split(2.6, 1)[1]
