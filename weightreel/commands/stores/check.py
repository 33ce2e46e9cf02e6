"""`weightreel check`: what is wrong with a store."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.analysis.notices import tell
from weightreel.arguments import store


@click.command(help="Compare the store with the schema and recount its numbers.")
@store
@click.option("--seal", is_flag=True, help="Of a store that you changed yourself: if it is clean, seal it again.")
def command(store: Path, seal: bool) -> int:
    """Print each problem of a store; 1 where there is one."""
    from weightreel.analysis.store.check.faults import seal_again
    from weightreel.analysis.store.guard.process import problems_of

    problems = problems_of(store, sealed=not seal)
    if seal and not problems:
        problems = [list(problem) for problem in seal_again(store)]
    for problem in problems:
        tell(": ".join(problem))
    good = f"{store} is clean and sealed." if seal else f"{store} is clean."
    tell(f"{store}: {len(problems)} problem(s)" if problems else good)
    return 1 if problems else 0
