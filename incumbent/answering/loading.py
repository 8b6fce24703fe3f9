"""From a published folder to what answers: what loads is used, the rest is reported.

What a configuration names that is open already is kept open: bundles, child processes, how often they failed.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping

from incumbent.algorithms.base import kind
from incumbent.answering.breaker import Breaker
from incumbent.answering.guarded import POSSIBLE, Guarded
from incumbent.answering.limits import Limits, read_limits
from incumbent.answering.link import VersionLink
from incumbent.answering.live import Live
from incumbent.answering.policy import policy_of
from incumbent.bundle import Bundle
from incumbent.errors import BundleError, IncumbentError
from incumbent.manifest import read_manifest
from incumbent.production import Configuration, Link, bundle_path, read

if TYPE_CHECKING:
    from incumbent.algorithms.rules import Rules
    from incumbent.schema import OutputSchema

log = logging.getLogger("incumbent")


@dataclass
class Opened:
    """A version that is open: shared by its places in a configuration, and by the configurations after it."""

    bundle: Bundle
    breaker: Breaker
    guarded: "Guarded | None" = None


@dataclass
class Loaded:
    """A configuration that is open, with the files that it stands on."""

    live: Live
    stamp: "tuple[int, int, int]"
    opened: "dict[tuple[Any, ...], Opened]" = field(default_factory=dict)


def stamp_of(folder: Path) -> "tuple[int, int, int]":
    """What tells one pointer of a published folder from another."""
    try:
        found = os.stat(folder / "current.json")
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def load(
    folder: Path,
    before: "Loaded | None" = None,
    asleep: bool = False,
    failed: "Mapping[tuple[Any, ...], Exception] | None" = None,
) -> Loaded:
    """Open what a folder's pointer names.

    Parameters
    ----------
    before : Loaded, optional
        What was open until now.
    asleep : bool
        Start no child process: somebody wakes them.
    failed : mapping, optional
        Which of what was open could not be woken, and why: it is skipped.

    Raises
    ------
    WorkError
        Where nothing is published.
    BundleError
        Where the configuration, or every link of it, is damaged.
    """
    stamp = stamp_of(folder)
    configuration = read(folder)
    limits, mistakes = read_limits(configuration.limits)
    loading = _Loading(folder, configuration, limits, before, asleep, failed or {})
    loading.problems.extend(f"limits: {mistake}" for mistake in mistakes)
    live = loading.live()
    for problem in live.problems:
        if before is None or problem not in before.live.problems:
            log.error("%s: %s", folder, problem)
    return Loaded(live, stamp, loading.opened)


def takes_long(folder: Path, before: Loaded) -> bool:
    """Whether what a folder's pointer names would have to be started in child processes first."""
    if not POSSIBLE:
        return False
    open_already = {key[0] for key in before.opened}
    try:
        links = [link for link in read(folder).links() if link not in open_already]
        manifests = [read_manifest(bundle_path(folder, link)) for link in links]
        return not all(kind(manifest.algorithm).returns for manifest in manifests)
    except (IncumbentError, OSError):  # loading it will say so
        return False


class _Loading:
    def __init__(
        self,
        folder: Path,
        configuration: Configuration,
        limits: Limits,
        before: "Loaded | None",
        asleep: bool,
        failed: "Mapping[tuple[Any, ...], Exception]",
    ) -> None:
        self._folder = folder
        self._configuration = configuration
        self._limits = limits
        self._before = before.opened if before is not None else {}
        self._asleep = asleep
        self._failed = failed
        self.opened: "dict[tuple[Any, ...], Opened]" = {}
        self.problems: "list[str]" = []

    def live(self) -> Live:
        named = self._configuration
        champion = self._link(named.champion, True)
        challenger = self._link(named.challenger, True)
        fallback = tuple(link for f in named.fallback if (link := self._link(f, False)) is not None)
        shadows = tuple(link for s in named.shadows if (link := self._link(s, False)) is not None)
        first = champion or (fallback[0] if fallback else None)
        if first is None and named.baseline is None:
            raise BundleError("; ".join(self.problems) or f"{self._folder} names no version")
        rules_first, rules_last = self._rules(first, True), self._rules(first, False)
        problems = tuple(dict.fromkeys(self.problems))
        return Live(
            named, self._limits, champion, challenger, fallback, shadows, rules_first, rules_last, problems
        )

    def _link(self, link: "Link | None", strict: bool) -> "VersionLink | None":
        if link is None:
            return None
        try:
            opened = self._open(link)
            policy, mistakes = policy_of(opened.bundle, self._limits.columns)
        except (IncumbentError, OSError) as error:
            self.problems.append(f"version {link.version} is skipped: {error}")
            return None
        self.problems.extend(f"version {link.version}: {mistake}" for mistake in mistakes)
        return VersionLink(link.version, opened.bundle, opened.breaker, policy, strict, opened.guarded)

    def _open(self, link: Link) -> Opened:
        limits = self._limits
        key = (link, limits.isolate, limits.memory, limits.start, repr(self._configuration.trusted))
        if key in self._failed:
            raise self._failed[key]
        found = self.opened.get(key) or self._before.get(key) or self._newly_opened(link)
        found.breaker.failures, found.breaker.pause = limits.failures, limits.pause
        if found.guarded is not None:
            found.guarded.timeout = limits.timeout
        self.opened[key] = found
        return found

    def _newly_opened(self, link: Link) -> Opened:
        path = bundle_path(self._folder, link)
        trusted: Mapping[str, Any] = self._configuration.trusted
        bundle = Bundle.open(path, expect=link.hash, trusted=trusted)
        breaker = Breaker(self._limits.failures, self._limits.pause)
        if kind(bundle.manifest.algorithm).returns or not self._limits.isolate or not POSSIBLE:
            bundle.algorithm()  # made now: an unreadable one is skipped, and the first caller does not wait
            return Opened(bundle, breaker)
        limits = self._limits
        guarded = Guarded(path, link.hash, trusted, limits.timeout, limits.start, limits.memory)
        if not self._asleep:
            guarded.begin()
        return Opened(bundle, breaker, guarded)

    def _rules(self, first: "VersionLink | None", at_first: bool) -> "Rules | None":
        listed = self._limits.rules_that(at_first)
        if not listed:
            return None
        from incumbent.algorithms.rules import Rules

        output = first.bundle.output if first is not None else _output_of(self._configuration)
        try:
            return Rules(listed, None, output)
        except IncumbentError as error:
            self.problems.append(f"the rules are skipped: {error}")
            return None


def _output_of(configuration: Configuration) -> "OutputSchema":
    """What answers look like where no version loads: as the baseline's."""
    from incumbent.schema import OutputSchema

    baseline = configuration.baseline
    if baseline is not None and baseline.classes:
        return OutputSchema("classification", "probabilities", baseline.classes)
    return OutputSchema("regression", "numbers")
