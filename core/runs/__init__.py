"""Runs: every check, training and search is a row first, then work, then one transaction.

``submit`` queues, a worker (:mod:`core.worker`) or ``run_here`` executes, ``follow`` and ``cancel`` go
through the store, so they work from any process. A handler (:mod:`core.runs.handlers`) gets a
:class:`RunContext` and returns an :class:`Outcome`.
"""

from __future__ import annotations

from core.runs.context import Finding, JournalLine, Outcome, Progress, RunContext
from core.runs.execute import execute, execute_claimed, execute_within, part_of, run_here
from core.runs.handlers import CHECKS, HANDLERS, known_kind, resolve, schedulable, title
from core.runs.queue import (
    ENDED,
    cancel,
    document,
    follow,
    get,
    log_path,
    newest,
    submit,
    tail_log,
)
from core.runs.sweeping import sweep, sweep_store

__all__ = [
    "CHECKS",
    "ENDED",
    "HANDLERS",
    "Finding",
    "JournalLine",
    "Outcome",
    "Progress",
    "RunContext",
    "cancel",
    "document",
    "execute",
    "execute_claimed",
    "execute_within",
    "follow",
    "get",
    "known_kind",
    "log_path",
    "newest",
    "part_of",
    "resolve",
    "run_here",
    "schedulable",
    "submit",
    "sweep",
    "sweep_store",
    "tail_log",
    "title",
]
