"""Numbers in words and digits."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.statistics import Rate
from weightreel.analysis.findings.words.digits import PLAIN
from weightreel.analysis.findings.words.digits import digits as _digits
from weightreel.analysis.findings.words.language import phrase


def significant(value: float, digits: int = 3) -> str:
    """`value` with so many significant digits: 0.0123, 1.50, 12,300, 1.2e−07; `–` where it is not finite."""
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if size != 0 and size < 1e-4:
        return _written(f"{value:.{max(digits - 2, 0)}e}")
    places = digits - 1 if size == 0 else max(digits - 1 - math.floor(math.log10(size)), 0)
    return _written(f"{value:,.{places}f}")


LEAST_P = 1e-300
"""What a p-value that was counted exactly may underflow at."""
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def with_power(value: float) -> str:
    """`value` with two significant digits, a small one by its power of ten: `0.036`, `1.6 × 10⁻⁶`."""
    if not 0 < abs(value) < 1e-4:
        return significant(value, 2)
    digits, power = f"{value:.1e}".split("e")
    return f"{_written(digits)} × 10{str(int(power)).translate(SUPERSCRIPTS)}"


def p_in_words(p: float, least: float = LEAST_P) -> str:
    """A p-value as it stands behind the letter: `= 0.036`, `< 0.004` where it is below what can be told.

    Args:
        p: the p-value.
        least: the smallest that the method can give, such as one over its resamples.
    """
    if not np.isfinite(p):
        return "–"
    if p >= least:
        return f"= {with_power(p)}"
    return f"< {with_power(least) if least < 1e-4 else significant(least, 1)}"


def count(n: float) -> str:
    """An integer, or what is nearest to it, with separated thousands: `10,000`; `–` where it is not finite."""
    return _written(f"{n:,.0f}" if isinstance(n, float | np.floating) else f"{n:,}") if math.isfinite(n) else "–"


def fixed(value: float, places: int = 2) -> str:
    """A number with so many decimals: `4.05`; `–` where it is not finite."""
    return _written(f"{value:.{places}f}") if math.isfinite(value) else "–"


def plain(value: float, digits: int = 6) -> str:
    """A number with so many significant digits at most, without zeros that say nothing: `0.5`, `3`, `1e-06`."""
    text = f"{value:.{digits}g}"
    return _digits().written("−" + text[1:] if text[0] == "-" else text)


def percent(share: float, places: int = 1) -> str:
    """A share as `12.3 %`; without decimals where it is exactly none or all, `–` where it is not finite."""
    if not np.isfinite(share):
        return "–"
    number = points(share, 0 if share in (0, 1) else places)
    return f"%{number}" if _digits().percent_first else f"{number} %"


def tight_percent(share: float, places: int = 0) -> str:
    """A share as English sets it within narrow lines, `75%`; in other languages as `percent`."""
    number = points(share, places)
    return f"{number}%" if _digits() is PLAIN else percent(share, places)


def points(share: float, places: int = 1) -> str:
    """A share in percent without the sign, for columns and axes that name it, or a difference of shares in points.

    `–` where it is not finite.
    """
    return _written(f"{100 * share:.{places}f}") if np.isfinite(share) else "–"


def signed(value: float, places: int = 2) -> str:
    """A number with its sign: `+0.81`, `−0.20`; `–` where it is not finite."""
    return _written(f"{value:+.{places}f}") if math.isfinite(value) else "–"


def from_low_to_high(low: str, high: str) -> str:
    """`1.92 to 2.68` of two ends as they are written, or one of them where both read alike."""
    return low if low == high else phrase("{low} to {high}", low=low, high=high)


def between(low: str, high: str) -> str:
    """The ends of an interval as they are written: `[6.5, 7.5]`, and `[6,5; 7,5]` where commas stand in numbers."""
    return f"[{low}{_digits().between}{high}]"


def interval(rate: Rate, places: int = 1) -> str:
    """A rate and its interval, for columns that name percent: `7.0 [6.5, 7.5]`."""
    return f"{points(rate.value, places)} {between(points(rate.low, places), points(rate.high, places))}"


def lowest_to_highest(shares: Sequence[float] | NDArray[Any], places: int = 1) -> str:
    """The range of shares, for columns that name percent: `0.4 – 12.3`; `–` of none."""
    return f"{points(float(min(shares)), places)} – {points(float(max(shares)), places)}" if len(shares) else "–"


def interval_in_percent(rate: Rate, places: int = 1) -> str:
    """A rate and its interval within words: `7.0 % [6.5, 7.5]`."""
    return f"{percent(rate.value, places)} {between(points(rate.low, places), points(rate.high, places))}"


def compact(values: Sequence[float]) -> list[str]:
    """Labels of ticks, all with the same decimals; thousands as 1k, millions as 1M."""
    values = [v + 0.0 if abs(v) > 1e-12 else 0.0 for v in values]
    if any(abs(v) >= 10_000 for v in values):
        return [_thousands(v) for v in values]
    places = next((p for p in range(7) if all(abs(v - round(v, p)) < 1e-9 + 1e-6 * abs(v) for v in values)), 6)
    return [_written(f"{v:.{places}f}") for v in values]


def _thousands(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return _written(f"{value / size:g}") + letter
    return _written(f"{value:g}")


def million(n: float) -> str:
    """A number of things as people say it: `3.1 million`, `12,345`."""
    return phrase("{n} million", n=fixed(n / 1e6, 1)) if n >= 1e6 else count(n)


def direction(before: float, after: float, *, least: float = 0.01) -> str:
    """`rises`, `falls` or `stays`: a change of less than the share `least` of the larger value is none."""
    larger = max(abs(before), abs(after))
    if not np.isfinite(after - before) or abs(after - before) <= least * larger:
        return "stays"
    return "rises" if after > before else "falls"


def from_to(name: str, before: float, after: float, digits: int = 3) -> str:
    """`the spread falls from 0.05 to 0.03`, or `stays at 0.05`."""
    verb, last = direction(before, after), significant(after, digits)
    if verb == "stays":
        return phrase("{name} stays at {value}", name=name, value=last)
    first = significant(before, digits)
    if verb == "rises":
        return phrase("{name} rises from {first} to {last}", name=name, first=first, last=last)
    return phrase("{name} falls from {first} to {last}", name=name, first=first, last=last)


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return phrase("{first} and {last}", first=beside(names[:-1]), last=names[-1])


def beside(names: Sequence[str]) -> str:
    """`a, b, c`; numbers with commas in them as `0,5; 0,9`."""
    return ("; " if any(map(_COMMA.search, names)) and _digits().decimal == "," else ", ").join(names)


_COMMA = re.compile(r"\d,\d")


MOST_NAMED = 5


def listed_briefly(names: Sequence[str]) -> str:
    """Names in words, of many the first four and how many more."""
    if len(names) <= MOST_NAMED:
        return listed(names)
    first = beside(names[: MOST_NAMED - 1])
    return phrase("{names} and {n} more", names=first, n=len(names) - MOST_NAMED + 1)


def _written(text: str) -> str:
    """A number as the language writes it, with a minus that is as long as the plus."""
    return _digits().written(text.replace("-", "−"))
