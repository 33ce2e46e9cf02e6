"""Write docs/store.md from the schema: `python -m weightreel.analysis.store.schema.document > docs/store.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from weightreel.analysis.store.schema.fields import (
    ATTRIBUTES,
    DIMENSIONS,
    FIELDS,
    MIN_EIGENVALUES,
    SCHEMA_VERSION,
    FitStatus,
    Phase,
)

INTRODUCTION = f"""\
# The store, version {SCHEMA_VERSION}

<!-- Written by `python -m weightreel.analysis.store.schema.document > docs/store.md`; a test holds it so. -->

A store is one HDF5 file with everything that was measured of an experiment: all that the films need. MUST, MAY and
MUST NOT are meant as in RFC 2119.

## Rules

- The root MUST name `schema` and `schema_version` (major.minor). A reader MUST refuse a newer major version and say
  how to go on; it MUST accept a newer minor one, which MAY hold paths that it does not know.
- A path below is a pattern. RUN is a run's name, `MODEL-sSEED` (`cnn-s0`); LAYER a module path (`features.0`), which
  MUST NOT hold a slash; ATTACK the name of an attack; PARAMETER is `weight` or `bias`, and a network or layer without
  biases has no `bias` group.
- A dataset MUST have the dtype and dimensions of the table, the attributes `units` and `long_name`, and an HDF5
  dimension scale on every axis (see "In the file").
- Numbers stay numbers: what could not be measured is NaN, with a status where there is one. A missing dataset means
  that it was not measured.
- Epochs MUST count 0, 1, 2, … without a gap; epoch 0 is the initialisation. While a training goes on the run's `state`
  is `training`, what belongs to the last epoch (test, an attack's trials, its gallery) is absent, and the file
  MUST be replaced whole, never written into. A reader MUST accept such a store.
- Eigenvalues, and all that is measured in them (`xmin`, `xmax`, `lambda_max`, edges), are unscaled. Times the layer's
  `weightwatcher_scale` they are what `WeightWatcher.analyze()` reports.
- Outcomes are stored a trial, and rates derived from them. Trial i depends on (seed, i) alone, so that every epoch and
  network meets the same inputs. Pictures are 8-bit RGB; a store MAY hold no example (`dataset.examples = 0`).
- Runs after the first seeds MAY leave out `eigenvalues`, `sample` and `filters`, the largest datasets.
- A run MAY end before its planned epochs; it then names the rule that ended it in `stopped_by`.
- All that version 1.1 added is optional: a reader MUST do without.

- Every version before this one MUST be read as well: it has no seal, no stacked layers, labels in place of scales, and
  text in HDF5's heap of strings. A program older than 1.4 does not read this version.

`weightreel check STORE` holds a file against all of this and counts again what can be counted.

## A file from somebody else

- **It reaches nowhere.** A store holds groups, datasets of numbers and text, and attributes, each once and where its
  name is. A reader MUST refuse links (soft, to other files, of other kinds), groups within themselves, numbers in other
  files (external storage, virtual datasets), references as data, and filters other than deflate, shuffle and
  Fletcher-32.
- **It is no larger than it is.** A dataset MUST NOT declare more than its bytes can hold, nor all together more than
  64 MiB or 32 times the file, whichever is more. JSON in attributes is an object or a list as the tables say, at most
  32 deep.
- **It is checked before it is opened**, in a process of its own that has 10 s of processor time, a second more for each
  megabyte, and 2 GiB of memory (of large files 16 times their size). That this process dies, does not end or takes
  more is damage like any other: `check` names the path at which it did. What was written here, and what was found
  clean once, is known by its digest in the user's cache folder (`weightreel cache` says where) and opens at once.
- **What is left of it** `weightreel rescue STORE --out NEW` writes: all that can be read and adds up, dataset by
  dataset. NEW is clean, and each thing that was left out is named. A run that lost what a recipe's run must have says
  so in its attribute `source`; one without epochs is left out.

## In the file

What the tables below call by a path stands in the file as follows (`analysis/store/layout.py`).

- **The seal.** The file begins with a block of 512 bytes, its HDF5 user block: three lines of text, the second of which
  is `BLAKE2b-256` and the digest of all that follows the block, then line feeds. A reader MUST refuse a file of which
  any byte differs from that. `tail -c +513 STORE | b2sum -l 256` gives the digest. Who changes a store by intent seals
  it again with `weightreel check --seal STORE`, which checks it first and writes it anew; a store of an older version
  becomes one of this version.
- **Layers are stacked.** `/runs/RUN/layers/LAYER/X` is a part of `/runs/RUN/network/X`, whose layers
  `/runs/RUN/network/layer` names in their order. Where no dimension of X has a length of its own in each layer, it is
  row i of the first dimension, `layer`; the attribute `measured` says 0 for layers without X, whose row is NaN, 0 or
  empty, and MAY be absent where all have it. Else (`counts`, `edges`, `sample`, `eigenvalues`, `leading`,
  `random/density`, …) the layers lie side by side along the last dimension, named after the group (`weight_bin`), and
  the attribute `lengths` says how long each one's part is, −1 for none. Attributes of the layers' groups are
  stacked likewise, as datasets of their names; `quantiles`, and those of `p_value`, are attributes there and hold for
  every layer. What does not fit, and `filters`, MAY stand at its own path.
- **Scales.** A dimension's scale has its name and stands in a group that holds all that it belongs to. `epoch`,
  `network/layer`, `class`, `true` and `predicted` have numbers or names; others are empty. A dataset with the name of
  a dimension has an underscore after it: `stop/RULE/epoch_`, `gallery/trial_`, `weight/sample_`. So every
  store is netCDF-4: `xarray.open_datatree(STORE, engine="h5netcdf")`.
- **Text** is UTF-8 of fixed length. HDF5's global heap, which has no checksum, holds nothing but the references to
  scales. Datasets above 256 bytes are in chunks, shuffled, gzipped, with a Fletcher-32 checksum; smaller ones in their
  header, which has a checksum of its own.
- **`results`** is a SHA-256 of what was measured: of all datasets and attributes by their paths below, but for those
  that say how, when or by what they were made or how they are called (`recipe`, `software`, `created`, `licence`,
  `device`, `title`, `order`, `source`, `seconds`, the version). Equal measurements have equal ones, in a store of any
  version; it is what films, tables and page show.

## Spectra

A weight matrix is N × M with N ≥ M, and **Q** = N / M ≥ 1. A convolution's kernel k × k is k² such matrices, its
**slices** (out, in), of one Q; their eigenvalues are pooled. Eigenvalues are those of X = WᵀW, not divided by N.

- **Marchenko–Pastur bulk.** For independent entries of standard deviation s the eigenvalues end at
  λ± = σ² (1 ± 1/√Q)² with σ = s √N, so that `sigma` carries the √N. `square_law` says how σ was found. `scaled`: from
  the eigenvalues that are not spikes, for each slice by itself (`slice_sigma`); `sigma`, `lambda_minus` and
  `lambda_plus` are those of the widest slice. `weightwatcher`: fitted as WeightWatcher fits it, to pooled eigenvalues
  divided by their mean; for Q = 1 its law is a density of x = √λ, √(4 − x²)/(πσ²), whose support does not move with σ,
  so that its λ₊ is near that of a random matrix with all of the norm, whatever the tail holds.
- **Spikes** (`n_spikes`) are eigenvalues above `spike_edge`, the one edge that films, figures and page draw. Where
  `edge` is `tracy-widom` a random layer has any eigenvalue above it, of all its slices, with probability `level`; and
  `n_slice_spikes` counts those above the edges of their own slices. Where it is `weightwatcher` or absent it is
  λ₊ + √(λ₊^(2/3) M^(−2/3) / √Q), in units of the mean eigenvalue, and in stores before 1.5 σ of `scaled` was fitted to
  the density. Where `slices` is `one` pooled eigenvalues were all that was known, and slices taken to be of one
  variance. Spikes are not the eigenvalues of the fitted tail (`n_tail`). `soft_rank` = λ₊ / λ_max.
- **Shuffled baseline** (`random/`). The entries of each matrix in random order, with the same seed at every epoch;
  several replicas, pooled, where M is below 100. `density` is a density per unit of λ on `edges`, which stand in equal
  steps of log λ; eigenvalues beyond the edges count in it, so that its integral is at most 1. `js_distance` is the
  Jensen–Shannon distance (√nat, at most √ln 2) between the ascending vectors of a layer's and of shuffled eigenvalues,
  each divided by its sum: WeightWatcher's `rand_distance`, which compares ranks, not densities. **Traps** (`n_traps`)
  are spikes of the shuffled spectrum, of one shuffle (`traps_of` is `one`; the median over several) or of all together.
  A shuffle leaves what the entries share and no order can remove: a mean other than 0 (of some hundredths of their
  standard deviation in a large matrix), or entries so much larger than the others that one alone makes an eigenvalue.
  Where `side` is below M, a block of the matrix with that shorter side was shuffled in its place.
- **σ** is a largest singular value: of the pooled slices (σ² = `lambda_max`), of the matrix (out, in · kernel) that
  spectral normalisation bounds (`reshaped`), and of the convolution as it acts on its feature map with circular padding
  (`operator`). slices ≤ reshaped ≤ operator ≤ k · reshaped, where the kernel does not wrap around the feature map.
  Under `folded/` the rows of the weight are multiplied by what the BatchNorm that follows multiplies them by in
  evaluation mode, γ / √(running variance + ε).
- **`p_value`** is the goodness of the power law at the last epoch (Clauset, Shalizi and Newman 2009): the share of
  resamples whose distance to their own fit is as large. Below 0.1 it speaks against the power law; above, it does
  not prove it, and for few eigenvalues it says next to nothing.
- **`interval/`** has an interval for alpha at the last and a few more epochs: bias-corrected percentiles of resamples
  that are fitted anew, xmin and all, as `docs/spectra.md` says and calibrates. Its `xmin_*`, `n_tail_*` and `stability`
  say how firmly xmin stands: below 0.25 the fit is one that few resamples make. **`alpha_error`** is the error given
  xmin, WeightWatcher's `sigma`, and MUST NOT be shown as an error bar; where it is no error (fewer than 8 eigenvalues)
  it is NaN.
- **Attacks** are of a `kind`; one without the attribute is noise. A trial is an input drawn from a distribution
  (noise), a test image (gradient, minimum-norm) or a class to be reached (fooling). An image that is wrong without
  attack MUST NOT be counted as robust. Where a run's `defence` has a `nothing`, an answer may be C, one more than the
  last class: it is never a success, never right, and was given what probabilities and votes of the classes lack.
- **`certificates/`** hold votes, from which class and radius follow (Cohen, Rosenfeld and Kolter 2019); −1 and NaN
  abstain.
- **`truncated/`**, where the recipe asks for it, is λ^−alpha · exp(−rate λ) from the plain law's `xmin` on.
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
        f"States of a fit, of the power law and of the bulk: {_listing(FitStatus)}. A failed\n"
        "fit has NaN for alpha (or sigma) and what belongs to it, and an `n_tail` (or `n_spikes`) of 0. Fits of fewer\n"
        f"than {MIN_EIGENVALUES} eigenvalues keep their numbers and MUST be shown with a warning. NOT_MEASURED is an\n"
        "epoch whose spectra another process has still to measure: all that is NaN then, and 0 where it is counted.\n"
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
