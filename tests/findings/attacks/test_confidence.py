"""How sure networks are of noise: counts, intervals, and the sentences that they choose."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.confidence import (
    Answered,
    fooled_in_words,
    rate_in_words,
    seeds_beside,
    seeds_beside_in_words,
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


def test_the_rate_names_count_and_threshold() -> None:
    assert rate_in_words(of(703, trials=10_000), 0.9) == (
        "The CNN is at least 90 % sure of 703 of 10,000 pictures of noise: 7.0 %."
    )
    assert "none of 1,000" in rate_in_words(of(0), 0.9)


def test_other_seeds_are_set_beside_one_training_s_interval(tmp_path: Path) -> None:
    path = synthetic_store(tmp_path / "s.h5", epochs=3, n_layers=2, trials=300, history_trials=100, seeds=(0, 1, 2))
    with Store(path) as store:
        run = store.select()[0]
        attack = attack_of(run)
        assert attack is not None
        assert len(seeds_beside(run, store.runs.values())) == 2
        own = Answered.of(run, attack).rate.value
        assert "within one training's interval" in seeds_beside_in_words(run, attack, [own])
        assert "0 % to" in seeds_beside_in_words(run, attack, [0.0])
        assert "far outside" in seeds_beside_in_words(run, attack, [0.0])
        assert "there is one training" in seeds_beside_in_words(run, attack, [])


def test_what_fools_a_network_and_how_surely() -> None:
    noise = np.array([0.95, 0.9999, 0.1, 0.1])
    assert fooled_in_words(of(500), noise) == (
        "50.0 % of the noise fools the CNN, and 25.0 % of it with a confidence of at least 99.9 %."
    )
    assert "none of it with at least 99.9 %" in fooled_in_words(of(500), noise[:1])
    assert "Never" in fooled_in_words(of(0), noise[2:])
