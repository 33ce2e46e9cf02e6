"""`weightreel cache`: what decoded images take on the disk."""

from __future__ import annotations

import click

from weightreel.analysis.notices import tell


@click.command(help="Tell how much decoded images take in the cache folder.")
@click.option("--clear", is_flag=True, help="Remove them; the next start decodes them again.")
def command(clear: bool) -> None:
    """Tell of the cache, empty after `--clear`."""
    from weightreel.analysis import decoded

    if clear:
        decoded.clear()
    count, size = decoded.kept()
    tell(f"{decoded.cache_folder()}: {count} set(s) of decoded images, {decoded.size_in_words(size)}.")
