"""Write docs/store.md from the schema: `python -m analysis.store.docs > docs/store.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analysis.store.schema import ATTRIBUTES, DIMENSIONS, FIELDS, MIN_EIGENVALUES, SCHEMA_VERSION, FitStatus, Phase

INTRODUCTION = f"""\
# The store, version {SCHEMA_VERSION}

<!-- Written by `python -m analysis.store.docs > docs/store.md`; a test holds it to analysis/store/schema.py. -->

A store is one HDF5 file with everything that was measured of an experiment: all that the films need. MUST, MAY and
MUST NOT are meant as in RFC 2119.

## Rules

- The root MUST name `schema` and `schema_version` (major.minor). A reader MUST refuse a newer major version and say
  how to go on; it MUST accept a newer minor one, which MAY hold paths that it does not know.
- A path below is a pattern. RUN is a run's name, `MODEL-sSEED` (`cnn-s0`); LAYER a module path (`features.0`), which
  MUST NOT hold a slash; ATTACK the name of an attack; PARAMETER is `weight` or `bias`, and a network or layer without
  biases has no `bias` group.
- A dataset MUST have the dtype and dimensions of the table, the attributes `units` and `long_name`, and a label on
  every dimension. `epoch`, and the names of the classes, are HDF5 dimension scales of the axes that they number.
- Numbers stay numbers: what could not be measured is NaN, with a status where there is one. A missing dataset means
  that it was not measured.
- Epochs MUST count 0, 1, 2, … without a gap; epoch 0 is the initialisation. While a training goes on the run's `state`
  is `training`, what belongs to the last epoch (test, an attack's trials, its gallery) is absent, and the file
  MUST be replaced whole, never written into. A reader MUST accept such a store.
- Eigenvalues, `xmin`, `xmax` and `lambda_max` are unscaled. Times the layer's `weightwatcher_scale` they are what
  `WeightWatcher.analyze()` reports.
- Outcomes are stored a trial, and rates derived from them. Trial i depends on (seed, i) alone, so that every epoch and
  network meets the same inputs. Pictures are 8-bit RGB; a store MAY hold no example (`dataset.examples = 0`).
- Runs after the first seeds MAY leave out `eigenvalues`, `sample` and `filters`, the largest datasets.

`weightreel check STORE` holds a file against all of this and counts again what can be counted.
"""


def markdown() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_dimensions(), *_codes(), *_groups()])


def _dimensions() -> Iterator[str]:
    yield "## Dimensions\n"
    yield from _table(("name", "counts"), ((f"`{name}`", meaning) for name, meaning in DIMENSIONS.items()))


def _codes() -> Iterator[str]:
    yield "## Codes\n"
    yield "Phases, in the order in which a training goes through them: " + _listing(Phase) + ".\n"
    yield (
        f"States of a power-law fit: {_listing(FitStatus)}. A failed fit has NaN for alpha and what belongs to it,\n"
        f"and an `n_tail` of 0. Fits of fewer than {MIN_EIGENVALUES} eigenvalues keep their numbers and MUST be shown "
        "with a\nwarning.\n"
    )


def _listing(codes: type[Phase] | type[FitStatus]) -> str:
    return ", ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in codes)


def _groups() -> Iterator[str]:
    """A section for each group, with its attributes and datasets."""
    attributes: dict[str, list[tuple[str, ...]]] = {}
    datasets: dict[str, list[tuple[str, ...]]] = {}
    paths = {field.path for field in FIELDS}
    for attribute in ATTRIBUTES:
        group, name = attribute.path, attribute.name
        if group in paths:  # an attribute of a dataset, shown in the section of its group
            group, dataset = _home(group)
            name = f"{dataset}@{name}"
        row = (f"`{name}`", attribute.dtype, _must(attribute.required), attribute.long_name)
        attributes.setdefault(group, []).append(row)
    for field in FIELDS:
        group, name = _home(field.path)
        dims = f"({', '.join(field.dims)})"
        cells = (f"`{name}`", field.dtype, dims, field.units or "–", _must(field.required), field.long_name)
        datasets.setdefault(group, []).append(cells)
    for group in dict.fromkeys([*attributes, *datasets]):
        yield f"## `{group}`\n"
        if group in attributes:
            yield from _table(("attribute", "dtype", "", "meaning"), attributes[group])
        if group in datasets:
            yield from _table(("dataset", "dtype", "dimensions", "units", "", "meaning"), datasets[group])


_HOMES = (
    "/dataset",
    "/runs/RUN/parameters/PARAMETER",
    "/runs/RUN/layers/LAYER/PARAMETER",
    "/runs/RUN/layers/LAYER/spectrum",
    "/runs/RUN/layers/LAYER",
    "/runs/RUN/attacks/ATTACK",
    "/runs/RUN",
)
"""The groups that get a section; deeper ones are listed in it."""


def _home(path: str) -> tuple[str, str]:
    """The section of a dataset and its name there."""
    group = next(home for home in _HOMES if path.startswith(f"{home}/"))
    return group, path.removeprefix(f"{group}/")


def _must(required: bool) -> str:
    return "MUST" if required else "MAY"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    print(markdown(), end="")
