"""Where rules of phases would stop, and how well they agree."""

from __future__ import annotations

import numpy as np
import pytest

from tests.maths.test_phases import curves
from tests.maths.test_spectral_phases import cues
from weightreel.analysis.maths.phases import RULES, validation_phases
from weightreel.analysis.maths.stopping import Stop, agreement, stop_of
from weightreel.analysis.store.schema.fields import STAGES, Phase

O = Phase.OVER_FITTING  # noqa: E741


def test_every_phase_has_a_stage() -> None:
    assert len(STAGES) == len(Phase)
    one, other = np.array([Phase.GENERALISING, Phase.MEMORISING]), np.array([Phase.LEARNING, Phase.AT_REST])
    assert agreement(one, other)[0] == 0.5


def test_agreement_is_the_share_and_cohen_s_kappa() -> None:
    one, other = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 2, 2])
    share, kappa = agreement(one, other)
    assert share == pytest.approx(5 / 6)
    by_chance = (2 * 1 + 2 * 3 + 2 * 2) / 36
    assert kappa == pytest.approx((5 / 6 - by_chance) / (1 - by_chance))
    assert np.isnan(agreement(np.zeros(4, int), np.zeros(4, int))[1])


@pytest.mark.parametrize("rule", RULES)
def test_a_stop_is_judged_by_the_epochs_until_then_and_costs_what_follows(rule: str) -> None:
    train, validation = curves(epochs=40)
    accuracy = np.linspace(0.1, 0.8, 40)
    stop = stop_of(rule, train, validation, accuracy, cues())
    seen = slice(0, stop.epoch + 1)
    if rule == "validation":
        assert validation_phases(train[seen], validation[seen])[-1] == O
        before = slice(0, stop.epoch)
        assert validation_phases(train[before], validation[before])[-1] != O
    else:
        assert stop.epoch == 28
    assert stop.accuracy == pytest.approx(accuracy[stop.epoch])
    assert stop.cost == pytest.approx(0.8 - accuracy[stop.epoch])


def test_a_rule_that_never_stops_leaves_the_last_network() -> None:
    train, validation = curves(rise=0)
    accuracy = np.append(np.linspace(0.1, 0.7, 50), 0.6)
    for rule, found in (("validation", None), ("spectral", None), ("spectral", cues(51, freeze=51))):
        assert stop_of(rule, train, validation, accuracy, found) == pytest.approx(Stop(-1, 0.6, 0.1))
