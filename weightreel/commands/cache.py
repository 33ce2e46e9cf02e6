"""`weightreel cache`: what decoded images take on the disk, and how many stores are known."""

from __future__ import annotations

import click

from weightreel.analysis.notices import tell


@click.command(help="Tell how much decoded images take in the cache folder, and how many stores are known.")
@click.option("--clear", is_flag=True, help="Forget them; the next start decodes and checks again.")
def command(clear: bool) -> None:
    """Tell of the cache, empty after `--clear`."""
    from weightreel.analysis import decoded
    from weightreel.analysis.store.guard import known

    if clear:
        decoded.clear()
        known.clear()
    count, size = decoded.kept()
    tell(f"{decoded.cache_folder()}: {count} set(s) of decoded images, {decoded.size_in_words(size)}.")
    tell(f"{known.cache_folder()}: {known.count()} store(s) that are known to be clean.")
