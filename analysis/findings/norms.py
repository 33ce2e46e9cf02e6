"""Singular values of a network's convolutions over the epochs, and whether the normalisation holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.folding import TOLERANCE, Folding, folding_in_words, norm_set_for, range_in_words
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import fixed, from_to, listed, percent, significant
from weightreel.analysis.store.nodes import Layer, Run

Array = NDArray[Any]

KINDS = ("slices", "reshaped", "operator")
"""Largest singular values that are stored, from the smallest to the largest: of the largest slice of a convolution's
kernel, of its reshaped matrix, which spectral normalisation bounds, and of the convolution on its feature map."""
LEADING = "spectrum/sigma/leading"
AXES = 2
"""Singular values drawn: the semi-axes of an ellipse."""


def normed_layers(run: Run) -> list[Layer]:
    """The layers of a run whose largest singular values are stored, in the network's order."""
    return [layer for layer in run.layers.values() if sigma_of(layer, "reshaped") is not None]


def sigma_of(layer: Layer, kind: str, *, folded: bool = False) -> Array | None:
    """A layer's largest singular value of a kind over the records, (E,); None where the store has none.

    Args:
        kind: one of KINDS.
        folded: with the BatchNorm that follows folded in.
    """
    key = f"spectrum/sigma/folded/{kind}" if folded else f"spectrum/sigma/{kind}"
    return layer[key] if layer.has(key) else None


def kinds_of(layer: Layer) -> list[str]:
    """Those of KINDS that are known of a layer at the last record; one of a matrix, of which all are the same."""
    if not layer.kind.startswith("conv"):
        return ["reshaped"]
    found = {kind: sigma_of(layer, kind) for kind in KINDS}
    return [kind for kind, sigma in found.items() if sigma is not None and np.isfinite(sigma[-1])]


@dataclass(frozen=True)
class Norms:
    """Largest singular values of L convolutions over E epochs; NaN where they are not measured.

    Attributes:
        leading: the two largest of the reshaped matrix, descending, (E, L, 2).
        operator: the largest of the convolution on its feature map, (E, L).
    """

    leading: Array
    operator: Array

    @property
    def reshaped(self) -> Array:
        """The largest of the reshaped matrix, which spectral normalisation divides by, (E, L)."""
        return self.leading[..., 0]

    @property
    def known(self) -> bool:
        """Whether any is measured."""
        return bool(np.isfinite(self.reshaped).any())

    @classmethod
    def of(cls, layers: Sequence[Layer], epochs: int, group: str) -> Self:
        """Read `group` of every layer, `spectrum/sigma` or that with BatchNorm folded in."""
        leading = [_read(layer, f"{group}/leading", (epochs, AXES))[:, :AXES] for layer in layers]
        operator = [_read(layer, f"{group}/operator", (epochs,)) for layer in layers]
        return cls(np.stack(leading, 1), np.stack(operator, 1))

    def only(self, epochs: Any, layers: Any) -> Norms:
        """Those of some epochs and layers, as NumPy indexes them."""
        return Norms(self.leading[epochs][:, layers], self.operator[epochs][:, layers])


@dataclass(frozen=True)
class Sigmas:
    """The singular values of one network's convolutions.

    Attributes:
        title: the network's name, for people.
        run: the training that they are of.
        epochs: those that are measured, (E,).
        names: of the convolutions, L.
        trained: as trained.
        folded: with the BatchNorm that follows folded in.
    """

    title: str
    run: Run
    epochs: Array
    names: tuple[str, ...]
    trained: Norms
    folded: Norms

    @classmethod
    def of(cls, run: Run) -> Sigmas | None:
        """Read a run; None where the store holds no leading singular values of its convolutions."""
        layers = [layer for layer in run.layers.values() if layer.kind.startswith("conv") and layer.has(LEADING)]
        if not layers:
            return None
        trained = Norms.of(layers, len(run.epochs), "spectrum/sigma")
        known = np.isfinite(trained.reshaped).any(1)
        measured = np.isfinite(trained.leading[known][-1]).all(1) if known.any() else np.zeros(len(layers), bool)
        if not measured.any():
            return None
        folded = Norms.of(layers, len(run.epochs), "spectrum/sigma/folded")
        names = tuple(layer.name for layer, seen in zip(layers, measured, strict=True) if seen)
        return cls(
            title_of(run), run, run.epochs[known], names, trained.only(known, measured), folded.only(known, measured)
        )

    @property
    def norms(self) -> Array:
        """The norm that spectral normalisation sets for each convolution, (L,); NaN where it sets none."""
        return np.array([norm_set_for(self.run, name) for name in self.names])

    @property
    def normalised(self) -> bool:
        """Whether all convolutions are spectrally normalised to 1, as in the report."""
        return bool(np.all(self.norms == 1))

    def pick(self, names: Sequence[str]) -> Sigmas:
        """Those of these convolutions."""
        chosen = [self.names.index(name) for name in names]
        every = slice(None)
        return Sigmas(
            self.title,
            self.run,
            self.epochs,
            tuple(names),
            self.trained.only(every, chosen),
            self.folded.only(every, chosen),
        )


def networks(runs: Sequence[Run]) -> list[Sigmas]:
    """The first network without and the first with the normalisation, cut to the convolutions of both.

    Where they share none, only the normalised one; where a kind is missing, only the other; else empty.
    """
    found = [sigmas for sigmas in map(Sigmas.of, runs) if sigmas is not None]
    free = next((sigmas for sigmas in found if np.isnan(sigmas.norms).all()), None)
    shown = [free, next((sigmas for sigmas in found if sigmas.normalised), None)]
    pair = [sigmas for sigmas in shown if sigmas is not None]
    if len(pair) < 2:
        return pair
    common = [name for name in pair[0].names if name in pair[1].names]
    return [sigmas.pick(common) for sigmas in pair] if common else pair[1:]


def most_stretching(found: Sequence[Sigmas]) -> str:
    """The convolution with the largest singular value in the first network at its last epoch."""
    return found[0].names[int(np.argmax(found[0].trained.reshaped[-1]))]


def stretch_in_words(name: str, found: Sequence[Sigmas]) -> str:
    """How σ₁ of a layer moves over the epochs in each network."""
    parts = []
    for sigmas in found:
        values = sigmas.pick([name]).trained.reshaped[:, 0]
        known = values[np.isfinite(values)]
        moved = (
            from_to("σ₁", known[0], known[-1])
            if len(known) > 1
            else phrase("σ₁ is {value}", value=significant(known[-1]))
        )
        parts.append(phrase("in the {title} {moved}", title=sigmas.title, moved=moved))
    return phrase("{layer}: {changes}.", layer=name, changes="; ".join(parts))


def held_in_words(name: str, found: Sequence[Sigmas]) -> str:
    """Whether the normalisation holds a layer's σ₁ at 1; that nothing is normalised where that is so."""
    normalised = next((sigmas for sigmas in found if sigmas.normalised), None)
    if normalised is None:
        return phrase("No spectrally normalised network is among these runs.")
    values = normalised.pick([name]).trained.reshaped[:, 0]
    off = float(np.nanmax(np.abs(values - 1)))
    if off > TOLERANCE:
        return phrase("The normalisation does not hold σ₁ at 1: it is off by up to {off}.", off=significant(off, 2))
    within = fixed(max(np.ceil(100 * round(off, 4)), 1) / 100)
    if len(values) > 1:
        return phrase("The normalisation holds σ₁ of this matrix within {within} of 1 at every {clock}.", within=within)
    return phrase("The normalisation holds σ₁ of this matrix within {within} of 1.", within=within)


def folded_in_words(name: str, found: Sequence[Sigmas]) -> str:
    """What the BatchNorm that follows makes of a layer's σ₁ at the last epoch."""
    picked = [sigmas.pick([name]) for sigmas in found]
    values = [(float(s.folded.reshaped[-1, 0]), s.title) for s in picked]
    after = [
        phrase("{value} in the {title}", value=significant(value), title=title)
        for value, title in values
        if np.isfinite(value)
    ]
    said = {"layer": name, "values": listed(after)}
    alone = phrase("With BatchNorm folded in, σ₁ of {layer} is {values}.", **said)
    normalised = next((s for s in picked if s.normalised), None)
    if normalised is None:
        return alone
    before, now = float(normalised.trained.reshaped[-1, 0]), float(normalised.folded.reshaped[-1, 0])
    if not np.isfinite(now) or abs(before - 1) > TOLERANCE:
        return alone
    if now > 1 + TOLERANCE:
        return phrase(
            "With BatchNorm folded in, σ₁ of {layer} is {values}: more than {tolerance} above the 1 that the "
            "normalisation sets.",
            tolerance=percent(TOLERANCE, 0),
            **said,
        )
    return phrase(
        "With BatchNorm folded in, σ₁ of {layer} is {values}: no more than {tolerance} above the 1 that the "
        "normalisation sets.",
        tolerance=percent(TOLERANCE, 0),
        **said,
    )


def operators_in_words(found: Sequence[Sigmas]) -> str:
    """The norms of the convolutions on their feature maps at the last epoch; empty where none is measured."""
    known = _ranges([(sigmas.title, sigmas.trained.operator[-1]) for sigmas in found])
    if not known:
        return ""
    normalised = next((sigmas for sigmas in found if sigmas.normalised and _holds(sigmas)), None)
    if normalised is not None and (normalised.trained.operator[-1] > 1 + TOLERANCE).any():
        return phrase(
            "On its feature map (circular padding) a convolution's σ is {values}: the bound 1 of the reshaped matrix "
            "is not one there.",
            values=known,
        )
    return phrase("On its feature map (circular padding) a convolution's σ is {values}.", values=known)


def folded_operators_in_words(found: Sequence[Sigmas]) -> str:
    """The norms of the convolutions on their feature maps with BatchNorm folded in; empty where none is measured."""
    known = _ranges([(sigmas.title, sigmas.folded.operator[-1]) for sigmas in found])
    return phrase("With BatchNorm folded in: {values}.", values=known) if known else ""


def layers_in_words(found: Sequence[Sigmas]) -> str:
    """What folding does to the norms of all convolutions; of the normalised network where there is one."""
    sigmas = found[-1]
    plain, folded = sigmas.trained.reshaped[-1], sigmas.folded.reshaped[-1]
    both = np.isfinite(plain) & np.isfinite(folded)
    if both.any():
        ours = "source" not in sigmas.run.attributes
        return folding_in_words(Folding(sigmas.title, plain[both], folded[both], sigmas.norms[both], ours))
    return phrase_n(
        "{title}: σ of {n} convolution {values} as trained.",
        "{title}: σ of {n} convolutions {values} as trained.",
        len(sigmas.names),
        title=sigmas.title,
        values=range_in_words(plain),
    )


def basis_in_words(found: Sequence[Sigmas]) -> str:
    """What these numbers are no ground for."""
    if len(found) > 1:
        return phrase("One seed of each network: no conclusion between them.")
    if found[0].normalised:
        return phrase("One seed of one network: no general conclusion.")
    return phrase(
        "One seed of one network: no general conclusion; no spectrally normalised network is among these runs."
    )


def _ranges(values: Sequence[tuple[str, Array]]) -> str:
    """The ranges of several networks, those left out where nothing is measured."""
    return listed(
        [
            phrase("{value} in the {title}", value=written, title=title)
            for title, v in values
            if (written := range_in_words(v))
        ]
    )


def _holds(sigmas: Sigmas) -> bool:
    return bool((np.abs(sigmas.trained.reshaped[-1] - 1) <= TOLERANCE).all())


def _read(layer: Layer, key: str, shape: tuple[int, ...]) -> Array:
    return layer[key].astype(float) if layer.has(key) else np.full(shape, np.nan)
