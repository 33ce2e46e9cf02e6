"""`weightreel check`: what is wrong with a store."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.arguments import store


@click.command(help="Compare the store with the schema and recount its numbers.")
@store
def command(store: Path) -> int:
    """Print each problem of a store; 1 where there is one."""
    from weightreel.analysis.store.check.faults import check

    problems = check(store)
    for problem in problems:
        print(problem)
    print(f"{store}: {len(problems)} problem(s)" if problems else f"{store} is clean.")
    return 1 if problems else 0
