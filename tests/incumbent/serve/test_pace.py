"""One by one, or together: what is cheaper, whatever interrupts the process now and then."""

import itertools

import pytest

from incumbent.serve.pace import LONGEST, ROUND, TRIAL, Pace


def drive(pace: Pace, rows: int, alone: "itertools.cycle[float]", together: float, at_once: int = 4) -> int:
    """Let rows come; how many of them went together."""
    found = 0
    for _ in range(rows):
        if pace.together:
            found += 1
            pace.took_together(at_once, together * at_once)
        else:
            pace.took_alone(next(alone))
    return found


def test_a_linear_model_is_not_slowed_by_interruptions() -> None:
    pace = Pace()
    interrupted = itertools.cycle([20e-6] * 200 + [5e-3])  # whoever waits for the processor waits long
    together = drive(pace, 50 * ROUND, interrupted, together=20e-6)
    assert together <= 50 * TRIAL


@pytest.mark.parametrize("spike", [500e-6, 20e-3])
def test_trees_go_together_soon_and_stay(spike: float) -> None:
    pace = Pace()
    together = drive(pace, 20 * ROUND, itertools.cycle([500e-6] * 20 + [spike]), together=40e-6)
    assert together > 19 * ROUND


def test_what_changes_is_noticed() -> None:
    pace = Pace()
    drive(pace, 4 * ROUND, itertools.cycle([20e-6]), together=150e-6)
    assert not pace.prefers_together
    drive(pace, 64 * ROUND, itertools.cycle([900e-6]), together=40e-6)  # another version is live
    assert pace.prefers_together


def test_the_dearer_way_is_tried_ever_less_and_never_not_at_all() -> None:
    pace = Pace()
    tried = [drive(pace, 4 * LONGEST, itertools.cycle([30e-6]), together=60e-6, at_once=1) for _ in range(3)]
    assert tried[0] > tried[1] == tried[2] == 4 * TRIAL
