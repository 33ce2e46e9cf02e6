"""The spectrum of each layer while the network learns, the power law of its tail, and how alpha is read."""

from __future__ import annotations

from manim import DOWN, LEFT, RIGHT, UP, FadeIn

from analysis.store import Layer, WeightreelError
from analysis.store.readings import sentence
from scenes.kit.alpha_claims import Alphas, doubts_in_words, largest_in_words, layers_in_words, medians_in_words
from scenes.kit.instruments.alpha_timeline import AlphaTimeline, key_of_readings, top_of_axis
from scenes.kit.instruments.epoch_dial import EpochDial
from scenes.kit.instruments.esd import EsdPlot, FitNumbers
from scenes.kit.instruments.small_multiples import grid_of
from scenes.kit.spectrum import Spectrum, layers_with_spectra, main_layer, spread
from scenes.kit.story import Film
from scenes.kit.theme import BELOW_HEADER, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SMALL, colour_of_run, theme
from scenes.kit.type import label, words

MOST_LAYERS = 15
MOST_RUNS = 2
"""Timelines that fit side by side."""
NAME = "Spectra"


class Esd(Film):
    """Empirical spectral densities with their fitted tails, as WeightWatcher fits them."""

    def construct(self) -> None:
        """One layer; all layers; alpha of all layers in the networks beside each other."""
        layer = main_layer(self.run)
        if layer is None:
            raise WeightreelError(
                f"{self.store.path} holds no eigenvalues of {self.run.name}; choose another run with WEIGHTREEL_RUN, "
                f"or measure them with `weightreel spectra {self.store.path}`."
            )
        self.beat("Title", f"The eigenvalues of the {self.run.title}'s layers while it learns.")
        header = self.title_card(
            NAME,
            "How the eigenvalues of a layer's weights spread while the network learns, "
            "and how heavy their tail becomes.",
        )
        self.one_layer(layer)
        self.clear_stage(header)
        self.all_layers()
        self.clear_stage()
        self.alpha_over_the_epochs(layer)
        self.end_card()

    def one_layer(self, layer: Layer) -> None:
        """One ESD on logarithmic axes with its tail, xmin, and the fit's numbers."""
        self.beat(
            "One layer",
            f"The eigenvalues of WᵀW for {layer.name}, on logarithmic axes. The straight line is the power law that "
            "WeightWatcher fits to the tail, from the dashed line on; its slope is minus alpha.",
        )
        spectrum = Spectrum.of(self.run, layer)
        name = label(f"{layer.name} (WeightWatcher's layer {layer.layer_id})", theme.ESD)
        name.move_to([SAFE_LEFT, BELOW_HEADER + 0.05, 0], UP + LEFT)
        plot = EsdPlot(spectrum, (7.4, 3.1))
        plot.move_to([SAFE_LEFT, BELOW_HEADER - 0.3, 0], UP + LEFT)
        numbers = FitNumbers(spectrum).move_to([SAFE_RIGHT - 3.6, BELOW_HEADER - 0.75, 0], UP + LEFT)
        dial = EpochDial(self.run.epochs).move_to([SAFE_RIGHT - 3.6, BELOW_HEADER + 0.05, 0], UP + LEFT)
        self.play(FadeIn(name), run_time=0.4)
        self.sweep(plot, numbers, dial)
        alpha, error = float(spectrum.alpha[-1]), float(spectrum.alpha_error[-1])
        reading = sentence(layer.name, alpha, error, int(self.run.epochs[-1]))
        self.take_away("What this layer shows", reading, largest_in_words(spectrum.lambda_max, self.run.epochs))

    def all_layers(self) -> None:
        """Every layer's ESD beside the others, on axes of its own."""
        layers = layers_with_spectra(self.run)
        chosen = spread(layers, MOST_LAYERS)
        which = "every layer" if len(chosen) == len(layers) else f"{len(chosen)} of {len(layers)} layers, evenly spaced"
        self.beat("All layers", f"The same epochs for {which}, each on its own logarithmic axes, with its alpha.")
        columns, rows = grid_of(len(chosen))
        height = BELOW_HEADER - SAFE_BOTTOM - 1.25
        cell = ((SAFE_RIGHT - SAFE_LEFT) / columns, height / rows)
        plots = []
        for i, layer in enumerate(chosen):
            row, column = divmod(i, columns)
            plot = EsdPlot(Spectrum.of(self.run, layer, bins=24), (cell[0] - 0.4, cell[1] - 0.85), compact=True)
            corner = [SAFE_LEFT + column * cell[0], BELOW_HEADER - row * cell[1], 0]
            plots.append(plot.move_to(corner, UP + LEFT))
        dial = EpochDial(self.run.epochs).move_to([SAFE_RIGHT, SAFE_BOTTOM + 0.5, 0], DOWN + RIGHT)
        note = words(f"{which}; axes differ", SMALL, theme.MUTED).move_to([SAFE_RIGHT, SAFE_BOTTOM, 0], DOWN + RIGHT)
        self.add(note)
        self.sweep(*plots, dial)
        alphas = Alphas.of(self.run)
        doubts = doubts_in_words(alphas)
        self.take_away("What the layers show", layers_in_words(alphas), *([doubts] if doubts else []), width=8.6)

    def alpha_over_the_epochs(self, layer: Layer) -> None:
        """Alpha of every layer, the networks beside each other, with both readings."""
        runs = [run for run in self.runs if Alphas.of(run).names][:MOST_RUNS]
        found = [Alphas.of(run) for run in runs]
        self.beat(
            "Alpha over the epochs",
            f"One line a layer, {layer.name} in bold; pale lines have too few eigenvalues to be believed. "
            "The shade and the strips are two readings of alpha, which disagree.",
        )
        self.add(self.header(NAME, self.data))
        top = top_of_axis([a.values[:, a.trusted] for a in found])
        width = (SAFE_RIGHT - SAFE_LEFT) / len(runs)
        timelines = []
        for i, (run, alphas) in enumerate(zip(runs, found, strict=True)):
            main = alphas.names.index(layer.name) if layer.name in alphas.names else None
            colour = colour_of_run(run, self.runs)
            timeline = AlphaTimeline(
                run.epochs, alphas.values, alphas.trusted, (width - 1.5, 2.6), top=top, colour=colour, main=main
            )
            left = SAFE_LEFT + i * width
            timeline.move_to([left, BELOW_HEADER - 0.4, 0], UP + LEFT)
            over = f"{run.title}, seed {run.seed}; bold: {layer.name}"
            self.add(label(over, colour).move_to([left, BELOW_HEADER + 0.05, 0], UP + LEFT))
            timelines.append(timeline)
        above = label(f"alphas above {top:g} are drawn at the top")
        key = key_of_readings().add(above).arrange(DOWN, buff=0.12, aligned_edge=LEFT)
        key.move_to([SAFE_LEFT, min(t.get_bottom()[1] for t in timelines) - 0.15, 0], UP + LEFT)
        dial = EpochDial(runs[0].epochs).move_to([SAFE_RIGHT, key.get_bottom()[1], 0], DOWN + RIGHT)
        self.add(key)
        self.sweep(*timelines, dial, seconds=10.0)
        one_each = len(runs) > 1 and len({run.model for run in self.runs}) == len(self.runs)
        basis = "One seed of each network: no conclusion between them." if one_each else ""
        self.take_away("What alpha does", medians_in_words(found), *([basis] if basis else []))
