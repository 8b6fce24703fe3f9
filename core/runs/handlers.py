"""Which function does the work of which kind of run.

Handlers are named, not imported: the panel and the command line queue runs without loading what executes
them. A handler is ``handler(context: RunContext) -> Outcome``.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from incumbent.errors import UsageError

#: Kind of run → where its handler lies.
HANDLERS: dict[str, str] = {
    "backtest": "core.checks.again:execute",
    "nowtest": "core.checks.nowtest:execute",
    "regression": "core.checks.regression:execute",
    "edge": "core.checks.edge:execute",
    "stress": "core.checks.stress:execute",
    "drift": "core.checks.drift:execute",
    "software": "core.checks.software:execute",
    "train": "core.versions:execute_train",
    "register": "core.versions:execute_register",
    "reproduce": "core.versions:execute_reproduce",
    "diff": "core.diff:execute",
    "challenge": "core.challenge.execute:execute",
}

#: Kinds whose verdict says something about what is in production, and so opens and closes alerts.
CHECKS: tuple[str, ...] = ("regression", "edge", "stress", "backtest", "nowtest", "drift", "software")

#: Kinds that must be told of what: no schedule can ring them.
TOLD: tuple[str, ...] = ("register", "reproduce", "diff", "challenge")

#: Kinds that the store knows and this release does not execute.
PLANNED: tuple[str, ...] = ("search", "replay", "drill")

#: What people call a check in sentences.
TITLES: dict[str, str] = {
    "backtest": "back-test",
    "nowtest": "now-test",
    "stress": "stress test",
    "edge": "edge test",
    "drift": "drift check",
    "regression": "regression check",
    "software": "software test",
}


def title(kind: str) -> str:
    """What people call a kind of run.

    >>> title("nowtest")
    'now-test'
    """
    return TITLES.get(kind, kind)


def known_kind(kind: str) -> str:
    """The kind itself, if this release can execute it.

    Raises
    ------
    UsageError
        If nothing executes it.

    Examples
    --------
    >>> known_kind("backtest")
    'backtest'
    """
    if kind in HANDLERS:
        return kind
    if kind in PLANNED:
        raise UsageError(
            f"{title(kind)} is not part of this release", hint=f"there are {', '.join(HANDLERS)}"
        )
    raise UsageError(f"no kind of run named {kind!r}", hint=f"there are {', '.join(HANDLERS)}")


def schedulable(kind: str) -> str:
    """The kind itself, if it can run by itself.

    Raises
    ------
    UsageError
        If nothing executes it, or it needs to be told of what.

    Examples
    --------
    >>> schedulable("train")
    'train'
    """
    if known_kind(kind) in TOLD:
        able = ", ".join(each for each in HANDLERS if each not in TOLD)
        raise UsageError(
            f"{title(kind)} cannot be scheduled: it must be told of which version", hint=f"these can: {able}"
        )
    return kind


def resolve(kind: str) -> Callable[[Any], Any]:
    """The handler of a kind of run, imported now.

    Raises
    ------
    UsageError
        If nothing executes this kind.
    """
    module_name, _, function_name = HANDLERS[known_kind(kind)].partition(":")
    handler: Callable[[Any], Any] = getattr(import_module(module_name), function_name)
    return handler
