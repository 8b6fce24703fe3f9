"""How trials stand, by a log that production has written."""

from __future__ import annotations

import numpy as np
import pytest

from core import trial
from core.workspace import Workspace
from incumbent.errors import UsageError
from tests.core.trial.living import BEGIN, after, knows, live


def begun(house: Workspace, version: int = 2, **options: object) -> dict[str, object]:
    return trial.start(house, "late", version, now=BEGIN, **options)  # type: ignore[arg-type]


def stands(house: Workspace, days: float) -> dict[str, object]:
    (found,) = trial.status(house, "late", now=after(days))
    return found["standing"]  # type: ignore[no-any-return]


def lived(house: Workspace, days: int, **told: object) -> None:
    with house.store() as store:
        (running,) = store.trials.running("late")
    live(house, running, days, **told)  # type: ignore[arg-type]


def test_a_better_shadow_is_told_within_days(house: Workspace) -> None:
    begun(house, days=20)
    lived(house, 10, champion=knows(0.4), challenger=knows(0.6))
    found = stands(house, 11)
    assert found["verdict"] == "better", found["reason"]
    assert (found["loss"], found["paired"], found["judged"], found["days"]) == ("brier", True, 400, 10)
    assert 0 < found["low"] < found["effect"] < found["high"]  # type: ignore[operator]
    assert found["days_to_tell"] == 0
    assert found["effect"] == pytest.approx(found["champion_loss"] - found["challenger_loss"])  # type: ignore[operator]


def test_equals_cannot_be_told_apart_and_it_is_said_how_long_it_would_take(house: Workspace) -> None:
    begun(house, days=20)
    lived(house, 10, champion=knows(0.5), challenger=knows(0.5))
    found = stands(house, 11)
    assert found["verdict"] == "undecided"
    assert found["low"] < 0 < found["high"]  # type: ignore[operator]
    assert found["days_to_tell"] is None or found["days_to_tell"] > 0  # type: ignore[operator]
    assert found["detectable"] > 0  # type: ignore[operator]


def test_the_interval_closes_over_time(house: Workspace) -> None:
    begun(house, days=20)
    lived(house, 14, champion=knows(0.5), challenger=knows(0.5))
    path = stands(house, 15)["path"]
    widths = [point["high"] - point["low"] for point in path]  # type: ignore[attr-defined]
    assert len(widths) == 9
    assert widths[-1] < widths[0] / 2
    assert [point["at"] for point in path] == sorted(point["at"] for point in path)  # type: ignore[attr-defined]


def test_before_six_days_nothing_is_said(house: Workspace) -> None:
    begun(house)
    lived(house, 4, champion=knows(0.0), challenger=knows(1.0))
    found = stands(house, 5)
    assert (found["verdict"], found["low"]) == ("undecided", None)
    assert "4 of 6 days" in str(found["reason"])


def test_a_share_is_judged_by_keys_whoever_answered(house: Workspace) -> None:
    begun(house, share=0.5, force=True)
    lived(house, 12, champion=knows(0.2), challenger=knows(0.7), a_day=80)
    found = stands(house, 14)
    assert found["verdict"] == "better", found["reason"]
    assert found["paired"] is False
    ratio = found["ratio"]
    assert ratio["found"] == pytest.approx(0.5, abs=0.06)  # type: ignore[index]
    assert not ratio["broken"]  # type: ignore[index]


def test_keys_that_come_again_count_once(house: Workspace) -> None:
    apply_key(house)
    begun(house, share=0.5, force=True)
    lived(house, 8, champion=knows(0.5), challenger=knows(0.5), keys=90)
    found = stands(house, 9)
    assert (found["unit"], found["judged"]) == ("key", 320)
    assert found["ratio"]["units"] <= 90  # type: ignore[index]


def apply_key(house: Workspace) -> None:
    from core.spec import ModelSpec

    with house.store() as store:
        document = dict(store.models.revision("late").document)
        document["key"] = "ride"
        store.models.apply("late", ModelSpec.from_document(document).document(), who="test")


def test_lost_rows_of_one_arm_are_noticed(house: Workspace) -> None:
    """The versions' hashes, and so the split, are others in every house: the arms are cut to size."""
    begun(house, share=0.5, force=True)
    lived(house, 10, champion=knows(0.5), challenger=knows(0.5), a_day=80)
    with house.store() as store:
        (running,) = store.trials.running("late")
        from core.trial.observing import observe
        from core.trial.standing import judge, rules_of

        whole = observe(house, store, running)
        challenged = whole.frame["challenged"].to_numpy(dtype=bool)
        rules, now = rules_of(store, running), after(11).replace(tzinfo=None)

    def of(champion_keys: int, challenger_keys: int) -> dict[str, object]:
        kept = np.zeros(whole.rows, dtype=bool)
        kept[np.flatnonzero(~challenged)[:champion_keys]] = True
        kept[np.flatnonzero(challenged)[:challenger_keys]] = True
        return judge(whole.only(kept), rules, now)

    found = of(300, 180)
    assert found["verdict"] == "invalid"
    assert str(found["reason"]).startswith("37.5% of 480 predictions fell to the challenger, not 50.0%")
    assert of(300, 270)["verdict"] != "invalid"


def test_only_rows_whose_outcome_could_have_arrived_count(house: Workspace) -> None:
    from core.spec import ModelSpec

    with house.store() as store:
        document = {**store.models.revision("late").document, "label_delay": "3d"}
        store.models.apply("late", ModelSpec.from_document(document).document(), who="test")
    begun(house)
    lived(house, 10, champion=knows(0.5), challenger=knows(0.5))
    found = stands(house, 10)
    assert (found["rows"], found["judged"], found["waiting"]) == (400, 280, 120)


def test_rows_without_an_outcome_wait(house: Workspace) -> None:
    begun(house)
    lived(house, 8, champion=knows(0.5), challenger=knows(0.5), labelled=False)
    found = stands(house, 9)
    assert (found["judged"], found["waiting"], found["verdict"]) == (0, 320, "undecided")


def test_an_empty_log_is_no_verdict(house: Workspace) -> None:
    begun(house)
    found = stands(house, 3)
    assert found["reason"] == "nothing of it is in the log yet"
    assert found["silent"] == ["local"]


def test_what_a_shadow_had_no_answer_for_is_neither_its_gain_nor_its_loss(house: Workspace) -> None:
    begun(house, guards={})
    lived(house, 8, champion=knows(0.5), challenger=lambda random, truth: None)
    found = stands(house, 9)
    assert found["effect"] == 0
    assert found["champion_loss"] == found["challenger_loss"]


def test_numbers_are_judged_by_their_absolute_error(house: Workspace) -> None:
    trial.start(house, "minutes", 0, forever=True, now=BEGIN)
    with house.store() as store:
        (running,) = store.trials.running("minutes")
    write_numbers(house, running)
    (found,) = trial.status(house, "minutes", now=after(12))
    standing = found["standing"]
    assert standing["loss"] == "absolute error"
    assert standing["verdict"] == "worse"
    assert standing["scale"] > 1
    assert 0 < standing["champion_loss"] < standing["challenger_loss"] < 1


def write_numbers(house: Workspace, running: object) -> None:
    """The champion errs by about 2, the baseline by about 6."""
    from datetime import timedelta

    from incumbent.log.entries import Entry, OutcomeEntry
    from tests.core.trial.living import _ns, _write

    random = np.random.default_rng(1)
    for day in range(10):
        entries, outcomes = [], []
        for row in range(30):
            at, name, actual = BEGIN + timedelta(days=day, minutes=row), f"{day}-{row}", random.normal(30, 10)
            for route, version, error in (("champion", 1, 2.0), ("shadow", 0, 6.0)):
                said = actual + random.normal(0, error)
                entries.append(
                    Entry(name, _ns(at), None, version, route, None, said, [said], 1e-5, None, (), ())
                )
            outcomes.append(OutcomeEntry(name, None, actual, _ns(at)))
        _write(
            house.root / "production" / "local" / "minutes" / "log",
            BEGIN + timedelta(days=day),
            entries,
            outcomes,
        )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"share": 1.5}, "no"),
        ({"share": 0.1, "shadow": True}, "no share"),
        ({"days": 3, "forever": True}, "no days"),
        ({"days": 0}, "no length"),
        ({"guards": {"weather": None}}, "no guard rail"),
        ({"guards": {"errors": 2.0}}, "it is a share"),
    ],
)
def test_what_makes_no_sense_is_refused(house: Workspace, options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        begun(house, **options)
    assert said in str(refused.value)
    assert trial.status(house, "late") == []
