"""What is tried with each changed file, and the files themselves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.fuzz import octets, structure
from tests.made.damaged import mutated_recipe
from tests.made.store import synthetic_store
from weightreel.analysis.store.guard.known import remember
from weightreel.analysis.store.seal import BLOCK, is_sealed, seal
from weightreel.cli import main
from weightreel.page.build import CHARTS_FILE

VERSIONS = Path(__file__).parents[1] / "store" / "versions"
SMALL = "small.h5"
SEEDS = 2**32


class Made(NamedTuple):
    """A changed file, and in words what was changed."""

    path: Path
    changes: list[str]


class Trial(NamedTuple):
    """Something that is tried.

    Attributes:
        count: with how many files, in the end.
        make: a changed file in a folder, by chance; the second folder is `ground`.
        run: does it, in a process of its own; gives the exit code.
    """

    count: int
    make: Callable[[Random, Path, Path], Made]
    run: Callable[[Path, Random, Path], int]


def ground(folder: Path) -> Path:
    """A folder with what is changed and what it is put beside, made once."""
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        synthetic_store(folder / SMALL, epochs=3, n_layers=3, models=("cnn",), trials=40, history_trials=10, sample=8)
        synthetic_store(
            folder / "good.h5", epochs=2, n_layers=2, models=("cnn",), trials=40, history_trials=10, sample=8
        )
        for old in VERSIONS.glob("*.h5"):
            shutil.copy(old, folder)
        (folder / "ready").touch()
    return folder


def changed_checkpoint(random: Random, folder: Path, _: Path) -> Made:
    """A checkpoint of which bytes were changed, or whose tensors and names are odd."""
    from tests.made.damaged_checkpoints import mutated_checkpoint

    seed = random.randrange(SEEDS)
    path = mutated_checkpoint(seed, folder)
    return Made(path, [path.name, f"seed {seed}"])


def changed_recipe(random: Random, folder: Path, _: Path) -> Made:
    """A recipe of which a value, a line or bytes were changed."""
    seed = random.randrange(SEEDS)
    return Made(mutated_recipe(seed, folder), [f"seed {seed}"])


def changed_store(random: Random, folder: Path, ground: Path) -> Made:
    """A store after changes of its structure or of its bytes; sealed again where it had a seal."""
    olds = sorted(path.name for path in VERSIONS.glob("*.h5"))
    base = ground / (SMALL if random.random() < 0.5 else random.choice(olds))
    path = folder / "store.h5"
    sealed = is_sealed(base)
    if random.random() < 0.5:
        shutil.copy(base, path)
        said = structure.mutate(path, random, ground / "good.h5")
    else:
        content = base.read_bytes()
        head = BLOCK if sealed else 0
        changed, what = octets.mutate(content[head:], random)
        path.write_bytes(content[:head] + changed)
        said = [what]
    if sealed:
        seal(path)
    return Made(path, [base.name, *said])


def _page(path: Path, _: Random, out: Path) -> int:
    charts = out / "charts"
    (charts / CHARTS_FILE).parent.mkdir(parents=True)
    (charts / CHARTS_FILE).write_text("//")
    (charts / "package.json").write_text('{"version": "6"}')
    return main(["site", str(path), "--out", str(out / "page.html"), "--echarts", str(charts), "--films", str(out)])


def _layout(path: Path, random: Random, out: Path) -> int:
    from weightreel.scenes.making.orders import find_films

    return main(["look", str(path), "--films", random.choice(sorted(find_films()))])


def _show(path: Path, random: Random, _: Path) -> int:
    table = random.choice(["", "", "report", "defences", "seeds"])
    return main(["show", str(path), *(["--markdown", table] if table else [])])


def _export(path: Path, random: Random, out: Path) -> int:
    return main(["export", str(path), "--to", random.choice(["json", "csv", "csv", "png"]), "--out", str(out)])


def _rescue(path: Path, _: Random, out: Path) -> int:
    """What was rescued must be clean."""
    code = main(["rescue", str(path), "--out", str(out / "new.h5")])
    if code == 0 and main(["check", str(out / "new.h5")]) != 0:
        raise AssertionError("what was rescued is not clean")
    return code


def _merge(path: Path, _: Random, out: Path) -> int:
    return main(["merge", str(path), str(out.parent / "good.h5"), "--out", str(out / "merged.h5")])


def _import(path: Path, _: Random, out: Path) -> int:
    return main(["import", str(path), "--out", str(out / "run.h5"), "--no-spectra"])


def _recipe(path: Path, _: Random, out: Path) -> int:
    from weightreel.analysis.errors import WeightreelError
    from weightreel.analysis.recipe.recipe import read_recipe

    try:
        json.loads(read_recipe(path).to_json())
    except WeightreelError as error:
        raise SystemExit(f"weightreel: {error}") from error
    return 0


TRIALS: dict[str, Trial] = {
    "check": Trial(10_000, changed_store, lambda path, _, __: main(["check", str(path)])),
    "show": Trial(10_000, changed_store, _show),
    "export": Trial(1000, changed_store, _export),
    "merge": Trial(1000, changed_store, _merge),
    "page": Trial(1000, changed_store, _page),
    "rescue": Trial(1000, changed_store, _rescue),
    "layout": Trial(200, changed_store, _layout),
    "checkpoint": Trial(1000, changed_checkpoint, _import),
    "recipe": Trial(1000, changed_recipe, _recipe),
}


@cache
def know(good: Path) -> None:
    """Say that the store beside is known, so that it is not examined anew for each file."""
    from weightreel.analysis.store.seal import verify

    remember(verify(good).digest)
