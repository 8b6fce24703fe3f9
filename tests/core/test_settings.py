"""Settings: what a person may change for the whole workspace, and what it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import schedules, settings
from core.present import present
from core.ringer import ring
from core.workspace import Workspace
from incumbent.errors import UsageError
from tests.core.night import make_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path)


@pytest.mark.parametrize(
    ("name", "wrong", "hint"),
    [
        ("timezone", "Europe/Berlinn", "did you mean 'Europe/Berlin'?"),
        ("timezone", "../../etc/passwd", "Europe/Berlin"),
        ("digest", "25:00", "07:00"),
        ("digest", "seven", "07:00"),
        ("workers", "0", "1 to 64"),
        ("workers", "9" * 40, "1 to 64"),
        ("timezones", "UTC", "did you mean 'timezone'?"),
        ("panel.theme", "dark", "timezone, digest, workers"),
    ],
)
def test_what_makes_no_sense_is_refused(workspace: Workspace, name: str, wrong: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        settings.change(workspace, name, wrong)
    assert hint in error.value.hint
    assert all(each["value"] is None for each in settings.listing(workspace))


def test_the_zone_moves_the_night_and_rings_nothing_that_was_never_promised(workspace: Workspace) -> None:
    schedules.set_schedule(workspace, "flights", "nowtest", "0 2 * * *", now=present() - timedelta(days=3))
    settings.change(workspace, "timezone", "Asia/Kathmandu")
    with workspace.store() as store:
        assert ring(store, present()) == ()
    at = schedules.list_schedules(workspace, now=datetime(2026, 11, 30, 12, tzinfo=UTC))[0].next
    assert at == datetime(2026, 11, 30, 20, 15, tzinfo=UTC)
    assert schedules.zone_set(workspace) == "Asia/Kathmandu"
    settings.change(workspace, "timezone", None)
    assert schedules.zone_set(workspace) is None


def test_a_change_is_in_the_journal_and_listed(workspace: Workspace) -> None:
    assert settings.change(workspace, "digest", "8:30", who="ann")["value"] == "08:30"
    assert settings.change(workspace, "workers", "2", who="ann")["value"] == 2
    assert {each["name"]: each["value"] for each in settings.listing(workspace)} == {
        "timezone": None,
        "digest": "08:30",
        "workers": 2,
    }
    with workspace.store() as store:
        newest = store.journal.page(limit=2).rows
    assert [(entry.who, entry.subject) for entry in newest] == [
        ("ann", "workers: 2"),
        ("ann", "digest: 08:30"),
    ]
