"""How sure networks are of noise: counts, intervals, and the sentences that they choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.confidence import (
    Answered,
    basis_in_words,
    comparison_in_words,
    result_in_words,
)
from weightreel.analysis.findings.attacks.noise import (
    attack_of,
    latest_answers,
    success_history,
)
from weightreel.analysis.findings.statistics import Rate, wilson
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write


def of(successes: int, model: str = "cnn", seed: int = 0, epoch: int = 50, trials: int = 1000) -> Answered:
    title = {"cnn": "CNN", "spectral-cnn": "Spectral CNN"}.get(model, model)
    return Answered(title, model, seed, epoch, Rate(successes, trials, successes / trials, *wilson(successes, trials)))


def test_an_attack_while_the_training_goes_on_is_read_from_its_history(tmp_path: Path) -> None:
    with Store(synthetic_store(tmp_path / "s.h5", epochs=4, n_layers=2, trials=300, history_trials=100)) as store:
        run = store.select()[0]
        attack = attack_of(run)
        assert attack is not None
        assert Answered.of(run, attack).rate.trials == len(latest_answers(attack)[0]) == 300
        assert [rate.trials for rate in success_history(attack)] == [100] * 4
        contents = store.contents()
        for name in ("prediction", "confidence"):
            contents.drop(f"{attack.path}/{name}")

    write(tmp_path / "young.h5", contents)
    with Store(tmp_path / "young.h5") as store:
        run = store.select()[0]
        attack = attack_of(run)
        assert attack is not None
        of_history = success_history(attack)[-1]
        assert Answered.of(run, attack).rate == of_history
        assert of_history.trials == 100
    with Store(synthetic_store(tmp_path / "none.h5", epochs=2, n_layers=2, attacks=False)) as store:
        assert attack_of(store.select()[0]) is None


def test_the_result_names_count_and_threshold() -> None:
    assert "703 of 10,000" in result_in_words(of(703, trials=10_000), 0.9)
    assert "7.03" in result_in_words(of(703, trials=10_000), 0.9)
    assert "none of 1,000" in result_in_words(of(0), 0.9)
    assert "≥ 0.9" in result_in_words(of(0), 0.9)


@pytest.mark.parametrize(
    ("plain", "spectral", "said", "unsaid"),
    [
        (703, 165, "is lower with spectral normalisation: 16.50 % with it, 70.30 % without.", "overlap"),
        (165, 703, "is not lower with spectral normalisation", "overlap"),
        (70, 72, "is not lower with spectral normalisation", "without."),
        (70, 68, "the intervals overlap", "not lower"),
        (70, 70, "is not lower with spectral normalisation: 7.00 % in both.", "without"),
        (0, 0, "neither rate is below the other", "lower with"),
        (0, 5, "is not lower", "is lower"),
    ],
    ids=["lower", "higher", "overlapping higher", "overlapping lower", "equal", "none in both", "none without"],
)
def test_the_verdict_says_what_the_store_shows(plain: int, spectral: int, said: str, unsaid: str) -> None:
    verdict_ = comparison_in_words([of(plain), of(spectral, "spectral-cnn")])
    assert said in verdict_
    assert unsaid not in verdict_


def test_the_verdict_without_attack_with_one_network_with_others_and_with_pairs_of_seeds() -> None:
    assert comparison_in_words([]) == "This store holds no noise attack."
    assert "nothing to compare" in comparison_in_words([of(5), of(7, seed=1)])
    assert "with the resnet: 0.10 % against 0.50 %" in comparison_in_words([of(5), of(1, "resnet")])
    several = [of(5), of(7, seed=1), of(3, "spectral-cnn"), of(9, "spectral-cnn", seed=1)]
    assert "in 1 of 2 pairs of seeds" in comparison_in_words(several)


def test_the_basis_names_seeds_epochs_and_trials_and_draws_no_conclusion_from_one_seed() -> None:
    one = basis_in_words([of(5), of(3, "spectral-cnn")])
    assert "1,000 trials only" in one
    assert "One seed and one epoch (50)" in one
    assert "no conclusion" in one
    two = basis_in_words([of(5), of(5, seed=1)])
    assert "2 seeds" in two
    assert "no conclusion" not in two
    assert basis_in_words([]) == ""
