"""The course of trials: what they do to production, and what production does to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import incumbent
from core import actions, production, sites, trial
from core.doctor import published
from core.traffic.housekeeping import keep_model
from core.trial import night
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError, WorkError
from tests.core.trial.living import BEGIN, after, knows, live
from tests.house import admit


def show(house: Workspace, site: str = "local") -> tuple[Any, ...]:
    """Champion, challenger, share and shadows of ``late``."""
    found = production.show(house, "late", site)
    return found["champion"], found["challenger"], found["share"], found["shadows"]


def only(house: Workspace) -> dict[str, Any]:
    """The one trial that is shown."""
    (found,) = trial.status(house, "late")
    return found


def slept(house: Workspace, days: float) -> dict[str, Any]:
    """A night so many days after the beginning."""
    with house.store() as store:
        return night.look_at_all(house, store, after(days))


def lived(house: Workspace, days: int, **told: Any) -> None:
    with house.store() as store:
        (running,) = store.trials.running("late")
    live(house, running, days, **told)


def alerts_of(house: Workspace) -> list[str]:
    with house.store() as store:
        return [f"{alert.severity}: {alert.message}" for alert in store.alerts.list()]


def last_entry(house: Workspace) -> tuple[str, str]:
    with house.store() as store:
        entry = store.journal.page("late", limit=1).rows[0]
    return entry.action, entry.subject


# -- begun


def test_shadow_is_the_default_and_lasts_two_weeks(house: Workspace) -> None:
    found = trial.start(house, "late", 2, now=BEGIN)
    assert (found["mode"], found["until"], found["sites"]) == (
        "shadow",
        "2024-08-15T00:00:00.000Z",
        ["local"],
    )
    assert show(house) == (1, None, 0.0, [2])
    assert last_entry(house) == ("trial.start", "late: v2 against v1 in shadow at local")


def test_a_share_goes_to_the_challenger(house: Workspace) -> None:
    trial.start(house, "late", 2, share=0.25)
    assert show(house) == (1, 2, 0.25, [])


def test_at_a_site_it_answers_everything_and_the_champion_shadows(house: Workspace, tmp_path: Any) -> None:
    sites.add(house, "branch-2", tmp_path / "branch")
    trial.start(house, "late", 2, sites=["branch-2"])
    assert show(house) == (1, None, 0.0, [])
    assert show(house, "branch-2") == (1, 2, 1.0, [1])
    with incumbent.open(tmp_path / "branch" / "late") as predictor:
        answer = predictor.predict({"distance": 20.0, "wind": 10.0, "carrier": "bus"})
    assert (answer.route, answer.version) == ("challenger", 2)
    trial.stop(house, "late")
    assert show(house, "branch-2") == (1, None, 0.0, [])


def test_sites_are_told_all_or_none(house: Workspace, tmp_path: Any) -> None:
    (tmp_path / "branch").mkdir()
    sites.add(house, "branch-2", tmp_path / "branch")
    (tmp_path / "branch" / "late").write_text("a file where the folder should be")
    with pytest.raises(Exception, match="branch"):
        trial.start(house, "late", 2, sites=["local", "branch-2"], shadow=True)
    assert show(house) == (1, None, 0.0, [])
    assert trial.status(house, "late") == []


def test_a_start_that_is_killed_half_way_may_be_repeated(house: Workspace, tmp_path: Any) -> None:
    """The version of a trial runs nowhere by the store unless the trial is there, too."""
    from core.trial import sites as at_sites

    class Killed(BaseException):
        pass

    def write(*given: Any, **told: Any) -> None:
        if given[3] == "branch-2":
            raise Killed
        production.write(*given, **told)

    sites.add(house, "branch-2", tmp_path / "branch")
    production.publish(house, "late", site="branch-2")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(at_sites, "write", write)
        trial.start(house, "late", 2, sites=["local", "branch-2"], share=0.3)
    assert show(house) == (1, None, 0.0, [])
    trial.start(house, "late", 2, sites=["local", "branch-2"], share=0.2)
    assert show(house) == show(house, "branch-2") == (1, 2, 0.2, [])
    published = incumbent.production.read(house.root / "production" / "local" / "late")
    assert (published.revision, published.share) == (2, 0.2)


def test_publishing_brings_no_trial_along_and_leaves_that_of_the_site(
    house: Workspace, tmp_path: Any
) -> None:
    sites.add(house, "branch-2", tmp_path / "branch")
    trial.start(house, "late", 0, forever=True)
    trial.start(house, "late", 2, share=0.1)
    production.publish(house, "late", site="branch-2")
    assert show(house) == (1, 2, 0.1, [0])
    assert show(house, "branch-2") == (1, None, 0.0, [])
    trial.start(house, "late", 0, sites=["branch-2"])
    production.set_fallback(house, "late", (2,), reason="a net")
    found = production.publish(house, "late", site="branch-2")
    assert (found["fallback"], found["revision"]) == ([2, "baseline"], 3)
    assert show(house, "branch-2") == (1, 0, 1.0, [1])
    assert production.publish(house, "late", site="branch-2") == found
    production.swap(house, "late", 2, reason="better", force=True)
    production.publish(house, "late", site="branch-2")
    assert show(house, "branch-2")[:3] == (2, None, 0.0)
    over = next(one for one in trial.status(house, "late", include_ended=True) if one["mode"] == "site")
    assert over["outcome"] == "overtaken" and show(house, "branch-2") == (2, None, 0.0, [])


def test_a_trial_at_a_new_site_brings_no_trial_of_local_along(house: Workspace, tmp_path: Any) -> None:
    sites.add(house, "branch-2", tmp_path / "branch")
    trial.start(house, "late", 0, forever=True)
    trial.start(house, "late", 2, share=0.1)
    trial.start(house, "late", 2, sites=["branch-2"])
    assert show(house, "branch-2") == (1, 2, 1.0, [1])


def test_what_runs_without_a_trial_can_be_tried_again(house: Workspace, tmp_path: Any) -> None:
    sites.add(house, "branch-2", tmp_path / "branch")
    wanted = {"champion": 1, "challenger": 2, "share": 0.1}
    with house.store() as store:  # as publishing once did
        production.change(house, store, "late", "branch-2", wanted, None, "publish", "?", False, "ann")
    assert show(house, "branch-2") == (1, 2, 0.1, [])
    with house.store() as store:
        (found,) = published(house, store)
    assert found.message == "v2 answers 10% of the keys, and no trial of it runs there"
    trial.start(house, "late", 2, share=0.3, sites=["branch-2"])
    assert show(house, "branch-2") == (1, 2, 0.3, [])
    with house.store() as store:
        assert list(published(house, store)) == []


def test_a_rollback_brings_no_version_back_whose_trial_is_over(house: Workspace) -> None:
    trial.start(house, "late", 2, share=0.1)
    trial.start(house, "late", 0, forever=True)
    trial.accept(house, "late", version=2, reason="now", force=True)
    assert show(house) == (2, None, 0.0, [0])
    with house.store() as store:
        undone = next(e for e in store.journal.page("late").rows if e.action == "production.swap")
    actions.undo(house, undone.id)
    assert show(house) == (1, None, 0.0, [0])
    assert [found["state"] for found in trial.status(house, "late")] == ["running"]


def test_a_rollback_leaves_a_running_trial_its_share(house: Workspace) -> None:
    trial.start(house, "late", 2, share=0.1)
    trial.stop(house, "late")
    trial.start(house, "late", 2, share=0.3)
    production.rollback(house, "late", to=2, reason="as it was")
    assert show(house) == (1, 2, 0.3, [])


def test_a_competitor_for_ever_is_not_asked_to_be_better(house: Workspace) -> None:
    found = trial.start(house, "late", 0, forever=True)
    assert found["until"] is None
    assert list(found["guards"]) == ["errors", "latency"]


@pytest.mark.parametrize(
    ("version", "options", "said"),
    [(1, {}, "serves at local"), (9, {}, "no version 9"), (2, {"sites": ["moon"]}, "no site named")],
)
def test_what_cannot_be_tried(house: Workspace, version: int, options: dict[str, Any], said: str) -> None:
    with pytest.raises((RefusedError, UsageError), match=said):
        trial.start(house, "late", version, **options)


def test_nothing_is_tried_twice_at_one_place(house: Workspace) -> None:
    trial.start(house, "late", 2, share=0.1)
    with pytest.raises(RefusedError, match="on trial at local already"):
        trial.start(house, "late", 2)
    with pytest.raises(RefusedError, match="one challenger answers at a time"):
        trial.start(house, "late", 0, share=0.1)
    trial.start(house, "late", 0, forever=True)  # but shadows may be many
    assert show(house) == (1, 2, 0.1, [0])
    with pytest.raises(UsageError, match="several versions"):
        trial.stop(house, "late")
    trial.stop(house, "late", version=2)
    assert show(house) == (1, None, 0.0, [0])


def test_what_is_unfit_answers_nobody_but_may_shadow(house: Workspace) -> None:
    admit(house, "late", 2, "unfit")
    with pytest.raises(RefusedError, match="unfit"):
        trial.start(house, "late", 2, share=0.1)
    trial.start(house, "late", 2)
    assert show(house) == (1, None, 0.0, [2])


# -- on its way


def test_notes_of_sites_are_kept(house: Workspace) -> None:
    trial.start(house, "late", 2)
    trial.note(house, "late", "the counter sees fewer delays", site="local", who="eva")
    found = trial.note(house, "late", "so does the yard", who="max")
    assert [(n["who"], n["site"], n["note"]) for n in found["notes"]] == [
        ("eva", "local", "the counter sees fewer delays"),
        ("max", None, "so does the yard"),
    ]
    with pytest.raises(UsageError, match="nothing to note"):
        trial.note(house, "late", " ")
    with pytest.raises(UsageError, match="not on trial at moon"):
        trial.note(house, "late", "cold", site="moon")


def test_it_ends_by_itself_when_its_days_are_over(house: Workspace) -> None:
    trial.start(house, "late", 2, days=3, now=BEGIN)
    assert slept(house, 2.9)["ended"] == []
    (ended,) = slept(house, 3.1)["ended"]
    assert (ended["outcome"], show(house)) == ("finished", (1, None, 0.0, []))
    assert only(house)["state"] == "ended"
    assert slept(house, 4) == {"looked": 0, "ended": [], "problems": []}


def test_a_version_that_fails_is_withdrawn_and_people_are_told(house: Workspace) -> None:
    trial.start(house, "late", 2, share=0.5, now=BEGIN)
    lived(house, 1, champion=knows(0.5), challenger=lambda random, truth: None, a_day=120)
    (ended,) = slept(house, 1)["ended"]
    assert ended["outcome"] == "withdrawn"
    assert "errors: 100 % of the challenger's answers fail, 0 % of the champion's" in ended["why"]
    assert show(house) == (1, None, 0.0, [])
    (alert,) = alerts_of(house)
    assert alert.startswith("fail: v2 was withdrawn from its trial: errors")
    assert last_entry(house)[0] == "trial.withdraw"
    slept(house, 1.1)  # the same night, tried again
    assert alerts_of(house) == [alert]
    slept(house, 2)
    assert alerts_of(house) == []


def withdrawn_while_away(house: Workspace, folder: Path) -> Path:
    """A slow version is withdrawn while its site's folder is away; where the folder is now."""
    sites.add(house, "branch-2", folder / "branch")
    production.publish(house, "late", site="branch-2")
    trial.start(house, "late", 2, sites=["branch-2"], now=BEGIN)
    same = knows(0.5)
    lived(house, 2, champion=same, challenger=same, a_day=120, seconds=(2e-5, 0.5), site="branch-2")
    with house.store() as store:
        keep_model(house, store, "late", everything=True)
    elsewhere = (folder / "branch").rename(folder / "unmounted")
    (ended,) = slept(house, 2)["ended"]
    assert ended["outcome"] == "withdrawn" and "not taken away at branch-2" in ended["why"]
    assert show(house, "branch-2") == (1, 2, 1.0, [1])
    return elsewhere


def test_what_was_withdrawn_while_its_site_was_away_is_taken_away_when_it_is_back(
    house: Workspace, tmp_path: Path
) -> None:
    elsewhere = withdrawn_while_away(house, tmp_path)
    with house.store() as store:
        assert night.is_due(store) and night.is_due(store, answering=True)
    (problem,) = slept(house, 3)["problems"]
    assert "late at branch-2" in problem and "cannot be reached" in problem
    assert len(alerts_of(house)) == 1  # it goes on answering there
    elsewhere.rename(tmp_path / "branch")
    assert slept(house, 3.1)["problems"] == []
    assert show(house, "branch-2") == (1, None, 0.0, [])
    with incumbent.open(tmp_path / "branch" / "late", log=False) as predictor:
        assert predictor.predict({"distance": 20.0, "wind": 10.0, "carrier": "bus"}).route == "champion"
    assert alerts_of(house) == []
    with house.store() as store:
        assert not night.is_due(store)


def test_what_a_site_still_runs_of_a_trial_that_is_over_can_be_stopped_by_hand(
    house: Workspace, tmp_path: Path
) -> None:
    withdrawn_while_away(house, tmp_path).rename(tmp_path / "branch")
    with house.store() as store:
        found = list(published(house, store))
    assert [each.severity for each in found] == ["problem", "problem"]
    assert found[1].message == (
        "v2 answers 100% of the keys, although the trial of v2 is over: the site was away then"
    )
    assert found[1].hint.endswith("incumbent trial stop late --version 2")
    assert trial.stop(house, "late", version=2)["outcome"] == "withdrawn"
    assert show(house, "branch-2") == (1, None, 0.0, [])
    with house.store() as store:
        assert list(published(house, store)) == []
    with pytest.raises(RefusedError, match="no trial"):
        trial.stop(house, "late", version=2)


def test_accepting_changes_nothing_anywhere_where_a_site_is_away(house: Workspace, tmp_path: Path) -> None:
    sites.add(house, "branch-2", tmp_path / "branch")
    admit(house, "late", 2)
    trial.start(house, "late", 2, sites=["branch-2"], now=BEGIN)
    elsewhere = (tmp_path / "branch").rename(tmp_path / "unmounted")
    with pytest.raises(WorkError, match="cannot be reached") as refused:
        trial.accept(house, "late", reason="liked")
    assert "nothing was changed" in refused.value.hint
    assert show(house) == (1, None, 0.0, [])
    elsewhere.rename(tmp_path / "branch")
    trial.accept(house, "late", reason="liked")
    assert show(house)[0] == show(house, "branch-2")[0] == 2


def test_a_site_that_does_not_take_an_accepted_version_is_named(house: Workspace, tmp_path: Path) -> None:
    sites.add(house, "branch-2", tmp_path / "branch")
    admit(house, "late", 2)
    trial.start(house, "late", 2, sites=["branch-2"], now=BEGIN)
    pointer = tmp_path / "branch" / "late" / "current.json"
    pointer.unlink()
    pointer.mkdir()
    with pytest.raises(WorkError, match="v2 of late serves at local now, but not at branch-2") as refused:
        trial.accept(house, "late", reason="liked")
    assert refused.value.hint.endswith("`incumbent production publish late --site branch-2`")
    assert (show(house)[0], show(house, "branch-2")[0]) == (2, 1)


def test_an_interrupted_start_leaves_no_site_ahead(
    house: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites.add(house, "branch-2", tmp_path / "branch")
    production.publish(house, "late", site="branch-2")

    def interrupt(*given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("store.production.Production.mark_published", interrupt)
        with pytest.raises(KeyboardInterrupt):
            trial.start(house, "late", 2, sites=["local", "branch-2"], share=0.1)
    with house.store() as store:
        assert list(published(house, store)) == []
        assert store.trials.running("late") == ()


def test_a_slow_version_is_withdrawn(house: Workspace) -> None:
    trial.start(house, "late", 2, now=BEGIN)
    same = knows(0.5)
    lived(house, 2, champion=same, challenger=same, a_day=120, seconds=(2e-5, 0.5))
    (ended,) = slept(house, 2)["ended"]
    assert "latency: 100 % of the challenger's answers take more than 1 ms" in ended["why"]


def test_worse_outcomes_end_a_trial_unless_it_is_for_ever(house: Workspace) -> None:
    trial.start(house, "late", 2, now=BEGIN, days=30)
    lived(house, 10, champion=knows(0.7), challenger=knows(0.1))
    (ended,) = slept(house, 11)["ended"]
    assert "outcomes: surely worse: Brier score higher by 0." in ended["why"]
    trial.start(house, "late", 2, now=BEGIN, forever=True)
    assert slept(house, 11)["ended"] == []


def test_a_simple_competitor_that_does_better_is_an_alert(house: Workspace) -> None:
    trial.start(house, "late", 0, now=BEGIN, forever=True)
    lived(house, 10, champion=knows(0.1), challenger=knows(0.7))
    slept(house, 11)
    (alert,) = alerts_of(house)
    assert alert.startswith("warn: v0 does better than the champion v1")
    assert last_entry(house)[0] == "trial.look"


def test_one_night_does_not_repeat_the_other(house: Workspace) -> None:
    trial.start(house, "late", 2, now=BEGIN, days=30)
    lived(house, 10, champion=knows(0.4), challenger=knows(0.7))
    slept(house, 11)
    with house.store() as store:
        before = len(store.journal.page("late").rows)
    slept(house, 11.5)
    with house.store() as store:
        assert len(store.journal.page("late").rows) == before
    assert only(house)["state"] == "running"


# -- accepted


def test_what_was_found_better_is_accepted_through_the_gate(house: Workspace) -> None:
    trial.start(house, "late", 2, now=BEGIN, days=30)
    lived(house, 10, champion=knows(0.4), challenger=knows(0.7))
    with pytest.raises(RefusedError, match="has not been challenged"):
        trial.accept(house, "late")
    assert show(house) == (1, None, 0.0, [2])
    admit(house, "late", 2)
    found = trial.accept(house, "late", keep_shadow=True)
    assert found["outcome"] == "accepted"
    assert found["production"]["why"].startswith("better in trial 1: Brier score lower by")
    assert show(house) == (2, None, 0.0, [1])
    assert (found["shadow"]["version"], found["shadow"]["champion"]) == (1, 2)


def test_what_was_not_found_better_needs_a_reason(house: Workspace) -> None:
    trial.start(house, "late", 2, share=0.1)
    admit(house, "late", 2)
    with pytest.raises(UsageError, match="needs a reason"):
        trial.accept(house, "late")
    found = trial.accept(house, "late", reason="the yard asked for it", ratchet=True)
    assert show(house) == (2, None, 0.0, [])
    assert found["ratchet"]["applied"] is False


def test_accepting_promotes_at_the_trial_s_sites_too(house: Workspace, tmp_path: Any) -> None:
    sites.add(house, "branch-2", tmp_path / "branch")
    trial.start(house, "late", 2, sites=["branch-2"])
    admit(house, "late", 2)
    trial.accept(house, "late", reason="the branch likes it")
    assert show(house) == show(house, "branch-2") == (2, None, 0.0, [])


# -- what production does to a trial


def test_a_swap_to_it_accepts_it(house: Workspace) -> None:
    trial.start(house, "late", 2)
    production.swap(house, "late", 2, reason="now", force=True)
    found = only(house)
    assert (found["outcome"], show(house)) == ("accepted", (2, None, 0.0, []))


def test_a_rollback_takes_it_away(house: Workspace) -> None:
    trial.start(house, "late", 2, share=0.1)
    production.rollback(house, "late", to=1, reason="stop that")
    found = only(house)
    assert found["outcome"] == "overtaken"
    assert "stop that" in found["ended_why"]


def test_another_champion_begins_the_comparison_anew(house: Workspace) -> None:
    trial.start(house, "late", 0, forever=True, now=BEGIN)
    production.swap(house, "late", 2, reason="now", force=True)
    assert show(house) == (2, None, 0.0, [0])
    found = only(house)
    assert (found["state"], found["champion"]) == ("running", 2)
    assert found["since"] > found["started"]


def test_undo_stops_it(house: Workspace) -> None:
    trial.start(house, "late", 2)
    with house.store() as store:
        entry = store.journal.page("late", limit=1).rows[0]
    actions.undo(house, entry.id)
    found = only(house)
    assert (found["outcome"], found["ended_why"], show(house)) == (
        "stopped",
        "taken back",
        (1, None, 0.0, []),
    )


def test_nothing_to_stop(house: Workspace) -> None:
    with pytest.raises(RefusedError, match="no trial of late runs"):
        trial.stop(house, "late")


def test_a_version_that_answers_callers_is_looked_at_by_day_too(
    house: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json
    from datetime import datetime, timedelta

    from core.traffic import housekeeping

    now = datetime.fromisoformat("2024-08-02T12:00:00+00:00")
    trial.start(house, "late", 0, forever=True, now=BEGIN)
    with house.store() as store:
        assert not housekeeping.is_look_due(house, store, now)  # a shadow harms nobody
    trial.start(house, "late", 2, share=0.5, now=BEGIN, days=3000)
    with house.store() as store:
        assert housekeeping.is_look_due(house, store, now)
        housekeeping._mark(house, {"day": "2024-08-02", "looked": now.isoformat()})
        assert not housekeeping.is_look_due(house, store, now + timedelta(minutes=59))
        assert housekeeping.is_look_due(house, store, now + timedelta(hours=1))
        running = next(t for t in store.trials.running("late") if t.version == 2)
    live(house, running, 1, champion=knows(0.5), challenger=lambda random, truth: None, a_day=120)
    with house.store() as store:
        found = night.look_at_all(house, store, after(1), answering=True)
    assert (found["looked"], [ended["outcome"] for ended in found["ended"]]) == (1, ["withdrawn"])
    with house.store() as store:
        night.look_at_all(house, store, after(1.1), answering=True)
        assert len(store.alerts.list()) == 1  # until the night: somebody has to hear of it
    monkeypatch.setattr(housekeeping.os, "nice", lambda niceness: niceness)
    assert housekeeping.main(["--workspace", str(house.root), "--look"]) == 0
    assert json.loads((house.marker / "traffic" / "housekeeping.json").read_text())["day"] == "2024-08-02"


def test_once_waits_for_the_look_at_trials_and_tells_what_it_found(
    house: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core import daemon, notify

    letter_of: list[str] = []
    monkeypatch.setattr(
        notify, "post", lambda store, now: letter_of.extend(a.message for a in store.alerts.list())
    )
    monkeypatch.setattr(daemon, "_tell_deliveries", lambda tell, tried: None)
    trial.start(house, "late", 2, share=0.5, now=BEGIN, days=3000)
    lived(house, 1, champion=knows(0.5), challenger=lambda random, truth: None, a_day=120)
    with house.store() as store:
        for schedule in store.schedules.list():
            store.schedules.pause(schedule.id)
    told: list[Mapping[str, Any]] = []
    assert daemon.run_once(house, told.append) == ()
    assert told == [{"event": "logs and trials"}]
    assert [text.partition(":")[0] for text in letter_of] == ["v2 was withdrawn from its trial"]


def test_the_process_that_brings_logs_home_looks_at_trials(house: Workspace) -> None:
    import json
    import subprocess
    import sys

    from core.traffic import housekeeping

    with house.store() as store:
        assert not housekeeping.is_due(house, store, after(1))
    trial.start(house, "late", 2, share=0.5, now=BEGIN, days=3000)
    with house.store() as store:
        assert housekeeping.is_due(house, store, after(1))
    lived(house, 1, champion=knows(0.5), challenger=lambda random, truth: None, a_day=120)
    command = [sys.executable, "-P", "-m", "core.traffic.housekeeping", "--workspace", str(house.root)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert (told["trials"], told["problems"]) == (1, [])
    assert [ended["outcome"] for ended in told["ended"]] == ["withdrawn"]
    assert show(house) == (1, None, 0.0, [])
