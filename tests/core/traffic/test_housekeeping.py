"""Housekeeping: once a day the logs come home, by a process that whoever keeps the night starts."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core import models
from core.ringer import Ringer
from core.spec import parse
from core.traffic import Traffic, housekeeping
from core.traffic.housekeeping import is_due, keep, last_kept, main
from core.workspace import Workspace
from incumbent.log.file import log_files
from incumbent.production import read
from tests.core.traffic.filling import SPEC, by_id, place, prediction, workspace, write


def test_it_is_due_once_a_day_where_something_was_logged(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        now = datetime.now(UTC)
        assert not is_due(made, store, now)
        write(place(made, store).away, "2026-01-01", prediction("a", "2026-01-01T10:00"))
        assert is_due(made, store, now)
        assert main(["--workspace", str(made.root)]) == 0
        assert last_kept(made) == (now - housekeeping.AFTER).strftime("%Y-%m-%d")
        write(place(made, store).away, "2026-01-02", prediction("b", "2026-01-02T10:00"))
        assert not is_due(made, store, now)
        assert is_due(made, store, now + timedelta(days=1))
        assert set(by_id(Traffic.open(made, store, "late"))) == {"a", "b"}


def test_whoever_keeps_the_night_starts_it_and_a_failed_attempt_is_left_alone_for_an_hour(
    tmp_path: Path,
) -> None:
    with workspace(tmp_path) as (made, store):
        away = place(made, store).away
        write(away, "2026-01-01", prediction("a", "2026-01-01T10:00"))
        ringer = Ringer(made, "daemon")
        try:
            ringer.tick()
            (process,) = housekeeping._started[-1:]
            assert not is_due(made, store, datetime.now(UTC) + timedelta(minutes=59))
            assert process.wait(120) == 0
        finally:
            ringer.close()
        assert log_files(away) == []
        assert not is_due(made, store, datetime.now(UTC))


def test_a_site_that_is_away_keeps_no_other_waiting_and_is_told_of(tmp_path: Path) -> None:
    with workspace(tmp_path, '[log]\nkeep = "30d"\n') as (made, store):
        store.models.apply(
            "other", parse(SPEC.replace('"late"\ntask', '"other"\ntask')).document(), who="ann"
        )
        write(place(made, store).away, "2026-01-01", prediction("old", "2026-01-01T10:00"))
        today = datetime.fromtimestamp(time.time() - 86_400, UTC).strftime("%Y-%m-%d")
        write(place(made, store).away, today, prediction("new", f"{today}T10:00"))
        made.marker.joinpath("traffic").mkdir()
        made.marker.joinpath("traffic", "other").write_text("in the way")
        write(
            made.root / "production" / "local" / "other" / "log",
            "2026-01-01",
            prediction("x", "2026-01-01T10:00"),
        )
        done = keep(made, store)
        assert (done["predictions"], done["pruned"]) == (2, 1)
        assert [problem.partition(":")[0] for problem in done["problems"]] == ["other"]
        assert set(by_id(Traffic.open(made, store, "late"))) == {"new"}


def test_what_a_spec_makes_private_is_private_at_every_site_at_once(house: Workspace) -> None:
    published = house.root / "production" / "local" / "late"
    assert read(published).log["private"] == []
    spec = house.root / "late.toml"
    spec.write_text(spec.read_text() + 'key = "ride"\nprivate = ["carrier", "at"]\n[log]\nshare = 0.5\n')
    models.apply(house, spec)
    told = read(published)
    assert told.key == "ride"
    assert told.log["private"] == ["carrier", "at"]
    assert (told.log["share"], told.log["also"]) == (0.5, [])
    assert told.revision == 1
    assert json.loads((published / "current.json").read_text())["revision"] == 1


def test_a_renamed_model_keeps_its_log_and_a_deleted_one_leaves_none(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        write(here.away, "2026-01-01", prediction("a", "2026-01-01T10:00"))
        keep(made, store)
        models.rename(made, "late", "later")
        assert set(by_id(Traffic.open(made, store, "later"))) == {"a"}
        models.delete(made, "later", "later")
        assert not list((made.marker / "traffic").glob("late*"))
