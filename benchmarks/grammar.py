"""What films do that moves every pixel: an eye that travels over many charts, and a landscape in a third dimension."""

from __future__ import annotations

from manim import Group, Scene

from weightreel.analysis.findings.spectra import Spectrum, layers_with_spectra, main_layer, spread
from weightreel.scenes.instruments.spectra.esd import EsdPlot
from weightreel.scenes.instruments.spectra.landscape import Landscape
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.zones import Zone

SECONDS = 6.0
"""Longer than an excerpt."""
MOST_LAYERS = 15


class MovingEye(Film):
    """The eye draws back from one layer's ESD to those of all layers."""

    def construct(self) -> None:
        """Every chart on stage, and the way from one to all."""
        chosen = spread(layers_with_spectra(self.run), MOST_LAYERS)
        cells = self.zones.stage.grid(len(chosen))
        plots = []
        for layer, cell in zip(chosen, cells, strict=True):
            size = cell.width - 0.4, cell.height - 0.85
            plots.append(cell.hold(EsdPlot(Spectrum.of(self.run, layer, bins=24), size, compact=True)))
        world = Group(*plots)
        self.add(world)
        nearer = Zone.around(plots[0])
        back = Look(world, nearer, self.zones.stage, run_time=0.1)
        back.begin()
        back.interpolate(1)
        self.play(Look(world, Zone.around(world), self.zones.stage, run_time=SECONDS))


class ThirdDimension(Film):
    """A layer's ESDs of all epochs as a landscape that the eye walks around."""

    def construct(self) -> None:
        """The landscape growing, and the eye on its way around it."""
        layer = main_layer(self.run)
        assert layer is not None
        landscape = Landscape(Spectrum.of(self.run, layer), self.zones.stage)
        clock = EpochClock(self.run.epochs)
        self.add(landscape.attach(clock))
        self.play(clock.sweep(seconds=SECONDS))


SCENES: dict[str, type[Scene]] = {"a moving eye": MovingEye, "a third dimension": ThirdDimension}
