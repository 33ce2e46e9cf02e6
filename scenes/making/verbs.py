"""The page of all verbs: `python -m weightreel.scenes.making.verbs` writes docs/films.md and its pictures.

Verbs are told by their docstrings. Each example is the body of a film's `construct`, and is run for its picture.
"""

from __future__ import annotations

import inspect
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from manim import tempconfig
from PIL import Image, ImageDraw, ImageFont

from weightreel.analysis.palette import DARK
from weightreel.analysis.places import ROOT
from weightreel.analysis.settings import Settings, holding
from weightreel.scenes.camera.configured import our_settings
from weightreel.scenes.camera.encoding import FilmRenderer
from weightreel.scenes.kit.clock import Clocked, EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar import eye, grains, moves, pointing, space, zones
from weightreel.scenes.kit.stage import Stage
from weightreel.scenes.kit.storyteller import Storyteller
from weightreel.scenes.making.gallery import arguments_of
from weightreel.scenes.viewing.stillness import UnwrittenFilm

PAGE, PICTURES = ROOT / "docs" / "films.md", ROOT / "docs" / "verbs"
FIRST = ROOT / "docs" / "gallery" / "spread.py"
"""The film at the top of the page."""
MARK, FENCE = "<!-- From here on `python -m weightreel.scenes.making.verbs` writes. -->", "```python\n"
"""What stands before the verbs on the page, and before a piece of code."""
STORE = ROOT / "data" / "cifar10.h5"
"""Which examples are run on."""
EXAMPLE = re.compile(r"Example \(pictured as (?P<picture>[\w/.-]+)\):\n(?P<code>(?:(?:[ ]{4}.*)?\n?)+)")
WIDTH, HEIGHT, FPS, MOMENTS, GAP, LINE = 400, 225, 5, 3, 4, 18
"""Of a picture: its moments' size in pixels and their number, how often a film is looked at for them, and what is
between and below them, where the subtitle stands."""
MOST_LETTERS = 52
"""Of a subtitle below a picture."""
VERBS: tuple[tuple[str, tuple[Callable[..., Any], ...]], ...] = (
    ("Tell", (Storyteller.ask, Stage.beat, Storyteller.next_question, Storyteller.conclude)),
    ("End a chapter", (Stage.take_away, Stage.clear_stage)),
    ("Follow one thing", (Storyteller.follow, Storyteller.unfollow)),
    ("Run the clock", (Stage.sweep, Storyteller.run_clock, EpochClock.paced, Clocked.attach)),
    ("Point at what changes", (pointing.Pointer, pointing.Ring, pointing.Brace)),
    ("Let things come, and stay what they are", (moves.entering, grains.Fly)),
    ("Move the eye", (eye.Look, space.Turn)),
    ("Compose", (zones.Zone.hold, zones.Zone.grid, moves.outline_of)),
)
OWNERS = {"Storyteller": "self", "Stage": "self", "EpochClock": "clock", "Clocked": "instrument", "Zone": "zone"}
"""What a method is called on, by its class."""
NAMES = """import numpy as np
from manim import DOWN, LEFT, ORIGIN, PI, RIGHT, UP, Dot, FadeIn, FadeOut, Square, VGroup

from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.curves import Curves, Series
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.histogram import Histogram
from weightreel.scenes.instruments.axes.plane import Plane
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.grains import Fly, Grains, cells, piles
from weightreel.scenes.kit.grammar.moves import entering, outline_of
from weightreel.scenes.kit.grammar.pace import passed_at
from weightreel.scenes.kit.grammar.pointing import Brace, Pointer, Ring
from weightreel.scenes.kit.grammar.space import Motes, Turn, View, Wires, sphere
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.type import words
"""
"""Where the names of the examples come from."""


@dataclass(frozen=True)
class Verb:
    """A verb on the page.

    Attributes:
        name: of the function, method or class.
        call: how it is called, with its arguments' names and defaults.
        about: its docstring up to the arguments.
        arguments: name and what it is, in the docstring's words.
        code: its example, the body of a film's `construct`.
        picture: of that, a file relative to the project.
    """

    name: str
    call: str
    about: str
    arguments: list[tuple[str, str]]
    code: str
    picture: str

    @classmethod
    def of(cls, kind: Callable[..., Any]) -> Verb:
        """Read from its docstring, which must have an example."""
        text = inspect.getdoc(kind) or ""
        example = EXAMPLE.search(text)
        assert example is not None, f"{kind.__qualname__} has no example"
        about = re.split(r"\n\n(?=Args:|Raises:|Returns:|Attributes:|Example )", text)[0]
        code = textwrap.dedent(example["code"]).strip()
        return cls(kind.__name__, call_of(kind), about, arguments_of(text), code, example["picture"])


def call_of(kind: Callable[..., Any]) -> str:
    """How something is called: `self.follow(*mobjects, seconds=0.5)`."""
    given = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(kind).parameters.values()
        if parameter.name != "self"
    ]
    owner = OWNERS.get(kind.__qualname__.partition(".")[0])
    return f"{f'{owner}.' if owner else ''}{kind.__name__}{inspect.Signature(given)}"


def verbs() -> list[tuple[str, list[Verb]]]:
    """All verbs, by their chapters on the page."""
    return [(chapter, [Verb.of(kind) for kind in kinds]) for chapter, kinds in VERBS]


def film_of(code: str) -> type[Film]:
    """A film whose `construct` is an example."""

    class Example(Film):
        def construct(self) -> None:
            known: dict[str, Any] = {}
            exec(NAMES, known)
            exec(code, known | {"self": self})

    return Example


class Looking(UnwrittenFilm):
    """A writer that keeps frames, (HEIGHT, WIDTH, 3) uint8, and the subtitle that each has."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.frames: list[np.ndarray] = []
        self.said: list[str] = []
        self.saying: Callable[[], str] = str

    def write_frame(self, frame_or_renderer: Any, num_frames: int = 1) -> None:
        """Keep a frame, once for all that are like it."""
        frame = np.array(frame_or_renderer[..., :3])
        if not self.frames or (frame != self.frames[-1]).any() or self.said[-1] != self.saying():
            self.frames.append(frame)
            self.said.append(self.saying())


def picture_of(verb: Verb, store: Path = STORE) -> Image.Image:
    """Moments of a verb's example beside each other: its first picture, one on the way and its last.

    Raises:
        WeightreelError: the store cannot be read.
    """
    size = {"pixel_width": WIDTH, "pixel_height": HEIGHT, "frame_rate": FPS}
    quiet = {"verbosity": "WARNING", "progress_bar": "none", "dry_run": True}
    with tempfile.TemporaryDirectory() as nowhere, holding(Settings(store=str(store))):
        unwritten = {"media_dir": nowhere, "output_file": str(Path(nowhere) / "film")}
        with tempconfig(our_settings()), tempconfig(size | quiet | unwritten):
            scene: Any = film_of(verb.code)(FilmRenderer(Looking))
            writer: Looking = scene.renderer.file_writer
            writer.saying = lambda: scene._open_beat.caption if scene._open_beat else ""
            scene.draw()
            scene.renderer.update_frame(scene)  # an animation's last frame is shortly before its end
            writer.saying = lambda: writer.said[-1] if writer.said else ""
            writer.write_frame(scene.renderer.camera.pixel_array)
    last = len(writer.frames) - 1
    chosen = [round(last * moment / (MOMENTS - 1)) for moment in range(MOMENTS)]
    strip = Image.new("RGB", (MOMENTS * (WIDTH + GAP) - GAP, HEIGHT + LINE * any(writer.said)), DARK.GRID)
    pen, font = ImageDraw.Draw(strip), ImageFont.load_default(LINE - 4)
    for moment, frame in enumerate(chosen):
        strip.paste(Image.fromarray(writer.frames[frame]), (moment * (WIDTH + GAP), 0))
        pen.text((moment * (WIDTH + GAP) + GAP, HEIGHT), writer.said[frame][:MOST_LETTERS], DARK.TEXT, font)
    return strip


def page() -> str:
    """The page as Markdown: what stands on it before MARK, with its film as that is now, and all verbs."""
    head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    film = FIRST.read_text(encoding="utf-8").strip()
    before, _, rest = head.partition(FENCE)
    head = f"{before}{FENCE}{film}\n{rest[rest.index('```') :]}"
    return f"{head}{MARK}\n\nThe examples' names come from:\n\n{FENCE}{NAMES}```\n{''.join(_sections())}"


def _sections() -> Iterator[str]:
    for chapter, told in verbs():
        yield f"\n## {chapter}\n"
        for verb in told:
            listed = "".join(f"- `{name}`: {meaning}\n" for name, meaning in verb.arguments)
            picture = f"![{verb.name}]({Path(verb.picture).relative_to('docs')})\n"
            code = f"{FENCE}{verb.code}\n```\n"
            yield "\n".join(["", f"### {verb.name}", "", f"`{verb.call}`", "", verb.about, "", listed, picture, code])


def main() -> int:
    """Write the page and its pictures; returns the exit code."""
    PICTURES.mkdir(exist_ok=True)
    told = [verb for _, chapter in verbs() for verb in chapter]
    for verb in told:
        picture_of(verb).save(ROOT / verb.picture, lossless=True, method=6)
    PAGE.write_text(page(), encoding="utf-8")
    size = sum((ROOT / verb.picture).stat().st_size for verb in told)
    print(f"{PAGE.relative_to(ROOT)}: {len(told)} verbs, pictures of {size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
