"""Gathering: what is surprising about the log since the last look, and about the newest rows of history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from core.inbox.finders import MOST, Errors, surprises
from core.inbox.history import newest
from core.inbox.production import logged
from core.inbox.seen import Seen
from core.spec import ModelSpec
from incumbent.errors import BundleError, DataError, FittingError, WorkError
from store.records import Surprise

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


_CANNOT_BE_LOOKED_AT = (BundleError, DataError, FittingError, WorkError)


class Gathered(NamedTuple):
    """What a look found: new entries, those that wait now, and what could not be looked at."""

    new: int
    waiting: int
    problems: tuple[str, ...]


def gather(
    workspace: Workspace,
    store: Store,
    model: str,
    now: datetime | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Gathered:
    """Look for surprising rows and keep the most surprising ones.

    The log is read from where the last look ended, history from what the champion has not learned from.
    Without a champion there is nothing to look at.

    Parameters
    ----------
    now : datetime, optional
        UTC, without a zone.
    """
    until = now or datetime.now(UTC).replace(tzinfo=None)
    live = store.production.live(model)
    if live is None or live.champion is None:
        return Gathered(0, _waiting(store, model), ())
    spec = ModelSpec.from_document(store.models.revision(model).document)
    version = store.versions.get(model, live.champion)
    bundle = workspace.bundle(version.hash, verify=False)
    profile = bundle.profile().get("columns", {})
    found: list[Surprise] = []
    problems: list[str] = []

    def look(rows: Iterable[Seen]) -> None:
        errors: defaultdict[int | None, Errors] = defaultdict(Errors)
        for seen in rows:
            found.extend(surprises(seen, profile, bundle.input.columns, errors[seen.version]))
        for each in errors.values():
            found.extend(each.large())

    mark = _mark(store, model)
    since = store.settings.get(mark)
    try:
        look(logged(workspace, store, model, _moment(since), until, bundle))
    except _CANNOT_BE_LOOKED_AT as error:
        problems.append(error.message)
    try:
        look(_some(newest(workspace, store, spec, version, bundle, cancelled)))
    except _CANNOT_BE_LOOKED_AT as error:
        problems.append(error.message)
    with store.transaction():
        new = store.inbox.keep(model, folded(found), MOST)
        if not problems:
            store.settings.set(mark, until.isoformat())
    return Gathered(new, _waiting(store, model), tuple(problems))


def folded(found: Iterable[Surprise]) -> Iterator[Surprise]:
    """Surprises that are the same entry as one: counted together, shown by the most surprising.

    Examples
    --------
    >>> one = Surprise("error", "x", "log", {"a": 1}, {}, None, "why", 1.0, 2)
    >>> [(s.count, s.row) for s in folded([one, replace(one, row={"a": 2}, surprise=3.0)])]
    [(4, {'a': 2})]
    """
    entries: dict[tuple[str, str, str], Surprise] = {}
    for each in found:
        key = (each.kind, each.source, each.fold)
        other = entries.get(key)
        if other is None:
            entries[key] = each
            continue
        shown = max(other, each, key=lambda s: s.surprise)
        times = [t for t in (other.first, other.last, each.first, each.last) if t is not None]
        entries[key] = replace(
            shown,
            count=other.count + each.count,
            first=min(times, default=None),
            last=max(times, default=None),
        )
    return iter(entries.values())


def _some(seen: Seen | None) -> list[Seen]:
    return [] if seen is None else [seen]


def _mark(store: Store, model: str) -> str:
    """The setting that remembers until when the log was read; by id, since models are renamed."""
    return f"inbox.{store.models.get(model).id}"


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _waiting(store: Store, model: str) -> int:
    return store.inbox.counts().get(model, 0)
