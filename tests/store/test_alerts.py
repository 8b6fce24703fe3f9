"""Alerts: one open per subject, told once, then daily; deliveries that are never lost."""

from __future__ import annotations

import pytest

from incumbent.errors import RefusedError, UsageError
from store import Store
from store.clock import shift
from tests.store.helpers import NIGHT, judged

SUBJECT = "flights nowtest local"
HOUR, DAY = 3600.0, 86400.0


def test_a_subject_has_one_open_alert(flights: Store) -> None:
    run, later = judged(flights, verdict="warn"), judged(flights, verdict="pass")
    opened, news = flights.alerts.open_or_confirm("flights", SUBJECT, "warn", "0.66", run.id, now=NIGHT)
    assert news
    again, news = flights.alerts.open_or_confirm(
        "flights", SUBJECT, "warn", "0.65", run.id, now=shift(NIGHT, DAY)
    )
    assert (again.id, again.message, again.opened, again.seen, news) == (
        opened.id, "0.65", NIGHT, shift(NIGHT, DAY), False,
    )  # fmt: skip
    closed = flights.alerts.close(SUBJECT, later.id, now=shift(NIGHT, 2 * DAY))
    assert closed is not None
    assert (closed.closed, closed.run) == (shift(NIGHT, 2 * DAY), later.id)
    assert flights.alerts.close(SUBJECT) is None
    assert flights.alerts.list() == ()
    reopened, news = flights.alerts.open_or_confirm("flights", SUBJECT, "warn", "0.64")
    assert news
    assert [a.id for a in flights.alerts.list(open_only=False, model="flights")] == [reopened.id, opened.id]
    with pytest.raises(RefusedError, match="closed already"):
        flights.alerts.acknowledge(opened.id, "ada")


def test_what_grows_worse_speaks_again(flights: Store) -> None:
    alert, _ = flights.alerts.open_or_confirm("flights", SUBJECT, "warn", "0.66", now=NIGHT)
    flights.alerts.acknowledge(alert.id, "ada")
    flights.alerts.snooze(alert.id, shift(NIGHT, 30 * DAY))
    flights.alerts.mark_notified([alert.id], now=NIGHT)
    worse, news = flights.alerts.open_or_confirm("flights", SUBJECT, "fail", "0.5", now=NIGHT)
    assert news
    assert (worse.severity, worse.notified) == ("fail", None)
    assert (worse.acknowledged, worse.acknowledged_by, worse.snoozed_until) == (None, None, None)
    better, news = flights.alerts.open_or_confirm("flights", SUBJECT, "warn", "0.64", now=NIGHT)
    assert (better.severity, news) == ("warn", False)


def test_an_open_alert_is_told_once_then_daily(flights: Store) -> None:
    alert, _ = flights.alerts.open_or_confirm("flights", SUBJECT, "fail", "0.5", now=NIGHT)

    def due(seconds: float) -> bool:
        return alert.id in {a.id for a in flights.alerts.due_for_notification(now=shift(NIGHT, seconds))}

    assert due(0)
    flights.alerts.mark_notified([alert.id], now=NIGHT)
    assert not due(HOUR)
    assert due(DAY)
    flights.alerts.snooze(alert.id, shift(NIGHT, 2 * DAY))
    assert not due(DAY)
    assert due(2 * DAY)
    flights.alerts.snooze(alert.id, None)
    flights.alerts.mute("flights", "ada")
    flights.alerts.mute("flights", "bob")
    assert flights.alerts.muted() == {"flights"}
    assert not due(DAY)
    flights.alerts.unmute("flights")
    assert due(DAY)
    flights.alerts.acknowledge(alert.id, "ada")
    assert not due(30 * DAY)
    flights.alerts.unacknowledge(alert.id)
    assert due(DAY)
    flights.alerts.close(SUBJECT)
    assert not due(30 * DAY)


def test_targets_hear_of_their_model_or_of_all(flights: Store) -> None:
    flights.models.apply("trains", {}, who="ada")
    everything = flights.notify.add_target("mailto://ops", severity="warn")
    own = flights.notify.add_target("mailto://ada", model="flights")
    assert flights.notify.targets() == (everything, own)
    assert flights.notify.targets("flights") == (everything, own)
    assert flights.notify.targets("trains") == (everything,)
    flights.notify.remove_target(own.id)
    with pytest.raises(UsageError, match="no notification target"):
        flights.notify.target(own.id)


def test_a_delivery_is_tried_until_it_is_sent_or_given_up(flights: Store) -> None:
    target = flights.notify.add_target("mailto://ops")
    flights.notify.enqueue([target.id, target.id], "flights fails", "roc_auc 0.5", now=NIGHT)
    first, second = flights.notify.due(now=NIGHT)
    flights.notify.mark_failed(first.id, "connection refused", next_try=shift(NIGHT, HOUR))
    flights.notify.mark_sent(second.id, now=NIGHT)
    assert flights.notify.due(now=NIGHT) == ()
    (again,) = flights.notify.due(now=shift(NIGHT, HOUR))
    assert (again.id, again.tries, again.error) == (first.id, 1, "connection refused")
    flights.notify.mark_failed(first.id, "connection refused", next_try=None)
    assert flights.notify.due(now=shift(NIGHT, DAY)) == ()
    assert [d.id for d in flights.notify.page(unsent_only=True).rows] == [first.id]
    assert flights.verify() == ("1 notifications were given up after repeated failures",)
    sent = flights.notify.page().rows[0]
    assert (sent.id, sent.sent, sent.tries, sent.next_try) == (second.id, NIGHT, 1, None)
    flights.notify.remove_target(target.id)
    assert flights.notify.page().rows == ()
