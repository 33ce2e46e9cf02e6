"""How alpha moves and how it is read: the report and WeightWatcher's authors disagree, and neither is preferred."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from weightreel.analysis.findings.spectral.alpha import AUTHORS_READING, REPORT_READING, reading_in_words
from weightreel.analysis.findings.spectral.intervals import Interval, stability_in_words


@pytest.mark.parametrize(
    ("alpha", "report", "authors"),
    [
        (1.9, "", "over-trained"), (2.0, "over-fitting", "well trained"), (3.5, "", "well trained"),
        (4.71, "well regularised", "well trained"), (6.0, "", "under-trained"), (8.5, "", ""),
        (inf, "", ""), (nan, "", ""),
    ],
)  # fmt: skip
def test_both_readings_are_given_undecided(alpha: float, report: str, authors: str) -> None:
    assert (REPORT_READING.of(alpha), AUTHORS_READING.of(alpha)) == (report, authors)
    said = reading_in_words("classifier.0", alpha, Interval(1.5, 8.0, 20, 60, 0.9), 50)
    if np.isfinite(alpha):
        assert f"α = {alpha:.2f} [1.50, 8.00]:" in said
        assert "WeightWatcher's authors" in said
        assert (report or "neither of the report's ranges") in said
    elif np.isnan(alpha):
        assert "could not be fitted" in said


def test_no_verdict_of_authors_is_told_where_they_disown_it() -> None:
    few = reading_in_words("fc", 3.0, None, 5, trusted=False)
    assert (
        few
        == "fc ends at α = 3.00: in neither of the report's ranges, no verdict of WeightWatcher's authors on so few "
        "eigenvalues."
    )
    steep = reading_in_words("fc", 17.2, None, 5)
    assert "above 8, spurious to WeightWatcher's authors" in steep
    assert "under-trained" not in few + steep


def test_an_interval_whose_xmin_stands_nowhere_is_marked() -> None:
    loose = Interval(2.0, 9.0, 3, 400, 0.1)
    assert "α = 3.00 [2.00, 9.00], xmin unstable:" in reading_in_words("fc", 3.0, loose, 5)
    assert stability_in_words("fc", 40, loose).startswith("fc: xmin is unstable; 10.0 % of resamples alone find a tail")
    firm = Interval(2.0, 4.0, 30, 60, 0.9)
    assert stability_in_words("fc", 40, firm).startswith("fc: 90.0 % of resamples find a tail of half to twice its 40")
    assert firm.meets(loose) and loose.meets(firm)
    assert not firm.meets(Interval(4.1, 5.0, 30, 60, 0.9))
    assert firm.holds(4.0)
    assert not firm.holds(4.1)
