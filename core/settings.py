"""Settings of the workspace that a person may change: the zone of the night, the digest's hour, workers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from core.person import person
from core.present import present
from incumbent.errors import UsageError

if TYPE_CHECKING:
    from core.workspace import Workspace

#: More workers than this help nobody on a machine of one's own.
_MOST_WORKERS = 64


@dataclass(frozen=True)
class Setting:
    """One thing that can be set.

    Parameters
    ----------
    name : str
    default : str
        What holds where nothing is set, for people.
    help : str
        One sentence.
    read : callable
        From what a person writes to what is kept; UsageError where it makes no sense.
    """

    name: str
    default: str
    help: str
    read: Callable[[str], Any]


def _zone(text: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        like = get_close_matches(text, available_timezones(), 1)
        hint = f"did you mean {like[0]!r}?" if like else "write a name like Europe/Berlin, or UTC"
        raise UsageError(f"{text!r} is no time zone", hint=hint) from None
    return text


def _time_of_day(text: str) -> str:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise UsageError(f"{text!r} is no time of day", hint="write one like 07:00")
    return f"{int(found[1]):02}:{found[2]}"


def _workers(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _MOST_WORKERS:
        raise UsageError(f"{text!r} is no number of workers", hint=f"1 to {_MOST_WORKERS}")
    return int(text)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "timezone", "this machine's", "The zone on whose clock schedules and the digest are read.", _zone
    ),
    Setting("digest", "07:00", "When the day's warnings are sent, all in one message.", _time_of_day),
    Setting("workers", "1", "How many queued runs are executed at the same time.", _workers),
)


def known(name: str) -> Setting:
    """The setting of a name.

    Raises
    ------
    UsageError
        If there is none.

    Examples
    --------
    >>> known("digest").default
    '07:00'
    """
    for setting in SETTINGS:
        if setting.name == name:
            return setting
    names = [setting.name for setting in SETTINGS]
    like = get_close_matches(name, names, 1)
    hint = f"did you mean {like[0]!r}?" if like else f"there are {', '.join(names)}"
    raise UsageError(f"there is no setting {name!r}", hint=hint)


def listing(workspace: Workspace) -> list[dict[str, Any]]:
    """Every setting, as ``setting list --json`` prints it: ``value`` is None where the default holds."""
    with workspace.store() as store:
        found = store.settings.all()
    return [
        {"name": each.name, "value": found.get(each.name), "default": each.default, "help": each.help}
        for each in SETTINGS
    ]


def change(workspace: Workspace, name: str, text: str | None, who: str | None = None) -> dict[str, Any]:
    """Set a setting, or go back to the default (None); it holds at once.

    Where the zone changes, what the schedules would have named before now is not caught up with: it was never
    promised.

    Raises
    ------
    UsageError
        If there is no such setting, or the value makes no sense.
    """
    from store.clock import text as written

    setting = known(name)
    value = None if text is None else setting.read(text.strip())
    moment = written(present())
    with workspace.store() as store, store.transaction():
        if value is None:
            store.settings.unset(name)
        else:
            store.settings.set(name, value)
        if name == "timezone":
            for schedule in store.schedules.list():
                store.schedules.touch_due(schedule.id, moment)
        said = setting.default if value is None else str(value)
        store.journal.add(who or person(), "setting.set", f"{name}: {said}", detail={name: value}, now=moment)
    return {"name": name, "value": value, "default": setting.default, "help": setting.help}
