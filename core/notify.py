"""Who is told of alerts: targets, and the deliveries on their way to them.

A failure is sent at once and again every day while it stays open; warnings come together, once a day (setting
``digest``, 07:00 by default, on the workspace's clock). A delivery is a row before it is sent: one process
claims it, a failed one is tried again later, and what went wrong stands beside it with every secret taken
out.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from core.alerts import champion
from core.apprise_log import captured
from core.cron import Times
from core.leases import keeper_of
from core.letters import body_of, digest_body, digest_subject, subject_of
from core.person import person
from core.present import present, time_zone
from core.secrets import masked, refuse_literal_secrets, resolve, scrubbed
from incumbent.errors import IncumbentError, UsageError
from store.records import Alert, Delivery, NotifyTarget

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

Severity = Literal["warn", "fail"]

#: How long after each failed try the next one comes; the last holds for all that follow.
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)

#: After so many tries (most of a week) a delivery is given up.
MOST_TRIES = 25

#: How long a process has for one try before another may take the delivery.
CLAIM = timedelta(minutes=10)

_DIGEST = "07:00"


def add(
    workspace: Workspace,
    url: str,
    model: str | None = None,
    severity: Severity = "warn",
    who: str | None = None,
) -> NotifyTarget:
    """Tell a target of alerts.

    Parameters
    ----------
    url : str
        An Apprise URL. Secrets in it are references: ``mailtos://ann:${SMTP_PASSWORD}@mail.example.org``.
    model : str, optional
        Of this model only.
    severity : {"warn", "fail"}
        From this severity upward: ``warn`` is everything.

    Raises
    ------
    UsageError
        If the URL has a secret in it or is not understood, or there is no such model.
    """
    if severity not in ("warn", "fail"):
        raise UsageError(f"{severity!r} is not a severity", hint="warn or fail")
    refuse_literal_secrets(url)
    with workspace.store() as store, store.transaction():
        target = store.notify.add_target(url, model, severity)
        store.journal.add(
            who or person(), "notify.add", f"target {target.id}", model=model, detail={"severity": severity},
            undo={"action": "notify.remove", "arguments": {"target": target.id}},
        )  # fmt: skip
        return target


def remove(workspace: Workspace, target: int, who: str | None = None) -> NotifyTarget:
    """Tell a target no more; what is on its way to it is dropped."""
    with workspace.store() as store, store.transaction():
        removed = store.notify.target(target)
        store.notify.remove_target(target)
        arguments = {"url": removed.url, "model": removed.model, "severity": removed.severity}
        store.journal.add(
            who or person(), "notify.remove", f"target {target}", model=removed.model,
            undo={"action": "notify.add", "arguments": arguments},
        )  # fmt: skip
        return removed


def list_targets(workspace: Workspace) -> list[dict[str, Any]]:
    """The targets, as ``notify list --json`` prints them, with the deliveries that each still waits for."""
    with workspace.store() as store:
        unsent: Sequence[Delivery] = store.notify.page(unsent_only=True).rows
        return [
            {
                "id": target.id,
                "url": masked(target.url),
                "model": target.model,
                "severity": target.severity,
                "created": target.created,
                "unsent": sum(delivery.target == target.id for delivery in unsent),
                "error": next((d.error for d in unsent if d.target == target.id and d.error), None),
            }
            for target in store.notify.targets()
        ]


def test(workspace: Workspace, target: int | None = None) -> list[dict[str, Any]]:
    """Send a message to a target, or to all, now; what became of it."""
    with workspace.store() as store:
        targets = store.notify.targets() if target is None else (store.notify.target(target),)
    if not targets:
        raise UsageError("nobody is told of anything", hint="add a target with `incumbent notify add URL`")
    body = f"Alerts of the workspace {workspace.root} come to this address.\n"
    sent = ((each, send(each.url, "[incumbent] test", body, "info")) for each in targets)
    return [
        {"id": each.id, "url": masked(each.url), "sent": error is None, "error": error}
        for each, error in sent
    ]


test.__test__ = False  # type: ignore[attr-defined]  # pytest takes the name for its own


def collect(store: Store, moment: datetime) -> int:
    """Put what ought to be told at a moment on its way; how many messages that made.

    Alerts of which nobody wants to hear stay untold, so that a target added later hears of them.
    """
    targets = store.notify.targets()
    if not targets:
        return 0
    with store.transaction():
        return _collect_failures(store, targets, moment) + _collect_warnings(store, targets, moment)


def _collect_failures(store: Store, targets: Sequence[NotifyTarget], moment: datetime) -> int:
    from store.clock import text

    at, made = text(moment), 0
    for alert in store.alerts.due_for_notification(at):
        listening = [target.id for target in targets if listens(target, alert)]
        if alert.severity == "fail" and listening:
            store.notify.enqueue(listening, subject_of(alert), _body(store, alert), alert.id, at)
            store.alerts.mark_notified([alert.id], at)
            made += len(listening)
    return made


def _collect_warnings(store: Store, targets: Sequence[NotifyTarget], moment: datetime) -> int:
    from store.clock import text

    hour, _, minute = str(store.settings.get("digest", _DIGEST)).partition(":")
    digest = Times(f"{minute or 0} {hour} * * *", time_zone(store)).latest(moment - timedelta(days=2), moment)
    if digest is None:
        return 0
    at, cut = text(moment), text(digest)
    due = [
        alert
        for alert in store.alerts.due_for_notification(at, remind_after=timedelta(0))
        if alert.severity == "warn" and alert.opened <= cut and (alert.notified or "") < cut
    ]
    made = 0
    for target in targets:
        heard = [alert for alert in due if listens(target, alert)]
        if heard:
            body = digest_body([_body(store, alert) for alert in heard])
            only = heard[0].id if len(heard) == 1 else None
            store.notify.enqueue([target.id], digest_subject(heard), body, only, at)
            store.alerts.mark_notified([alert.id for alert in heard], at)
            made += 1
    return made


def listens(target: NotifyTarget, alert: Alert) -> bool:
    """Whether a target wants to hear of an alert."""
    return target.model in (None, alert.model) and (target.severity == "warn" or alert.severity == "fail")


def _body(store: Store, alert: Alert) -> str:
    where = f"{store.path.parent.parent} on {socket.gethostname()}"
    run = None if alert.run is None else store.runs.get(alert.run)
    live = None if alert.model is None else store.production.live(alert.model)
    can_go_back = live is not None and store.production.before(live) is not None
    if run is None or run.model is None:
        return body_of(alert, run, None, where=where, can_go_back=can_go_back)
    last_good = store.runs.last(run.model, run.kind, ("pass",))
    return body_of(alert, run, last_good, champion(store, run.model), where, can_go_back)


def post(store: Store, now: Callable[[], datetime] = present) -> tuple[Delivery, ...]:
    """Collect and deliver; what was tried."""
    collect(store, now())
    return deliver(store, now)


def post_if_alone(workspace: Workspace) -> None:
    """Send what is due where no daemon and no panel will: after a check on the command line, or from cron."""
    with workspace.store() as store:
        if keeper_of(store, present()) is None:
            post(store)


def deliver(store: Store, now: Callable[[], datetime] = present) -> tuple[Delivery, ...]:
    """Send what is due; several processes may do so at once, each delivery is sent by one of them.

    Returns
    -------
    tuple of Delivery
        What was tried, as it stands now: ``sent``, or ``error`` and ``next_try``.
    """
    from store.clock import text

    tried = []
    for delivery in store.notify.due(text(now())):
        if store.notify.claim(delivery, text(now() + CLAIM)):
            tried.append(_try(store, delivery, now))
    return tuple(tried)


def _try(store: Store, delivery: Delivery, now: Callable[[], datetime]) -> Delivery:
    from store.clock import text

    target = store.notify.target(delivery.target)
    error = send(target.url, delivery.subject, delivery.body, _level(delivery))
    tries, at = delivery.tries + 1, now()
    if error is None:
        store.notify.mark_sent(delivery.id, text(at))
        return replace(delivery, tries=tries, next_try=None, sent=text(at), error=None)
    next_try = _next_try(tries, at)
    store.notify.mark_failed(delivery.id, error, next_try)
    return replace(delivery, tries=tries, next_try=next_try, error=error)


def _next_try(tries: int, moment: datetime) -> str | None:
    from store.clock import text

    return None if tries >= MOST_TRIES else text(moment + BACKOFF[min(tries, len(BACKOFF)) - 1])


def _level(delivery: Delivery) -> str:
    return "failure" if delivery.subject.startswith("[incumbent] FAIL") else "warning"


def send(url: str, subject: str, body: str, level: str) -> str | None:
    """Send one message now.

    Parameters
    ----------
    url : str
        With references.
    level : str
        Apprise's ``info``, ``warning`` or ``failure``.

    Returns
    -------
    str or None
        None if it was accepted, else why not, without secrets.
    """
    import apprise

    try:
        whole, secrets = resolve(url)
    except IncumbentError as error:
        return str(error)
    with captured() as log:
        try:
            service = apprise.Apprise.instantiate(whole)
            if service and service.notify(body=body, title=subject, notify_type=level, body_format="text"):
                return None
            said = log.getvalue()
        except Exception as error:  # a service's own code: the delivery says so and waits
            said = f"ERROR {type(error).__name__}: {error}"
    return scrubbed(_trouble(said), secrets)


def _trouble(said: str) -> str:
    """What Apprise's log says of a failure, in a line or two."""
    lines = [line.partition(" ") for line in said.splitlines()]
    telling = [text for level, _, text in lines if level in ("WARNING", "ERROR") or "xception" in text]
    return "; ".join(dict.fromkeys(telling))[:500] or "the service did not accept it and said nothing"
