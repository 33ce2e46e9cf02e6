"""The numbers of a layer's fitted tail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from manim import LEFT, UP

from weightreel.analysis.findings.alpha import warning
from weightreel.analysis.findings.spectra import Array, Spectrum
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.numbers import significant
from weightreel.analysis.palette import theme
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.scenes.instruments.spectra.esd import doubts
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.tag import changing
from weightreel.scenes.kit.theme import BODY, SMALL
from weightreel.scenes.kit.type import Numerals, words


class FitNumbers(Instrument):
    """alpha, its interval where one was measured, D, the eigenvalues in the tail and above the random edge, and doubts.

    Args:
        spectrum: whose fit.

    Example (kept as tests/golden/frames/esd.png):
        FitNumbers(spectrum).at(12)
    """

    ROW, ENDS = 0.98, 2.05
    NAMES = (noted("exponent of the tail"), noted("distance D of the fit"), noted("eigenvalues in the tail"))

    def __init__(self, spectrum: Spectrum) -> None:
        super().__init__(spectrum.epochs)
        self.spectrum = spectrum
        above = (phrase("above the random edge λ₊"),) if spectrum.bulk is not None else ()
        colours = (theme().TAIL, theme().TEXT, theme().TEXT, theme().ESD)
        names = (*map(phrase, self.NAMES), *above)
        self.rows = [
            changing([phrase("no bulk found")], BODY, colour) for colour, _ in zip(colours, names, strict=False)
        ]
        for i, (name, row) in enumerate(zip(names, self.rows, strict=True)):
            row.shift(np.array([0, -i * self.ROW - 0.62, 0]))
            letters = words(name, SMALL, theme().MUTED).move_to([0, -i * self.ROW, 0], aligned_edge=UP + LEFT)
            # Some scripts write far above and below their line.
            if i == len(self.NAMES):
                row.show(phrase("no bulk found"))
            reaches_in = float(row.get_top()[1] + 0.03 - letters.get_bottom()[1])
            self.add(letters.shift(max(reaches_in, 0.0) * UP), row)
        self.warning = changing(doubts(spectrum), SMALL, theme().OVER_FITTING).shift(
            np.array([0, -len(names) * self.ROW - 0.25, 0])
        )
        # Beside alpha, as far as its widest numeral reaches; smaller, so that both stand in the column.
        self.ends = Numerals("", SMALL, theme().TAIL).shift(np.array([self.ENDS, -0.62, 0]))
        self.add(self.warning, self.ends)
        self.readings = self._readings(names)
        self.at(float(self.epochs[0]))

    def _readings(self, names: Sequence[str]) -> list[Reading]:
        """Of every row by its name, of the interval's ends and of what to doubt."""
        spectrum, fits = self.spectrum, self.spectrum.fits
        histories: list[tuple[Array, Callable[[Any], str]]] = [
            (fits[:, 0], lambda alpha: f"α = {alpha:.2f}" if np.isfinite(alpha) else "α = –"),
            (fits[:, 3], lambda distance: f"{distance:.3f}" if np.isfinite(distance) else "–"),
            (fits[:, 4], lambda n: self._of_all(f"{n:,.0f}" if np.isfinite(n) else "–")),
        ]
        if spectrum.bulk is not None:
            histories.append((np.stack([spectrum.bulk.n_spikes, spectrum.status], 1), self._spikes))
        rows = [
            Reading(row, name, self.epochs, history, written)
            for row, name, (history, written) in zip(self.rows, names, histories, strict=True)
        ]
        return [
            *rows,
            Reading(self.ends, "interval", self.epochs, spectrum.ends, ends_in_brackets),
            Reading(self.warning, "doubt", self.epochs, spectrum.doubted, self._doubt),
        ]

    def at(self, t: float) -> Self:
        """Write the numbers of the last epoch recorded at or before `t`; dashes where no fit stands."""
        return self.write(t)

    def _doubt(self, status: float) -> str:
        return warning(int(status), self.spectrum.n_eigenvalues)

    def _spikes(self, found: Array) -> str:
        """Eigenvalues above the edge, or why they are not counted: from their number and the fit's status."""
        spikes, status = found
        if np.isfinite(spikes):
            return self._of_all(f"{spikes:,.0f}")
        return self._of_all("–") if status == FitStatus.NOT_MEASURED else phrase("no bulk found")

    def _of_all(self, count: str) -> str:
        # Numerals write this at every frame: its translations keep to their characters, such as `/`.
        return phrase("{count} of {total}", count=count, total=f"{self.spectrum.n_eigenvalues:,}")


def ends_in_brackets(ends: Array) -> str:
    """An interval (2,); empty where it is NaN."""
    low, high = ends
    return f"[{significant(low, 2)}, {significant(high, 2)}]" if np.isfinite(low) else ""
