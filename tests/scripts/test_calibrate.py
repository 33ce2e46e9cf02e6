"""The calibration of alpha's intervals: its laws are what they say, it goes on, and the docs have its table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from scripts.calibrate import cell, coverage
from scripts.calibrate.__main__ import CELLS, DOCUMENT, RESULTS, main
from scripts.calibrate.cell import Cell
from scripts.calibrate.laws import ASPECT, LAWS, SIZES, SPIKE
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.maths.alpha_interval import alpha_interval
from weightreel.analysis.maths.power_law import fit_power_law


@pytest.fixture
def runner(tmp_path: Path) -> list[str]:
    document = tmp_path / "page.md"
    document.write_text(f"before\n{coverage.BEGIN}\nold\n{coverage.END}\nafter\n", encoding="utf-8")
    places = ("--work", str(tmp_path / "work"), "--out", str(tmp_path / "out.csv"), "--document", str(document))
    return ["measure", "--cells", "pareto-27,student-27", *places]


def test_the_docs_have_the_table_that_was_measured() -> None:
    rows = coverage.read(RESULTS)
    text = DOCUMENT.read_text(encoding="utf-8")
    assert coverage.markdown(rows) in text
    assert coverage.sentence(rows) in text
    assert {(row.law, row.eigenvalues) for row in rows} <= set(CELLS)


def test_what_was_measured_is_what_the_issue_asks_of_independent_eigenvalues() -> None:
    """Of 64 and more, drawn from the law that is fitted, 93 to 97 % hold the exponent, to the standard error."""
    rows = [row for row in coverage.read(RESULTS) if row.law == "pareto" and row.eigenvalues >= 64]
    assert rows
    for row in rows:
        error = (0.95 * 0.05 / row.replications) ** 0.5
        assert coverage.HELD[0] - 2 * error <= row.covered <= coverage.HELD[1] + 2 * error, row


def test_it_measures_tells_and_goes_on(runner: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = ["--replications", "6", "--draws", "9"]
    first = CliRunner().invoke(main, [*runner, *few])
    assert first.exit_code == 0, first.output
    rows = {row.law: row for row in coverage.read(tmp_path / "out.csv")}
    assert rows.keys() == {"pareto", "student"}
    assert (rows["pareto"].replications, rows["pareto"].truth, rows["pareto"].draws) == (6, 2.5, 0)
    assert rows["student"].draws == 9
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    assert "\nold\n" not in page
    assert coverage.markdown(coverage.read(tmp_path / "out.csv")) in page

    made = []
    monkeypatch.setattr(cell, "alpha_interval", lambda *given: made.append(given) or alpha_interval(*given))
    more = CliRunner().invoke(main, [*runner, "--replications", "8", "--draws", "9"])
    assert more.exit_code == 0, more.output
    assert len(made) == 4  # two more of each
    assert {row.replications for row in coverage.read(tmp_path / "out.csv")} == {8}


def test_a_row_counts_what_its_replications_hold(tmp_path: Path) -> None:
    intervals = np.array(
        [[2.4, 0.1, 2.0, 3.0, 0.9], [2.9, 0.1, 2.6, 3.0, 0.1], [2.1, 0.1, 1.9, 2.4, 0.8], [2.5, 0.1, 2.2, 2.9, 0.9]]
    )
    row = Cell(LAWS["pareto"], 64, tmp_path / "x.npz", np.zeros(0), intervals).row()
    assert row is not None
    assert (row.covered, row.below, row.above) == (0.5, 0.25, 0.25)
    assert (row.unstable, row.covered_stable) == pytest.approx((0.25, 2 / 3))
    assert row.covered_given == 0.5
    assert row.width == pytest.approx(0.6)


@pytest.mark.parametrize("cells", ["pareto-28", "pareto"])
def test_unknown_cells_are_refused(runner: list[str], cells: str) -> None:
    refused = CliRunner().invoke(main, [*runner, "--cells", cells])
    assert refused.exit_code == 2
    assert "pareto-27" in refused.output


def test_a_document_without_a_place_for_the_table_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(WeightreelError, match="put them where the table"):
        coverage.put_into(page, coverage.read(RESULTS))
    with pytest.raises(WeightreelError, match="make calibrate"):
        coverage.read(page)


class TestLaws:
    def test_wishart_by_its_bidiagonal_form_has_the_eigenvalues_of_matrices(self) -> None:
        """Largest, smallest and their sum beside those of dense matrices, by Kolmogorov and Smirnov's test."""
        rng, side = np.random.default_rng(1), 64
        fast = np.array([LAWS["wishart"].draw(rng, side) for _ in range(300)])
        entries = rng.standard_normal((300, ASPECT * side, side))
        entries[:, :, 0] *= SPIKE**0.5
        dense = np.linalg.eigvalsh(np.swapaxes(entries, 1, 2) @ entries) / (ASPECT * side)
        for statistic in (lambda x: x[:, -1], lambda x: x[:, 0], lambda x: x.sum(1), lambda x: x[:, side // 2]):
            assert stats.ks_2samp(statistic(fast), statistic(dense)).pvalue > 0.001

    def test_the_hybrid_s_tail_has_the_exponent_and_meets_its_body(self) -> None:
        data = LAWS["hybrid"].draw(np.random.default_rng(2), 200_000)
        tail = data[data >= 1]
        exponent = 1 + len(tail) / np.log(tail).sum()
        assert exponent == pytest.approx(2.5, abs=0.03)
        left, right = (np.mean((data >= low) & (data < low + 0.02)) for low in (0.98, 1.0))
        assert left == pytest.approx(right, rel=0.12)

    @pytest.mark.parametrize("law", LAWS)
    def test_spectra_ascend_and_have_the_size_asked_for(self, law: str) -> None:
        for size in (27, 128):
            data = LAWS[law].draw(np.random.default_rng(0), size)
            assert len(data) == size
            assert (np.diff(data) >= 0).all()
            assert (data > 0).all()

    def test_sizes_are_those_of_slices(self) -> None:
        assert all(slices * side == size for size, (slices, side) in SIZES.items())

    def test_another_exponent_of_a_power_law_is_another_scale(self) -> None:
        """So that one exponent stands for all: λ^(1.5 / 3) of exponent 2.5 is one of exponent 4."""
        data = LAWS["pareto"].draw(np.random.default_rng(4), 100)
        one, other = fit_power_law(data), fit_power_law(data**0.5)
        assert (other.alpha - 1) / (one.alpha - 1) == pytest.approx(2)
        low, high = alpha_interval(data, 60, (0,))[:2]
        assert [x - 1 for x in alpha_interval(data**0.5, 60, (0,))[:2]] == pytest.approx(
            [2 * (low - 1), 2 * (high - 1)], rel=1e-3
        )
