"""Forgetting a key: what was made of its rows goes with them, what was made of others stays."""

from __future__ import annotations

from pathlib import Path

from core.forgetting import forget_key
from store.records import Case, NewCase, Surprise
from tests.core.traffic.filling import place, prediction, workspace, write

SECRET = "lives in Marylebone"
MINE, OTHERS = {"distance": 1.5, "carrier": SECRET}, {"distance": 2.5, "carrier": "bus"}


def surprise(fold: str, row: dict[str, object], reason: str = "far") -> Surprise:
    return Surprise("outside", fold, "log", row, {}, None, reason, 1.0, 1)


def case(row: dict[str, object], origin: str = "incident") -> NewCase:
    return NewCase(kind="behavioural", row=row, expect={"max": 1.0}, origin=origin, note="", version=None,
                   blocking=True)  # type: ignore[arg-type]  # fmt: skip


def test_inbox_and_cases_forget_too(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        write(
            place(made, store).away, "2026-11-20",
            prediction("a", "2026-11-20T10:00", key="ada", row={**MINE, "wind": None}),
            prediction("b", "2026-11-20T10:00", key="bob", row=OTHERS),
        )  # fmt: skip
        found = (
            surprise("1", {**MINE, "wind": None}), surprise("2", OTHERS), surprise("3", {}, "none for ada"),
        )  # fmt: skip
        store.inbox.keep("late", found, 10)
        listed = {entry.fold: entry.id for entry in store.inbox.list("late")}
        edited, kept, became, contrived = (
            each.id for each in store.cases.add_many(
                "late", [case(MINE), case(OTHERS), case({"distance": 9.0}), case(MINE, "contrived")]
            )
        )  # fmt: skip
        store.inbox.decide(listed["1"], "accepted", "ann", became)
    done = forget_key(made, "late", "ada", confirmed=True)
    assert (done["predictions"], done["inbox"], done["cases"]) == (1, 2, [edited, became])
    with made.store() as store:
        assert [entry.fold for entry in store.inbox.list("late", None)] == ["2"]
        left: tuple[Case, ...] = store.cases.list("late", include_removed=True)
        assert [each.id for each in left] == [kept, contrived]
        store.cases.erase([contrived])
    again = forget_key(made, "late", "ada", confirmed=True)
    assert (again["predictions"], again["inbox"], again["cases"]) == (0, 0, [])


def test_no_byte_of_it_stays_in_the_store(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        write(place(made, store).away, "2026-11-20", prediction("a", "2026-11-20T10:00", key="ada", row=MINE))
        store.inbox.keep("late", [surprise("1", MINE)], 10)
    forget_key(made, "late", "ada", confirmed=True)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
