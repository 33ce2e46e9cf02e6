"""The part of the schema that describes a layer's spectrum: its datasets, its attributes and the states of its fits."""

from __future__ import annotations

import math
from enum import IntEnum

from weightreel.analysis.store.schema.field import STRING, Attribute, Field

LAYER = "/runs/RUN/layers/LAYER"
SPECTRUM = f"{LAYER}/spectrum"


class FitStatus(IntEnum):
    """How far a fit can be used."""

    OK = 0
    FAILED = 1
    """The fitter gave up: alpha, xmin and the rest are NaN."""
    FEW_EIGENVALUES = 2
    """Fewer than 50 eigenvalues: WeightWatcher's authors trust no such fit; its numbers are shown with a warning."""
    NOT_MEASURED = 3
    """The epoch's spectra are not measured yet: all is NaN."""


FIT_STATUS = "0 ok, 1 failed, 2 fewer than 50 eigenvalues, 3 not measured"
MIN_EIGENVALUES = 50
"""Below this many eigenvalues a fit is FEW_EIGENVALUES."""


def eigenvalue_count(shape: tuple[int, ...]) -> int:
    """Eigenvalues of a weight (out, in, *kernel): those of its kernel's slices, pooled."""
    return min(shape[:2]) * math.prod(shape[2:])


ERROR_GIVEN_XMIN = (
    "error of alpha given xmin, (alpha - 1) / √n_tail: takes xmin as known and eigenvalues as independent; no interval"
)

SPECTRUM_FIELDS: tuple[Field, ...] = (
    Field(f"{SPECTRUM}/eigenvalues", "f4", ("epoch", "eigenvalue"), "1", "ESD of X = WᵀW, unscaled", False),
    Field(f"{SPECTRUM}/alpha", "f4", ("epoch",), "1", "power-law exponent of the tail", False),
    Field(f"{SPECTRUM}/alpha_error", "f4", ("epoch",), "1", ERROR_GIVEN_XMIN, False),
    Field(f"{SPECTRUM}/xmin", "f4", ("epoch",), "1", "eigenvalue at which the fitted tail starts, unscaled", False),
    Field(f"{SPECTRUM}/xmax", "f4", ("epoch",), "1", "largest eigenvalue of the fit, unscaled", False),
    Field(f"{SPECTRUM}/ks_distance", "f4", ("epoch",), "1", "Kolmogorov-Smirnov distance D of the fit", False),
    Field(f"{SPECTRUM}/n_tail", "u4", ("epoch",), "eigenvalues", "eigenvalues in the fitted tail", False),
    Field(f"{SPECTRUM}/status", "u1", ("epoch",), "status", FIT_STATUS, False),
    Field(f"{SPECTRUM}/lambda_max", "f4", ("epoch",), "1", "largest eigenvalue, unscaled", False),
    Field(f"{SPECTRUM}/frobenius_norm", "f4", ("epoch",), "1", "Frobenius norm of the weights", False),
    Field(f"{SPECTRUM}/stable_rank", "f4", ("epoch",), "1", "squared Frobenius norm over lambda_max", False),
    Field(
        f"{SPECTRUM}/entropy",
        "f4",
        ("epoch",),
        "1",
        "matrix entropy: of the eigenvalues' shares, over its maximum",
        False,
    ),
    Field(f"{SPECTRUM}/sigma/slices", "f4", ("epoch",), "1", "largest singular value of the pooled slices", False),
    Field(
        f"{SPECTRUM}/sigma/reshaped",
        "f4",
        ("epoch",),
        "1",
        "largest singular value of the reshaped matrix",
        False,
    ),
    Field(
        f"{SPECTRUM}/sigma/operator",
        "f4",
        ("epoch",),
        "1",
        "largest singular value of the layer on its feature map, circular padding",
        False,
    ),
    Field(
        f"{SPECTRUM}/sigma/operator_zero_padded",
        "f4",
        (),
        "1",
        "the same with zero padding, at the last epoch, of maps of 8 × 8 and smaller",
        False,
    ),
    *(
        Field(
            f"{SPECTRUM}/sigma/folded/{kind}",
            "f4",
            ("epoch",),
            "1",
            f"sigma/{kind} with the BatchNorm that follows folded in",
            False,
        )
        for kind in ("slices", "reshaped", "operator")
    ),
    *(
        Field(
            f"{SPECTRUM}/sigma/{part}leading",
            "f4",
            ("epoch", "leading"),
            "1",
            f"largest singular values of the reshaped matrix, descending{more}",
            False,
        )
        for part, more in (("", ""), ("folded/", ", the BatchNorm that follows folded in"))
    ),
    *(
        Field(f"{SPECTRUM}/interval/{key}", "f4", ("epoch",), units, f"{long_name}; NaN where not measured", False)
        for key, units, long_name in (
            ("alpha_low", "1", "lower end of alpha's interval, by resamples that choose xmin again"),
            ("alpha_high", "1", "upper end of alpha's interval"),
            ("xmin_low", "1", "2.5 % quantile of the resamples' xmin, unscaled"),
            ("xmin_high", "1", "97.5 % quantile of the resamples' xmin, unscaled"),
            ("n_tail_low", "eigenvalues", "2.5 % quantile of the eigenvalues in the resamples' tails"),
            ("n_tail_high", "eigenvalues", "97.5 % quantile of the eigenvalues in the resamples' tails"),
            ("stability", "1", "share of the resamples whose tail has half to twice as many eigenvalues as the fit's"),
        )
    ),
    *(
        Field(f"{SPECTRUM}/field/{key}", dtype, ("epoch",), units, long_name, False)
        for key, dtype, units, long_name in (
            ("log_norm", "f4", "1", "log10 of the sum of eigenvalues, scaled as WeightWatcher scales them"),
            ("log_spectral_norm", "f4", "1", "log10 of the largest eigenvalue, scaled likewise"),
            ("alpha_weighted", "f4", "1", "alpha times log_spectral_norm"),
            ("log_alpha_norm", "f4", "1", "log10 of the sum of eigenvalues to the power alpha, scaled likewise"),
            ("detX_num", "u4", "eigenvalues", "SETOL: largest eigenvalues whose product is 1, when their mean is 1"),
            ("num_ERG_spikes", "u4", "eigenvalues", "WeightWatcher's other name for detX_num"),
            ("ERG_gap", "f4", "eigenvalues", "SETOL: detX_num less n_tail"),
            ("rank_loss", "u4", "eigenvalues", "singular values that are 0 but for rounding"),
        )
    ),
    Field(f"{SPECTRUM}/fixed_aspect/alpha", "f4", (), "1", "FARMS: alpha of square blocks, at the last epoch", False),
    Field(f"{SPECTRUM}/clipped/alpha", "f4", (), "1", "alpha by fix_fingers=clip_xmax, at the last epoch", False),
    Field(f"{SPECTRUM}/clipped/n_fingers", "u4", (), "eigenvalues", "fingers that were clipped for it", False),
    Field(f"{SPECTRUM}/p_value", "f4", (), "1", "goodness of the power-law fit at the last epoch, bootstrap", False),
    *(
        Field(f"{SPECTRUM}/truncated/{key}", "f4", ("epoch",), "1", long_name, False)
        for key, long_name in (
            ("alpha", "exponent of the truncated power law λ^-alpha exp(-rate λ) from xmin on"),
            ("rate", "rate of its exponential cut-off, per unscaled eigenvalue"),
            ("log_likelihood_ratio", "log-likelihood of the truncated over the plain power law"),
            ("p_value", "chance of so large a ratio where the plain law is true"),
        )
    ),
    Field(f"{SPECTRUM}/random/edges", "f4", ("edge",), "1", "edges of the shuffled density's bins", False),
    Field(f"{SPECTRUM}/random/density", "f4", ("epoch", "bin"), "1", "ESD density of the shuffled weights", False),
    Field(f"{SPECTRUM}/random/epoch", "u4", ("whole_epoch",), "epochs", "epochs of `eigenvalues`", False),
    Field(
        f"{SPECTRUM}/random/eigenvalues",
        "f4",
        ("whole_epoch", "shuffled_eigenvalue"),
        "1",
        "eigenvalues of the shuffled weights, unscaled, replicas pooled",
        False,
    ),
    Field(f"{SPECTRUM}/random/lambda_max", "f4", ("epoch",), "1", "largest eigenvalue of the shuffled", False),
    Field(
        f"{SPECTRUM}/random/js_distance",
        "f4",
        ("epoch",),
        "1",
        "Jensen-Shannon distance between eigenvalues and shuffled ones (√nat), as WeightWatcher's rand_distance",
        False,
    ),
    *(
        Field(f"{SPECTRUM}/random/{key}", "f4", ("epoch",), "1", long_name, False)
        for key, long_name in (
            ("w1_distance", "Wasserstein-1 distance of the eigenvalues to the shuffled, over their mean"),
            ("softrank", "largest eigenvalue of one shuffle over the layer's, as WeightWatcher's ww_softrank"),
            ("maxdist", "lambda_max less the largest of one shuffle, unscaled, as WeightWatcher's ww_maxdist"),
        )
    ),
    Field(
        f"{SPECTRUM}/random/n_traps",
        "u4",
        ("epoch",),
        "eigenvalues",
        "correlation traps: spikes of the shuffled spectrum, of one shuffle or of all (`traps_of`)",
        False,
    ),
    *(
        Field(f"{SPECTRUM}/marchenko_pastur/{key}", dtype, ("epoch",), units, long_name, False)
        for key, dtype, units, long_name in (
            ("sigma", "f4", "1", "scale of the widest slice's random bulk: standard deviation times √N, unscaled"),
            ("lambda_minus", "f4", "1", "lower edge of that bulk, unscaled"),
            ("lambda_plus", "f4", "1", "upper edge of that bulk, unscaled"),
            ("spike_edge", "f4", "1", "random edge: lambda_plus with its fluctuation, unscaled"),
            ("n_spikes", "u4", "eigenvalues", "eigenvalues above spike_edge"),
            ("soft_rank", "f4", "1", "lambda_plus over lambda_max"),
            ("status", "u1", "status", f"of the bulk's fit: {FIT_STATUS}"),
            ("n_slice_spikes", "u4", "eigenvalues", "eigenvalues above the random edge of their own slice"),
        )
    ),
    Field(
        f"{SPECTRUM}/marchenko_pastur/slice_sigma",
        "f4",
        ("epoch", "slice"),
        "1",
        "scale of each slice's random bulk, in the order of the kernel's places, unscaled",
        False,
    ),
)

SPECTRUM_ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(SPECTRUM, "method", STRING, "exact (where absent), or randomised: the largest eigenvalues only", False),
    Attribute(SPECTRUM, "top", "i8", "how many of the largest eigenvalues a randomised method found", False),
    Attribute(SPECTRUM, "weightwatcher_scale", "f8", "factor that analyze() applies to eigenvalues", False),
    Attribute(f"{SPECTRUM}/p_value", "resamples", "i8", "resamples of the bootstrap", False),
    Attribute(f"{SPECTRUM}/p_value", "seed", "i8", "seed of the bootstrap", False),
    Attribute(f"{SPECTRUM}/interval", "resamples", "i8", "resamples behind each interval", False),
    Attribute(f"{SPECTRUM}/interval", "seed", "i8", "seed of the resamples", False),
    Attribute(f"{SPECTRUM}/interval", "level", "f8", "share of intervals that are to hold the exponent", False),
    Attribute(f"{SPECTRUM}/random", "seed", "i8", "seed of the shuffles, the same at every epoch", False),
    Attribute(f"{SPECTRUM}/random", "replicas", "i8", "shuffles of each matrix", False),
    Attribute(
        f"{SPECTRUM}/random",
        "traps_of",
        STRING,
        "whose spikes n_traps counts: those of one shuffle, or of all replicas together (all, or absent)",
        False,
    ),
    Attribute(
        f"{SPECTRUM}/random",
        "side",
        "i8",
        "shorter side of the shuffled matrix; below the layer's: a block",
        False,
    ),
    Attribute(f"{SPECTRUM}/marchenko_pastur", "Q", "f8", "aspect ratio N / M, N ≥ M, of a matrix or slice", False),
    Attribute(
        f"{SPECTRUM}/marchenko_pastur",
        "square_law",
        STRING,
        "law of the bulk: weightwatcher or scaled",
        False,
    ),
    Attribute(
        f"{SPECTRUM}/marchenko_pastur",
        "edge",
        STRING,
        "how lambda_plus was widened: tracy-widom, or weightwatcher (where absent)",
        False,
    ),
    Attribute(
        f"{SPECTRUM}/marchenko_pastur",
        "level",
        "f8",
        "share of random layers with any eigenvalue above a tracy-widom edge",
        False,
    ),
    Attribute(
        f"{SPECTRUM}/marchenko_pastur",
        "slices",
        STRING,
        "one …: from pooled eigenvalues, slices taken to be of one variance; absent: each slice has its own",
        False,
    ),
)
