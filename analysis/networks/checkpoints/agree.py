"""What a series of checkpoints has in common: the layers that are recorded, and the files that belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.checkpoints.read import open_checkpoint
from weightreel.analysis.networks.layers import Layout, Part, layout_of

_Signature = tuple[tuple[str, str, tuple[tuple[str, tuple[int, ...]], ...]], ...]


@dataclass(frozen=True)
class Agreed:
    """What is recorded of a run.

    Attributes:
        kept: by checkpoint, whether it is recorded.
        parts: layers that all of those have alike; how each is made of the first checkpoint's tensors.
        layouts: of those that are.
        skipped: tensors, layers and files that are left out, with the reason.
    """

    kept: tuple[bool, ...]
    parts: dict[str, Part]
    layouts: tuple[Layout, ...]
    skipped: dict[str, str]

    def parts_of(self, number: int) -> dict[str, Part]:
        """The layers that are recorded, as one of the checkpoints that are kept holds them."""
        own = self.layouts[number].parts
        return {name: replace(own[name], tied=part.tied) for name, part in self.parts.items()}


def agree(checkpoints: Sequence[Checkpoint]) -> Agreed:
    """Look at all files, their headers only, and see what they have in common.

    The layout that most checkpoints have, of several the first, is what others are compared with. Of a checkpoint that
    lacks most of its layers, or has them in other shapes, nothing is recorded; a layer that another checkpoint lacks,
    or has in another shape, is left out of the run.

    Raises:
        WeightreelError: a file cannot be read or holds more than tensors, or there is no layer to record.
    """
    layouts = tuple(layout_of(open_checkpoint(checkpoint)[0]) for checkpoint in checkpoints)
    for checkpoint, layout in zip(checkpoints, layouts, strict=True):
        if not layout.parts:
            named = next(iter(layout.skipped.items()), ("", ""))
            why = f" ({named[0]}: {named[1]})" if named[0] else ""
            raise WeightreelError(
                f"{checkpoint.files[0]} holds no layer that is known{why}; leave it out, or save the network's "
                "state_dict()."
            )
    common = Counter(_signature(layout) for layout in layouts).most_common(1)[0][0]
    reference = next(layout for layout in layouts if _signature(layout) == common)
    skipped: dict[str, str] = {}
    kept = []
    for checkpoint, layout in zip(checkpoints, layouts, strict=True):
        alike = sum(_alike(layout.parts.get(name), part) for name, part in reference.parts.items())
        kept.append(2 * alike > len(reference.parts))
        if not kept[-1]:
            skipped[checkpoint.name] = f"{len(reference.parts) - alike} of {len(reference.parts)} layers differ"
    chosen = [(c, la) for c, la, keep in zip(checkpoints, layouts, kept, strict=True) if keep]
    parts = dict(reference.parts)
    for checkpoint, layout in chosen:
        for name, part in reference.parts.items():
            if name in parts and not _alike(layout.parts.get(name), part):
                skipped[name] = _difference(checkpoint, layout.parts.get(name), part)
                del parts[name]
        for name in layout.parts.keys() - reference.parts.keys():
            skipped[name] = f"only some checkpoints have it, such as {checkpoint.name}"
        skipped |= {name: reason for name, reason in layout.skipped.items() if name not in skipped}
    if not parts:
        raise WeightreelError(
            "no layer has one shape in all checkpoints; import those of one network at a time, such as by a pattern."
        )
    # A layer whose weight is another's needs that one.
    parts = {name: part if part.tied in parts else Part(part.kind, part.parameters) for name, part in parts.items()}
    return Agreed(tuple(kept), parts, tuple(layout for _, layout in chosen), skipped)


def _signature(layout: Layout) -> _Signature:
    return tuple(sorted((name, part.kind, tuple(sorted(part.shapes.items()))) for name, part in layout.parts.items()))


def _alike(part: Part | None, other: Part) -> bool:
    return part is not None and part.shapes == other.shapes


def _difference(checkpoint: Checkpoint, part: Part | None, other: Part) -> str:
    if part is None:
        return f"{checkpoint.name} lacks it"
    ours, theirs = part.shapes.get("weight"), other.shapes.get("weight")
    if ours != theirs:
        return f"its weight has the shape {ours} in {checkpoint.name} and {theirs} in others"
    return f"its bias is not the same in {checkpoint.name} as in others"
