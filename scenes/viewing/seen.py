"""What was seen of a film: its beats, its faults, and what its frames tell."""

from __future__ import annotations

from dataclasses import dataclass, field

from weightreel.scenes.viewing.shown import Fault, Found
from weightreel.scenes.viewing.stillness import Figures


@dataclass
class Beat:
    """A chapter as it was told.

    Attributes:
        name: its name.
        caption: its subtitle.
        start: seconds from the film's start.
        end: seconds from the film's start.
        is_take_away: whether it ends a chapter on a sentence.
        small_print: characters of the details below that sentence.
        asks: whether it is a question over a picture.
        details: the sentences in smaller letters below a take-away.
    """

    name: str
    caption: str
    start: float
    end: float
    is_take_away: bool = False
    small_print: int = 0
    asks: bool = False
    details: tuple[str, ...] = ()


@dataclass
class Report:
    """What was seen of a film.

    Attributes:
        film: its name.
        beats: in the order of the story.
        faults: each once, as first seen.
        looks: how often the stage was looked at.
        signed: whether its last beat names data and digest in a corner.
        loops: whether its end flows into its beginning, and so has neither an answer nor a signature.
        figures: what its frames tell of its movement; None of a film that was not drawn.
    """

    film: str
    beats: list[Beat] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    looks: int = 0
    signed: bool = False
    loops: bool = False
    figures: Figures | None = None

    def note(self, found: list[Found]) -> None:
        """Keep faults that were not seen before, and the beat that shows them first."""
        beat = self.beats[-1].name if self.beats else "before the title"
        known = {(fault.kind, fault.what) for fault in self.faults}
        for each in found:
            if (each.kind, each.what) not in known:
                known.add((each.kind, each.what))
                self.faults.append(Fault(self.film, beat, each.kind, each.what, each.box))

    def beat_at(self, second: float) -> str:
        """The name of the beat that is told then; of the first one before it."""
        told = [beat.name for beat in self.beats if beat.start <= second + 1e-6]
        return told[-1] if told else self.beats[0].name if self.beats else ""
