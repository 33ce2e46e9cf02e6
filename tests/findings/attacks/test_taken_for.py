"""What noise is taken for at every epoch: made-up histories, and the sentences that they choose."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.noise import attack_of, rates_of
from weightreel.analysis.findings.attacks.taken_for import (
    Taken,
    answer_in_words,
    answered_in_words,
    claim_in_words,
    commonest,
    field_in_words,
    jump_in_words,
    picture_of,
    rest_in_words,
    same_pictures,
    shares_of,
    still_since,
    usual_in_words,
    widest_jump,
)
from weightreel.analysis.store.reader import Store

NAMES = ("bird", "frog", "ship")


def taken(answers: list[list[int]], confidence: list[list[float]], names: tuple[str, ...] = NAMES) -> Taken:
    """Answers of a made-up training from epoch 0 on."""
    epochs = np.arange(float(len(answers)))
    run = SimpleNamespace(clock="epoch")
    return Taken(run, epochs, np.array(answers), np.array(confidence), 0.9, names)  # type: ignore[arg-type]


def swinging() -> Taken:
    """Ship before it is trained, then mostly frog; sure of none, of all, and of half of the pictures."""
    return taken(
        [[2, 2, 2, 2], [1, 1, 1, 1], [1, 1, 1, 0], [0, 1, 1, 1]],
        [[0.3] * 4, [0.5] * 4, [0.95] * 4, [0.95, 0.95, 0.2, 0.2]],
    )


def test_the_share_of_sure_answers_is_the_rate_of_success(tmp_path: Path) -> None:
    path = synthetic_store(tmp_path / "s.h5", epochs=6, n_layers=2, trials=60, history_trials=40, seeds=(0, 1))
    with Store(path) as store:
        run = store.select()[0]
        attack = attack_of(run)
        assert attack is not None
        found = Taken.of(run, attack, store.classes)
        assert found.answers.shape == found.confidence.shape == (6, 40)
        np.testing.assert_allclose(found.sure, rates_of(attack))
        np.testing.assert_array_equal(found.counts.sum(1), [40] * 6)
        assert picture_of(attack) is not None
        shares = shares_of(run, attack, 0)
        assert shares is not None
        assert shares.shape == (len(found.names),)
        others = same_pictures(run, attack, list(store.runs.values()))
        assert [(other.model, other.seed) for other, _ in others] == [(run.model, 1)]
        alone = same_pictures(run, attack, [each for each in store.runs.values() if each.seed == 0])
        assert [other.model for other, _ in alone] == ["spectral-cnn"]


def test_favourites_and_the_answers_that_have_a_colour() -> None:
    found = swinging()
    np.testing.assert_array_equal(found.favourite, [2, 1, 1, 1])
    np.testing.assert_allclose(found.share, [1, 1, 0.75, 0.75])
    np.testing.assert_allclose(found.sure, [0, 0, 1, 0.5])
    assert commonest([found], 2) == [1, 2]
    assert commonest([found], 9) == [1, 2, 0]
    assert found.sure_answers(0) == [0, 1]


def test_the_widest_jump_and_where_answers_come_to_rest() -> None:
    found = swinging()
    assert widest_jump(found.sure) == 1
    assert jump_in_words(found, 1) == "Sure of 0 % of them at epoch 1, and of 100 % at epoch 2."
    assert widest_jump(np.array([0.0, 0.05, 0.02])) is None
    assert widest_jump(np.array([0.5])) is None
    assert still_since(found, [(1.0, 0.1)]) is None
    resting = taken([[1, 1]] * 5, [[0.1] * 2, [0.95] * 2, [0.1, 0.95], [0.1, 0.95], [0.1, 0.95]])
    assert still_since(resting, [(1.0, 0.1), (3.0, 0.1)]) == 1.0
    assert "stand still" in rest_in_words(resting, 1.0)
    assert "one favourite answer" in rest_in_words(resting, None)
    assert "one and the same" in rest_in_words(taken([[1], [1], [1]], [[0.1]] * 3), None)
    assert "2 favourite answers in turn" in rest_in_words(taken([[1], [1], [2]], [[0.1]] * 3), None)


@pytest.mark.parametrize(
    ("confidence", "said"),
    [
        (0.95, "“frog”, and 95.0 % sure"),
        (0.5, "“frog”, but only 50.0 % sure"),
        (0.0, "It says that there is nothing to see"),
    ],
)
def test_one_picture_s_answer(confidence: float, said: str) -> None:
    found = taken([[1]], [[confidence]])
    assert said in answered_in_words(found, 0)
    assert answer_in_words(found, 0)[0] == "frog"


def test_what_all_pictures_are_called() -> None:
    assert field_in_words(swinging()) == "4 pictures of noise: 75.0 % are called “frog”, and of 50.0 % it is sure."
    assert "none of them surely" in field_in_words(taken([[1, 1]], [[0.1, 0.2]]))


def test_the_claim_says_no_more_than_the_answers_show() -> None:
    sure = swinging()
    assert claim_in_words([sure], 0) == (
        "Nothing is in it. One training was sure: “bird” and “frog”, depending on when one asks."
    )
    assert "2 trainings were sure: “bird” and “frog”" in claim_in_words([sure, sure], 0)
    assert "called it 2 different things, and surely “frog”" in claim_in_words([sure], 3) or sure.sure_answers(3) == [0]
    never = taken([[2], [1], [0]], [[0.3], [0.4], [0.5]])
    assert claim_in_words([never], 0) == (
        "Nothing is in it. One training called it 2 different things, and was never surer than 50.0 %."
    )
    assert "were never surer" in claim_in_words([never, never], 0)
    always = taken([[1], [1]], [[0.3], [0.4]])
    assert claim_in_words([always], 0) == "Nothing is in it. It is always called “frog”, and never surely."
    assert "always called “frog”." in claim_in_words([taken([[1], [1]], [[0.3], [0.95]])], 0)


def test_the_usual_answer_of_all_trainings_and_how_far_certainty_swings() -> None:
    assert usual_in_words([swinging()]) == "Most are called “frog” at 3 of 3 epochs; 0 % to 100 % are answered surely."
    turns = taken([[2], [0], [1], [2]], [[0.1]] * 4)
    assert usual_in_words([turns]) == "3 answers are the favourite in turn; none is answered surely."


def test_answers_of_a_network_that_may_say_nothing_stand_beside_those_of_others() -> None:
    quiet = taken([[3], [3]], [[0.0], [0.0]], (*NAMES, "nothing"))
    plain = taken([[1], [1]], [[0.5], [0.6]])
    assert claim_in_words([plain, quiet], 0).startswith("Nothing is in it. 2 trainings called it 2 different things")
    assert commonest([plain, quiet], 5) == [1, 3]
