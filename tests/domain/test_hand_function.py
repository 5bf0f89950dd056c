"""Movements, everyday hands and the rhythm of taps."""

import pytest

from companion.domain.hand_function import MOVEMENT_ANSWERS, changed_movements, movement_step, rhythm_spread_ms


def test_answers_of_a_movement_are_steps():
    assert [movement_step(answer) for answer in MOVEMENT_ANSWERS] == [2, 1, 0]


def test_changes_between_two_movement_checks():
    before = [("pinch", "left", "as_usual"), ("lift_wrist", "left", "weaker"), ("lift_foot", "right", "cannot")]
    now = [
        ("pinch", "left", "weaker"),
        ("lift_wrist", "left", "as_usual"),
        ("lift_foot", "right", "cannot"),
        ("spread_fingers", "left", "cannot"),
    ]
    assert changed_movements(before, now) == ["lift_wrist", "pinch"]
    assert changed_movements([], now) == []


@pytest.mark.parametrize(
    ("taps", "spread"),
    [([], None), ([5, 9], None), ([0, 200, 400, 600], 0), ([0, 100, 400], 100), ([0, 199, 400, 604], 2)],
)
def test_the_rhythm_of_taps(taps, spread):
    assert rhythm_spread_ms(taps) == spread
