"""Which epochs and steps are recorded, and which are missing."""

from __future__ import annotations

import pytest

from weightreel.analysis.recording.counting import Every, in_words, is_due, missing


def test_steps_spaced_logarithmically() -> None:
    due = [step for step in range(1001) if is_due(step, "log")]
    assert due[:8] == [0, 1, 2, 3, 4, 5, 6, 8] and {10, 100, 1000} <= set(due)
    for low in (10, 100):
        assert sum(low <= step < 10 * low for step in due) == 10


@pytest.mark.parametrize(
    ("recorded", "now", "every", "lost"),
    [
        ([], 0, None, None), ([], 3, None, (0, 2)), ([0, 1], 2, None, None), ([0, 1], 4, None, (2, 3)),
        ([0, 5, 10], 15, None, None), ([0, 5, 10], 16, None, (11, 15)), ([0, 1, 2, 9, 10], 13, None, (11, 12)),
        ([0, 10], 20, 10, None), ([0, 10], 21, 10, (20, 20)), ([0, 10], 55, 10, (20, 50)), ([], 1, 10, (0, 0)),
        ([0, 1, 2], 3, "log", None), ([0, 1, 8], 11, "log", (10, 10)), ([], 1, "log", (0, 0)),
    ],
)  # fmt: skip
def test_what_is_missing(recorded: list[int], now: int, every: Every, lost: tuple[int, int] | None) -> None:
    assert missing(recorded, now, every) == lost


def test_in_words() -> None:
    assert in_words("epoch", 6, 6) == "epoch 6" and in_words("step", 6, 8) == "steps 6 to 8"
