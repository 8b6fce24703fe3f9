"""One configuration with everything open: who answers a row, in which order.

A row goes to the hard rules that come first, then to the challenger where its key falls to it (to nobody but
the baseline where it falls to the untreated control), to the champion, along the fallback versions, to the
other rules, and last to the baseline. A :class:`Live` is replaced whole when a new revision comes, so that an
answer is always of one configuration.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence

from incumbent.answering.limits import Limits
from incumbent.answering.link import Refusal, VersionLink
from incumbent.answering.routing import CHALLENGER, CONTROL, Arm, Lot
from incumbent.answering.table import row_check
from incumbent.columns import value_of
from incumbent.errors import BundleError, InputError
from incumbent.plain import key_of
from incumbent.production import Link

if TYPE_CHECKING:
    import numpy as np

    from incumbent.algorithms.rules import Answered, Rules
    from incumbent.answering.table import Table
    from incumbent.production import Configuration
    from incumbent.schema import InputSchema


class Answer(NamedTuple):
    """An answer on its way to become a prediction and a line of the log."""

    value: Any
    scores: "Sequence[float] | None"
    probabilities: "dict[str, float] | None"
    version: "int | None"
    route: str
    reason: "str | None"
    chance: "float | None" = None  # with which it was drawn who is asked first; None: nothing was drawn


class Live:
    """One configuration, ready to answer. May be used from several threads; does not change.

    Parameters
    ----------
    configuration : Configuration
    limits : Limits
    champion : VersionLink, optional
        None where it was not named or does not load.
    challenger : VersionLink, optional
    fallback : tuple of VersionLink
    shadows : tuple of VersionLink
    rules_first, rules_last : Rules, optional
    problems : tuple of str
        What is wrong with the files.
    """

    def __init__(
        self,
        configuration: "Configuration",
        limits: Limits,
        champion: "VersionLink | None",
        challenger: "VersionLink | None" = None,
        fallback: "tuple[VersionLink, ...]" = (),
        shadows: "tuple[VersionLink, ...]" = (),
        rules_first: "Rules | None" = None,
        rules_last: "Rules | None" = None,
        problems: "tuple[str, ...]" = (),
    ) -> None:
        self.configuration = configuration
        self.limits = limits
        self.champion = champion
        self.challenger = challenger
        self.fallback = fallback
        self.shadows = shadows
        self.problems = problems
        self.key = configuration.key
        self._rules_first = rules_first
        self._rules_last = rules_last
        self._demoted = self._demotion()
        #: Why it is not the champion that is asked first, where it is not.
        self._before = self._demoted or _absence(configuration.champion, champion)
        #: Why no row is answered by the challenger, where it does not load; empty where it does.
        self._no_challenger = _absence(configuration.challenger, challenger) or ""
        main = () if champion is None or self._demoted else (champion,)
        self._chain: "tuple[VersionLink, ...]" = (*main, *fallback)
        schemas = [link.bundle.input for link in (champion, *fallback) if link is not None]
        self.first: "InputSchema | None" = schemas[0] if schemas else None
        #: A row as :meth:`answer` takes it; an InputError for one that the version asked first cannot read.
        self.checked = row_check(self.first)
        # versions that read what the first reads need not look at a row's form again
        self._checked = frozenset(
            link for link in self.links if self.first and link.bundle.input.expected == self.first.expected
        )
        self._baseline = self._baseline_answer()
        self._lot = self._lot_of(configuration)

    @cached_property
    def links(self) -> "tuple[VersionLink, ...]":
        """Every version that is open, champion first, once each."""
        named = (self.champion, self.challenger, *self.fallback, *self.shadows)
        return tuple(dict.fromkeys(link for link in named if link is not None))

    @property
    def columns(self) -> "tuple[str, ...]":
        """Every column that a version reads."""
        return tuple(dict.fromkeys(n for link in self.links for n in link.bundle.input.names))

    @property
    def wanted(self) -> "tuple[str, ...]":
        """Every column that anybody asks for: versions, rules, the split."""
        rules = [name for r in (self._rules_first, self._rules_last) if r is not None for name in r.columns]
        key = [self.key] if self.key is not None else []
        return tuple(dict.fromkeys((*self.columns, *sorted(rules), *key)))

    @cached_property
    def is_quick(self) -> bool:
        """Whether every version that may answer runs in the caller's thread: microseconds, no waiting."""
        return all(link.guarded is None for link in self._answering)

    @cached_property
    def is_ours(self) -> bool:
        """Whether every version that may answer is of our own algorithms, which raise nothing."""
        return self.is_quick and not any(link.explains for link in self._answering)

    @property
    def _answering(self) -> "list[VersionLink]":
        """Every version that may answer a caller."""
        return [link for link in self.links if link not in self.shadows]

    def only(self, version: int) -> "Live":
        """The same configuration with this version and nobody else: no split, no chain, no rules.

        Raises
        ------
        InputError
            Where the version is not open here.
        """
        found = next((link for link in self.links if link.version == version), None)
        if found is None:
            raise InputError(
                f"version {version} of {self.configuration.model} is not published here",
                hint=f"there are: {', '.join(str(link.version) for link in self.links)}",
            )
        alone = replace(
            self.configuration, champion=Link(version, found.bundle.hash), challenger=None, share=0.0,
            fallback=(), shadows=(), baseline=None,
        )  # fmt: skip
        return Live(alone, replace(self.limits, demoted={}, control=0.0), found)

    # -- one row

    def answer(self, row: Mapping[str, Any], id: str) -> Answer:
        """Answer one row, which has been checked."""
        if self._rules_first is not None:
            found = self._rules_first.answer(row)
            if found is not None:
                return _by_rule(self._rules_first, found)
        reason, asked = self._before, self._chain
        arm = None if self._lot is None else self._arm(self.key_of(row), id)
        chance = None if arm is None else arm.chance
        if arm is not None and arm.route == CONTROL:
            return self._untreated(arm)
        if arm is not None and arm.route == CHALLENGER:
            if self.challenger is None:
                reason = _because(reason, self._no_challenger)
            else:
                asked = (self.challenger, *asked)
        for link in asked:
            outcome = link.row(row, link in self._checked)
            if not isinstance(outcome, Refusal):
                return self._by_version(link, outcome, None if link is self.challenger else reason, chance)
            reason = _because(reason, outcome.reason)
            if outcome.past_versions:
                break
        answer = self._without_version(row, reason)
        return answer if chance is None else answer._replace(chance=chance)

    def key_of(self, row: Mapping[str, Any]) -> "str | None":
        """A row's key; None where it has none: chance decides then who answers it."""
        return None if self.key is None else key_of(value_of(row, self.key))

    def _without_version(self, row: Mapping[str, Any], reason: "str | None") -> Answer:
        if self._rules_last is not None:
            found = self._rules_last.answer(row)
            if found is not None:
                return _by_rule(self._rules_last, found, reason)
        return self._by_baseline(reason)

    # -- many rows

    def answer_many(self, table: "Table", ids: "Sequence[str]") -> "list[Answer]":
        """Answer many rows: for each what :meth:`answer` would say."""
        import numpy as np

        batch = _Batch(table.count, self._before)
        if self._rules_first is not None:
            for at in batch.open.tolist():
                found = self._rules_first.answer(table.row(at))
                if found is not None:
                    batch.answers[at] = _by_rule(self._rules_first, found)
            batch.settle()
        arms = self._arms(table, ids, batch)
        if arms is not None:
            for at in batch.open.tolist():
                if arms[at].route == CONTROL:
                    batch.answers[at] = self._untreated(arms[at])
            batch.settle()
            falls = batch.open[np.array([arms[at].route == CHALLENGER for at in batch.open], dtype=bool)]
            if self.challenger is None:
                for at in falls.tolist():
                    batch.reasons[at] = _because(batch.reasons[at], self._no_challenger)
            else:
                self._ask(self.challenger, falls, table, batch)
        for link in self._chain:
            self._ask(link, batch.open, table, batch)
        for at in np.flatnonzero([answer is None for answer in batch.answers]).tolist():
            row = table.row(at) if self._rules_last is not None else {}
            batch.answers[at] = self._without_version(row, batch.reasons[at])
        answers: "list[Answer]" = batch.answers  # type: ignore[assignment]
        if arms is None:
            return answers
        return [a._replace(chance=arms[at].chance) if at in arms else a for at, a in enumerate(answers)]

    def _arms(self, table: "Table", ids: "Sequence[str]", batch: "_Batch") -> "dict[int, Arm] | None":
        """Which arm each row that is open falls to; None where nothing is drawn."""
        if self._lot is None:
            return None
        keys = table.keys(self.key)
        return {at: self._arm(keys[at], ids[at]) for at in batch.open.tolist()}

    def _arm(self, key: "str | None", id: str) -> Arm:
        """Which arm a row falls to: by its key, or by chance where it has none."""
        assert self._lot is not None
        return self._lot.of(id if key is None else key)

    def _ask(self, link: VersionLink, at: "np.ndarray", table: "Table", batch: "_Batch") -> None:
        """Let one version answer some rows; what it does not answer stays open."""
        if not len(at):
            return
        for i, outcome in zip(at.tolist(), link.many(table, at)):
            if isinstance(outcome, Refusal):
                batch.reasons[i] = _because(batch.reasons[i], outcome.reason)
                if outcome.past_versions:
                    batch.past_versions.add(i)
            else:
                first = None if link is self.challenger else batch.reasons[i]
                batch.answers[i] = self._by_version(link, outcome, first)
        batch.settle()

    # -- answers

    def _untreated(self, arm: Arm) -> Answer:
        return self._by_baseline(None)._replace(route=CONTROL, reason=None, chance=arm.chance)

    def _by_version(
        self,
        link: VersionLink,
        scores: "Sequence[float]",
        reason: "str | None",
        chance: "float | None" = None,
    ) -> Answer:
        probabilities = dict(zip(link.labels, scores)) if link.labels else None
        if reason is None and (link is self.champion or link is self.challenger):
            route = "champion" if link is self.champion else "challenger"
        else:
            route = "fallback"
        return Answer(link.decide(scores), scores, probabilities, link.version, route, reason, chance)

    def _by_baseline(self, reason: "str | None") -> Answer:
        if self._baseline is None:
            raise BundleError(
                f"no version of {self.configuration.model} can answer: {reason}",
                hint="`incumbent doctor` says which files are damaged; publish again or roll back",
            )
        probabilities = self._baseline.probabilities
        return self._baseline._replace(
            reason=reason or "no version could be loaded",
            probabilities=None if probabilities is None else dict(probabilities),
        )

    def _baseline_answer(self) -> "Answer | None":
        baseline = self.configuration.baseline
        if baseline is None:
            return None
        probabilities = dict(zip(map(str, baseline.classes), baseline.probabilities)) or None
        scores = list(baseline.probabilities) or None
        return Answer(baseline.value, scores, probabilities, None, "baseline", None)

    def _lot_of(self, configuration: "Configuration") -> "Lot | None":
        named = configuration.challenger
        control = self.limits.control if self._baseline is not None else 0.0
        if control <= 0 and (named is None or configuration.share <= 0):
            return None
        return Lot(configuration.model, "" if named is None else named.hash, configuration.share, control)

    def _demotion(self) -> "str | None":
        """Why the champion must not answer, where core has demoted it."""
        demoted = self.limits.demoted
        if not demoted or self.champion is None or demoted["version"] != self.champion.version:
            return None
        why = demoted.get("why") or "it failed its now-test"
        return f"version {self.champion.version} is set aside: {why}"


class _Batch:
    """Many rows on their way along the chain."""

    def __init__(self, count: int, reason: "str | None") -> None:
        import numpy as np

        self.answers: "list[Answer | None]" = [None] * count
        self.reasons: "list[str | None]" = [reason] * count
        self.past_versions: "set[int]" = set()
        self.open: "np.ndarray" = np.arange(count)

    def settle(self) -> None:
        """Rows that are answered, or that no version may answer, are not open any more."""
        import numpy as np

        answers, past = self.answers, self.past_versions
        still = [answers[i] is None and i not in past for i in self.open.tolist()]
        self.open = self.open[np.array(still, dtype=bool)]


def _absence(named: "Link | None", opened: "VersionLink | None") -> "str | None":
    """That a version which is named does not load, where it does not."""
    if named is None or opened is not None:
        return None
    return f"version {named.version} could not be opened"


def _by_rule(rules: "Rules", found: "Answered", reason: "str | None" = None) -> Answer:
    output = rules.output
    probabilities = dict(zip(output.labels, found.scores)) if output.scores == "probabilities" else None
    why = _because(reason, f"rule: {found.why}")
    return Answer(found.value, found.scores, probabilities, None, "rules", why)


def _because(before: "str | None", now: str) -> str:
    return f"{before}; {now}" if before else now
