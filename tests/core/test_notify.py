"""Notifications, through a real mail server on the loopback."""

from __future__ import annotations

import email
import email.policy
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from core import alerts, notify, runs, secrets, worker
from core.present import present
from core.ringer import Ringer
from core.status import overview
from core.workspace import Workspace
from incumbent.errors import UsageError, WorkError
from store.records import Delivery, Run
from tests.core.night import Clock, add_model, make_workspace, use_told_handlers

#: Apprise imports what Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@dataclass
class MailServer:
    """An SMTP server that keeps what it accepts."""

    port: int
    password: str | None = None
    mails: list[EmailMessage] = field(default_factory=list)
    controller: Controller | None = None

    def start(self) -> None:
        settings: dict[str, Any] = {}
        if self.password is not None:
            settings = {"authenticator": self.authenticate, "auth_required": True, "auth_require_tls": False}
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **settings)
        self.controller.start()

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _how: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == (self.password or "").encode()
        return AuthResult(success=right, handled=False)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=night@example.org&to=ann@example.org"

    @property
    def subjects(self) -> list[str]:
        return [str(mail["subject"]) for mail in self.mails]

    def text(self, number: int = 0) -> str:
        body = self.mails[number].get_body(("plain",))
        assert body is not None
        return str(body.get_content())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer(free_port())
    made.start()
    yield made
    made.stop()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    use_told_handlers(monkeypatch)
    made = make_workspace(tmp_path)
    with made.store() as store:
        store.settings.set("timezone", "UTC")
    return made


@pytest.fixture
def clock() -> Clock:
    """A little after the present, so that what has just been opened lies behind it."""
    return Clock(present() + timedelta(seconds=10))


def let_the_digest_come(workspace: Workspace, clock: Clock) -> None:
    """It becomes time for the digest."""
    clock.go(hours=2)
    with workspace.store() as store:
        store.settings.set("digest", f"{clock():%H:%M}")
    clock.go(minutes=1)


@pytest.fixture
def night(workspace: Workspace, clock: Clock) -> Iterator[Ringer]:
    ringer = Ringer(workspace, "daemon", clock, lambda _workspace: None)
    ringer.tick()
    yield ringer
    ringer.close()


def check(workspace: Workspace, verdict: str, value: float = 0.7, model: str = "flights") -> Run:
    return runs.run_here(workspace, model, "nowtest", {"verdict": verdict, "value": value}, why="nightly")


def unsent(workspace: Workspace) -> list[Delivery]:
    with workspace.store() as store:
        return list(store.notify.page(unsent_only=True).rows)


def test_one_mail_for_one_alert(
    workspace: Workspace, server: MailServer, clock: Clock, night: Ringer
) -> None:
    notify.add(workspace, server.url)
    good = check(workspace, "pass", 0.7)
    bad = check(workspace, "fail", 0.641)
    for _ in range(3):
        night.deliver()
        clock.go(hours=1)
        check(workspace, "fail", 0.641)
    assert server.subjects == ["[incumbent] FAIL flights now-test: roc_auc 0.641, needs ≥ 0.65"]
    body = server.text()
    for wanted in (
        "roc_auc              0.641  [0.62, 0.75]  1200 rows",
        f"found by   run {bad.id}, nightly",
        "version    1",
        f"workspace  {workspace.root} on {socket.gethostname()}",
        f"run {good.id}: roc_auc 0.7, needs ≥ 0.65",
        f"incumbent run show {bad.id}",
        "incumbent history flights --check nowtest",
        "incumbent alert ack",
    ):
        assert wanted in body, wanted


def test_a_roll_back_is_proposed_where_there_is_something_to_go_back_to(
    workspace: Workspace, server: MailServer, clock: Clock, night: Ringer
) -> None:
    notify.add(workspace, server.url)
    check(workspace, "fail", 0.641)
    night.deliver()
    with workspace.store() as store:
        store.versions.add("flights", "another-hash", "native", "trained")
        store.production.add("flights", champion=2, who="ann", why="it is time")
    clock.go(hours=25)
    night.deliver()
    proposed = ["incumbent production rollback flights" in server.text(number) for number in (0, 1)]
    assert proposed == [False, True]


def test_an_open_alert_reminds_once_a_day(
    workspace: Workspace, server: MailServer, clock: Clock, night: Ringer
) -> None:
    notify.add(workspace, server.url)
    check(workspace, "fail")
    for _ in range(3 * 24 + 1):  # three days, looked at every hour
        night.deliver()
        clock.go(hours=1)
    assert len(server.mails) == 4
    with workspace.store() as store:
        (alert,) = store.alerts.list()
    alerts.acknowledge(workspace, alert.id)
    clock.go(days=2)
    night.deliver()
    assert len(server.mails) == 4


def test_warnings_come_together_once_a_day(
    workspace: Workspace, server: MailServer, clock: Clock, night: Ringer
) -> None:
    notify.add(workspace, server.url)
    add_model(workspace, "birds")
    check(workspace, "warn", model="flights")
    check(workspace, "warn", model="birds")
    let_the_digest_come(workspace, clock)
    with workspace.store() as store:
        (later,) = (a.opened for a in store.alerts.list() if a.model == "birds")
    night.deliver()
    night.deliver()
    assert server.subjects == [
        "[incumbent] 2 warnings: birds now-test, flights now-test"
    ] or server.subjects == ["[incumbent] 2 warnings: flights now-test, birds now-test"]
    assert f"{later[:16].replace('T', ' ')} UTC" in server.text()
    clock.go(hours=23)
    night.deliver()
    assert len(server.mails) == 1
    clock.go(hours=1)
    night.deliver()
    assert len(server.mails) == 2


def test_a_warning_that_becomes_a_failure_is_mailed_at_once(
    workspace: Workspace, server: MailServer, clock: Clock, night: Ringer
) -> None:
    notify.add(workspace, server.url)
    check(workspace, "warn")
    let_the_digest_come(workspace, clock)
    night.deliver()
    check(workspace, "fail", 0.6)
    night.deliver()
    assert [subject.split()[1] for subject in server.subjects] == ["WARN", "FAIL"]


def test_targets_hear_what_they_asked_for(
    workspace: Workspace, server: MailServer, clock: Clock, night: Ringer
) -> None:
    add_model(workspace, "birds")
    notify.add(workspace, server.url, model="birds")
    notify.add(workspace, server.url, severity="fail")
    check(workspace, "fail", model="flights")
    check(workspace, "warn", model="birds")
    let_the_digest_come(workspace, clock)
    night.deliver()
    assert sorted(subject.split()[2] for subject in server.subjects) == ["birds", "flights"]


def test_a_muted_model_and_a_snoozed_alert_are_silent(
    workspace: Workspace, server: MailServer, clock: Clock, night: Ringer
) -> None:
    check(workspace, "fail")
    alerts.mute(workspace, "flights")
    notify.add(workspace, server.url)
    night.deliver()
    alerts.unmute(workspace, "flights")
    (alert,) = alerts.list_alerts(workspace)
    alerts.snooze(workspace, alert.id, "2h", now=clock())
    night.deliver()
    assert server.mails == []
    clock.go(hours=3)
    night.deliver()
    assert len(server.mails) == 1


def test_a_target_added_later_hears_what_is_open(
    workspace: Workspace, server: MailServer, clock: Clock, night: Ringer
) -> None:
    check(workspace, "fail")
    night.deliver()
    notify.add(workspace, server.url)
    night.deliver()
    assert len(server.mails) == 1


def test_down_then_up_is_delivered_once(
    workspace: Workspace, server: MailServer, clock: Clock, night: Ringer
) -> None:
    server.stop()
    notify.add(workspace, server.url)
    check(workspace, "fail")
    tried = []
    for _ in range(60):  # an hour of minutes
        for delivery in night.deliver():
            assert delivery.sent is None and delivery.error and delivery.next_try
            tried.append(clock())
        clock.go(minutes=1)
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert waits == list(notify.BACKOFF[:3])
    (delivery,) = unsent(workspace)
    assert delivery.tries == 4
    assert delivery.error is not None and "refused" in delivery.error.lower()
    (listed,) = notify.list_targets(workspace)
    assert (listed["unsent"], listed["error"]) == (1, delivery.error)
    assert "1 notification could not be sent" in overview(workspace).news.sentence
    server.start()
    for _ in range(6):
        clock.go(hours=1)
        night.deliver()
    assert len(server.mails) == 1
    assert unsent(workspace) == []
    assert "could not be sent" not in overview(workspace).news.sentence


def test_a_delivery_is_given_up_in_the_end(
    workspace: Workspace, clock: Clock, night: Ringer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "MOST_TRIES", 6)
    notify.add(workspace, f"mailto://127.0.0.1:{free_port()}?from=a@example.org&to=b@example.org")
    check(workspace, "fail")
    night.deliver()
    alerts.mute(workspace, "flights")
    for _ in range(notify.MOST_TRIES + 3):
        clock.go(hours=7)
        night.deliver()
    (delivery,) = unsent(workspace)
    assert (delivery.tries, delivery.next_try) == (notify.MOST_TRIES, None)
    told = [overview(workspace, now=clock() + timedelta(days=days)).news.unsent for days in (-3, 1)]
    assert told == [1, 0], "what was given up is no news for ever"


def test_two_that_deliver_at_once_send_one_mail(
    workspace: Workspace, server: MailServer, clock: Clock
) -> None:
    notify.add(workspace, server.url)
    with workspace.store() as store:
        for number in range(4):
            store.notify.enqueue([1], f"[incumbent] FAIL {number}", "body", now=clock.text)
    together = threading.Barrier(4)

    def deliver() -> None:
        with workspace.store() as store:
            together.wait()
            notify.deliver(store, clock)

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(server.subjects) == [f"[incumbent] FAIL {number}" for number in range(4)]


def test_a_process_that_died_while_sending_loses_nothing(
    workspace: Workspace, server: MailServer, clock: Clock, night: Ringer
) -> None:
    notify.add(workspace, server.url)
    check(workspace, "fail")
    with workspace.store() as store:
        notify.collect(store, clock())
        (delivery,) = store.notify.due(clock.text)
        assert store.notify.claim(delivery, (clock() + notify.CLAIM).isoformat().replace("+00:00", "Z"))
    night.deliver()
    assert server.mails == []
    clock.go(minutes=11)
    night.deliver()
    assert len(server.mails) == 1


def test_a_worker_sends_what_its_runs_had_to_tell(workspace: Workspace, server: MailServer) -> None:
    notify.add(workspace, server.url)
    runs.submit(workspace, "flights", "nowtest", {"verdict": "fail"}, why="test")
    worker.drain(workspace)
    assert len(server.mails) == 1


def test_a_check_by_hand_mails_where_nobody_keeps_the_night(workspace: Workspace, server: MailServer) -> None:
    notify.add(workspace, server.url)
    check(workspace, "fail")
    assert len(server.mails) == 1


def test_while_somebody_keeps_the_night_it_is_left_to_them(
    workspace: Workspace, server: MailServer, night: Ringer
) -> None:
    notify.add(workspace, server.url)
    check(workspace, "fail")
    assert server.mails == []
    night.deliver()
    assert len(server.mails) == 1


def test_sending_a_test(workspace: Workspace, server: MailServer) -> None:
    with pytest.raises(UsageError, match="nobody"):
        notify.test(workspace)
    target = notify.add(workspace, server.url)
    assert notify.test(workspace, target.id) == [
        {"id": target.id, "url": server.url, "sent": True, "error": None}
    ]
    server.stop()
    (outcome,) = notify.test(workspace)
    assert not outcome["sent"] and "refused" in outcome["error"].lower()
    notify.remove(workspace, target.id)
    with pytest.raises(UsageError, match="no notification target"):
        notify.test(workspace, target.id)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_password_is_read_when_it_is_used(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    server = MailServer(free_port(), password="pa/ss w:rd@1")
    server.start()
    url = f"mailto://ann:${{MAIL_PASSWORD}}@127.0.0.1:{server.port}?from=a@example.org&to=b@example.org"
    target = notify.add(workspace, url)
    assert target.url == url
    (without,) = notify.test(workspace)
    assert "MAIL_PASSWORD" in without["error"]
    monkeypatch.setenv("MAIL_PASSWORD", "wrong-password")
    (wrong,) = notify.test(workspace)
    assert not wrong["sent"] and "wrong-password" not in wrong["error"]
    monkeypatch.setenv("MAIL_PASSWORD", server.password or "")
    (right,) = notify.test(workspace)
    server.stop()
    assert right["sent"], right
    raw = workspace.store_path.read_bytes()
    assert b"pa/ss" not in raw and b"wrong-password" not in raw


@pytest.mark.parametrize(
    "url",
    [
        "mailto://ann:hunter2@mail.example.org?to=b@example.org",
        "mailtos://ann:hunter2-${REST}@mail.example.org?to=b@example.org",
        "mailto://mail.example.org?to=b@example.org&pass=hunter2",
        "tgram://123456789:alphanum_token_zzzzzzzzzzzzzzzzzzzz/12315544/",
        "discord://4174216298/hunter2hunter2hunter2hunter2",
        "discord://${HOOK}/hunter2hunter2hunter2hunter2",
        "ntfy://tk_hunter2hunter2hunter2@ntfy.example.com/topic",
        "gotify://example.org/hunter2hunter2",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
    ],
)
def test_a_literal_secret_is_refused_and_not_repeated(workspace: Workspace, url: str) -> None:
    with pytest.raises(UsageError, match="never stored") as error:
        notify.add(workspace, url)
    assert "hunter2" not in str(error.value) and "${SMTP_PASSWORD}" in error.value.hint
    assert notify.list_targets(workspace) == []


@pytest.mark.parametrize(
    "url",
    [
        "mailto://ann@mail.example.org?to=b@example.org",
        "mailtos://ann:${PASSWORD}@mail.example.org?to=b@example.org",
        "discord://${HOOK_ID}/${HOOK_TOKEN}",
        "slack://${A}/${B}/${C}/#general",
        "tgram://${BOT_TOKEN}/12315544/",
        "ntfy://topic-of-the-night",
        "json://localhost:8080/hook",
    ],
)
def test_references_and_open_services_are_accepted(workspace: Workspace, url: str) -> None:
    notify.add(workspace, url)
    assert [target["url"] for target in notify.list_targets(workspace)] == [url]


@pytest.mark.parametrize("url", ["", "ann@example.org", "nonsense://x", "nonsense://${A}", "mailto://"])
def test_what_is_no_url_is_refused(workspace: Workspace, url: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError):
        notify.add(workspace, url)
    assert capfd.readouterr() == ("", ""), "what Apprise says of it is kept from the terminal"


def test_a_severity_is_one_of_two(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="severity"):
        notify.add(workspace, "ntfy://topic", severity="urgent")  # type: ignore[arg-type]


def test_secrets_are_scrubbed_in_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "p@ss/word")
    monkeypatch.setenv("B", "x")
    whole, values = secrets.resolve("mailto://u:${A}@h?x=${B}")
    assert whole == "mailto://u:p%40ss%2Fword@h?x=x"
    assert secrets.scrubbed("tried p@ss/word and p%40ss%2Fword", {"A": values["A"]}) == "tried ${A} and ${A}"


def test_without_a_value_the_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_NAME", raising=False)
    with pytest.raises(WorkError, match="NO_SUCH_NAME"):
        secrets.resolve("mailto://u:${NO_SUCH_NAME}@h")


def test_the_keyring_is_asked_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keyring.py").write_text(
        "def get_password(service, name):\n"
        "    return {('incumbent', 'KEPT'): 'from the vault'}.get((service, name))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    assert secrets.resolve("json://h/${KEPT}")[1] == {"KEPT": "from the vault"}
    with pytest.raises(WorkError, match="nor in the keyring"):
        secrets.resolve("json://h/${LOST}")
    monkeypatch.delitem(sys.modules, "keyring")
