"""One image file as 8-bit colours, as a viewer shows it: depth, orientation and transparency are taken into account."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import refuse_irregular

Pixels = NDArray[np.uint8]

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff")
"""Endings of files that are taken for images."""
_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF")
"""What they may hold, whatever their endings; others of Pillow's, such as PostScript, would run other programs."""
_MOVING = ("GIF", "PNG", "WEBP", "TIFF")
_BITS, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
"""Tags of TIFF."""


def read_image(path: Path, size: int, moving: Callable[[Path], None] = lambda _: None) -> Pixels:
    """Pixels (size, size, 3) of an image file; what is transparent stands on white.

    Args:
        path: of the file.
        size: rows and columns, to which other sizes are stretched.
        moving: told of a file that holds several frames or pages, of which the first is taken.

    Raises:
        WeightreelError: it is no file, no image, damaged, too large, or of numbers of which nobody says what is white.
    """
    refuse_irregular(path, "the image", "remove it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as image:
                if image.format in _MOVING and getattr(image, "is_animated", False):
                    image.seek(0)
                    moving(path)
                return fitted(_upright(image), size)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise WeightreelError(
            f"the image {path} would take more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller or remove it."
        ) from error
    except _Ambiguous as error:
        raise WeightreelError(f"the image {path} {error}; save it with 8 or 16 bits a channel.") from error
    except Exception as error:  # what is damaged fails in any way that a parser can
        why = str(error).partition("\n")[0].replace(f" {str(path)!r}", "") or type(error).__name__
        raise WeightreelError(f"the image {path} cannot be read ({why}); repair or remove it.") from error


def fitted(image: Image.Image, size: int) -> Pixels:
    """Pixels (size, size, 3) of an image of colours."""
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    if rgb.size != (size, size):
        rgb = rgb.resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(rgb, dtype=np.uint8)


class _Ambiguous(Exception):
    """Numbers that could mean several brightnesses."""


def _upright(image: Image.Image) -> Image.Image:
    """The image in RGB, turned as its EXIF says; TIFF's is turned as Pillow reads it."""
    image.load()
    with contextlib.suppress(Exception):  # damaged notes of a camera say nothing of the image
        image = ImageOps.exif_transpose(image)
    return _colours(image)


def _colours(image: Image.Image) -> Image.Image:
    """Any of Pillow's modes as RGB of 8 bits."""
    tags: Any = getattr(image, "tag_v2", {})
    if image.mode.startswith("I;16"):
        return _from_sixteen_bits(image, tags)
    if image.mode == "I":
        raise _Ambiguous("holds signed integers or such of 32 bits, of which nobody says which one is white")
    if image.mode == "F":
        return _from_floats(image, tags)
    if not image.has_transparency_data:
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def _from_sixteen_bits(image: Image.Image, tags: Any) -> Image.Image:
    most = 2 ** int(tags.get(_BITS, (16,))[0]) - 1
    read = np.asarray(image)  # (rows, columns), in the byte order of the file
    clear = image.info.get("transparency")
    grey = read.astype(np.uint32)
    grey *= 255
    grey += most // 2
    grey //= most
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        np.subtract(255, grey, out=grey)
    if isinstance(clear, int):
        grey[read == clear] = 255
    return Image.fromarray(grey.astype(np.uint8)).convert("RGB")


def _from_floats(image: Image.Image, tags: Any) -> Image.Image:
    grey = np.array(image, np.float32)
    low, high = float(grey.min()), float(grey.max())
    if not (low >= 0 and high <= 1):
        raise _Ambiguous(
            f"holds floating-point numbers from {low:g} to {high:g}, of which only those in [0,1] are read"
        )
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        np.subtract(1, grey, out=grey)
    grey *= 255
    return Image.fromarray(np.rint(grey, out=grey).astype(np.uint8)).convert("RGB")
