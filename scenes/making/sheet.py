"""All films at a glance as one PNG, and the trailer as a small moving picture for a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.palette import DARK
from weightreel.analysis.places import ROOT
from weightreel.analysis.settings import Settings
from weightreel.analysis.store.belongings import place_of
from weightreel.scenes.making.orders import find_films, folder_of
from weightreel.scenes.making.poster import detail_of

MOMENTS = (("start", 0.0), ("a quarter", 0.25), ("middle", 0.5), ("three quarters", 0.75), ("end", 1.0))
"""Columns, and shares of a film's length."""
FADED_IN, BEFORE_THE_END = 2.0, 0.5
"""Seconds from the first and to the last frame taken: there the screen is empty or fading."""
ASIDE = (0.0, -1.5, 1.5)
"""Seconds: a chapter may begin or end just there."""
WIDTH, GAP, LETTERS = 360, 8, 18
"""Pixels: of a picture, around it, and of the letters above it."""

TRAILER = "trailer"
TRAILER_WIDTH, TRAILER_FPS, TRAILER_QUALITY = 640, 8, 55
"""Width of the moving picture in pixels, its frames a second and its WebP quality: such that a minute and a half stay
below the 4 MB that pages load at once."""


def frame_at(film: Path, share: float) -> Image.Image:
    """The frame at a share of a film's length, 0 … 1; of it and those ASIDE, the one with most to see."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert container.duration is not None and stream.time_base is not None
        seconds = container.duration / av.time_base
        found = []
        for aside in ASIDE if 0 < share < 1 else (0.0,):
            at = min(max(share * seconds + aside, FADED_IN), seconds - BEFORE_THE_END)
            container.seek(int(at / stream.time_base), stream=stream)
            found.append(next(f for f in container.decode(stream) if f.time is not None and f.time >= at))
        return max(found, key=detail_of).to_image()


def frames(film: Path, fps: float, width: int) -> Iterator[Image.Image]:
    """A film's pictures, `fps` of each second, scaled to `width`."""
    with av.open(str(film)) as container:
        due = 0.0
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time + 1e-9 >= due:
                due += 1 / fps
                yield scaled(frame.to_image(), width)


def scaled(picture: Image.Image, width: int) -> Image.Image:
    """The picture, `width` pixels wide."""
    return picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)


def sheet_of(films: Sequence[Path]) -> Image.Image:
    """A row for each film, a column for each of MOMENTS, with their names."""
    rows = [[scaled(frame_at(film, share), WIDTH) for _, share in MOMENTS] for film in films]
    height = rows[0][0].height
    row_height = height + LETTERS + 2 * GAP
    size = GAP + len(MOMENTS) * (WIDTH + GAP), row_height * len(films) + GAP
    sheet = Image.new("RGB", size, DARK.GRID)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(LETTERS - 4)
    for i, (film, pictures) in enumerate(zip(films, rows, strict=True)):
        for j, ((moment, _), picture) in enumerate(zip(MOMENTS, pictures, strict=True)):
            x, y = GAP + j * (WIDTH + GAP), GAP + i * row_height
            pen.text((x, y), f"{film.stem}: {moment}", DARK.TEXT, font)
            sheet.paste(picture, (x, y + LETTERS + GAP // 2))
    return sheet


def write_moving_picture(film: Path, out: Path) -> None:
    """The film as an animated WebP that repeats."""
    first, *rest = frames(film, TRAILER_FPS, TRAILER_WIDTH)
    first.save(
        out,
        save_all=True,
        append_images=rest,
        duration=round(1000 / TRAILER_FPS),
        loop=0,
        quality=TRAILER_QUALITY,
        method=4,
        minimize_size=True,
    )


def make_sheet(
    settings: Settings,
    *,
    quality: str = "m",
    films: Path = Path("media/films"),
    out: Path = ROOT / "docs" / "sheet.png",
    trailer: Path = ROOT / "docs" / "trailer.webp",
) -> list[str]:
    """Write the sheet of the films that lie rendered and, where there is a trailer, its moving picture.

    Args:
        settings: those that the films were rendered with.
        quality: of the films that are shown.
        films: the folder that they were rendered to.
        out: the sheet, a .png file.
        trailer: the moving picture, a .webp file.

    Returns:
        What was written, a line each.

    Raises:
        WeightreelError: there are no films, or a file cannot be written.
    """
    place = place_of(films, settings.store, settings.talk) or films / Path(settings.store).stem
    folder = folder_of(place, settings, quality)
    found = [film for name in find_films() if (film := folder / f"{name}.mp4").is_file()]
    if not found:
        raise WeightreelError(f"{folder} holds no films; render them with `make videos STORE={settings.store}`.")
    try:
        sheet_of(found).save(out, optimize=True)
        written = [f"{out}: {len(found)} films"]
        moving = folder / f"{TRAILER}.mp4"
        if moving in found:
            write_moving_picture(moving, trailer)
            written.append(f"{trailer}: {trailer.stat().st_size / 1e6:.1f} MB")
    except OSError as error:
        raise WeightreelError(
            f"the sheet could not be written ({error}); choose other places with --out and --trailer."
        ) from error
    return written
