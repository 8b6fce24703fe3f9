"""One link of the chain: a version that may answer, with its policy, its breaker and where it runs."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence, Union

from incumbent.algorithms.base import Raised, explained
from incumbent.answering.breaker import Breaker
from incumbent.answering.guarded import Guarded, ModelFailed, ModelStopped, NotThere
from incumbent.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from incumbent.answering.policy import Policy
    from incumbent.answering.table import Table
    from incumbent.bundle import Bundle


class Refusal(NamedTuple):
    """A row that a link has no answer for: why, and whether no other version may answer it either."""

    reason: str
    past_versions: bool = False


Outcome = Union[Sequence[float], Refusal]


class VersionLink:
    """A version that may answer.

    Parameters
    ----------
    version : int
    bundle : Bundle
    breaker : Breaker
    policy : Policy, optional
        None where every value passes.
    strict : bool
        Whether the policy may keep rows from this version (the champion and the challenger; versions of the
        fallback chain take what comes to them).
    guarded : Guarded, optional
        The child process that it runs in; None for the caller's thread.
    """

    def __init__(
        self,
        version: int,
        bundle: "Bundle",
        breaker: Breaker,
        policy: "Policy | None" = None,
        strict: bool = True,
        guarded: "Guarded | None" = None,
    ) -> None:
        self.version = version
        self.bundle = bundle
        self.decide = bundle.output.decider()
        self.labels = bundle.labels if bundle.output.scores == "probabilities" else ()
        self.breaker = breaker
        self.policy = policy
        self.strict = strict
        self.guarded = guarded
        self._algorithm: Any = bundle.algorithm() if guarded is None else guarded
        #: What may raise is asked in a way that tells what it raised; our own algorithms answer at once.
        self.explains = hasattr(self._algorithm, "explained")

    def row(self, row: Mapping[str, Any], checked: bool = False) -> Outcome:
        """Scores of one row, or why there are none.

        Parameters
        ----------
        checked : bool
            Whether the row is known to be of the form that this version reads.
        """
        try:
            if not checked:
                row = self.bundle.input.plain_row(row)
        except InputError as error:
            return Refusal(f"version {self.version}: {error.message}")
        if self.policy is not None:
            row, kept = self.policy.row(row)
            if kept is not None and self.strict:
                return self._kept(kept)
        breaker = self.breaker
        if breaker.count and not breaker.allows():
            return self._left_alone()
        try:
            if self.explains:
                scores, raised = self._explained(row)
                if raised is not None:
                    if raised.refusal and breaker.count:
                        breaker.succeeded()  # it did what estimators do with such a row
                    return self._raised(raised)
            else:
                scores = self._algorithm.predict_row(row)
        except NotThere as error:
            breaker.undecided()
            return Refusal(f"version {self.version}: {error}")
        except Exception as error:
            return self._failed(error)
        if breaker.count:
            breaker.succeeded()
        if all(map(isfinite, scores)):
            return scores
        return Refusal(f"version {self.version} has no answer for this row")

    def many(self, table: "Table", at: "np.ndarray") -> "list[Outcome]":
        """The same for many rows: what :meth:`row` would say of each.

        Parameters
        ----------
        table : Table
        at : ndarray of int
            Which of its rows.
        """
        try:
            columns: Mapping[str, Any] = table.checked(self.bundle.input, at)
        except InputError:  # some rows may still be fit to be read
            return [self.row(table.row(i)) for i in at.tolist()]
        kept: "Mapping[int, Any]" = {}
        if self.policy is not None:
            columns, kept = self.policy.table(columns)
        if not self.breaker.allows():
            found: "list[Outcome]" = [self._left_alone()] * len(at)
        else:
            found = self._scored(columns, table, at)
        if self.strict:
            for i, why in kept.items():
                found[i] = self._kept(why)
        return found

    def _scored(self, columns: "Mapping[str, Any]", table: "Table", at: "np.ndarray") -> "list[Outcome]":
        import numpy as np

        try:
            found, raised = explained(self._algorithm, columns, len(at))
        except NotThere as error:
            self.breaker.undecided()
            return [Refusal(f"version {self.version}: {error}")] * len(at)
        except Exception as error:
            if len(at) > 1 and (self.guarded is None or isinstance(error, ModelFailed)):
                return [self.row(table.row(i)) for i in at.tolist()]  # one of the rows may be to blame
            return [self._failed(error)] * len(at)
        matrix = np.asarray(found).reshape(len(at), -1)
        sound = np.isfinite(matrix).all(axis=1)
        failed = any(not told.refusal for told in raised.values())
        if self.breaker.count and (sound.any() or not failed):
            self.breaker.succeeded()
        listed: "list[Outcome]" = list(matrix.tolist())
        for i in np.flatnonzero(~sound).tolist():
            listed[i] = self._raised(raised.get(i), counts=not sound.any())
        return listed

    def _explained(self, row: Mapping[str, Any]) -> "tuple[list[float], Raised | None]":
        """Scores of one row, and what was raised for it."""
        from incumbent.columns import column

        schema = self.bundle.input
        columns = schema.check_columns({name: column([row[name]]) for name in schema.names})
        found, raised = self._algorithm.explained(columns, 1)
        return found.ravel().tolist(), raised.get(0)

    def _raised(self, raised: "Raised | None", counts: bool = True) -> Refusal:
        """No answer for a row; where the code failed, the breaker hears of it."""
        if raised is not None and not raised.refusal:
            if counts:
                self.breaker.failed(raised.why)
            return Refusal(f"version {self.version}: {raised.why}")
        why = f": {raised.why}" if raised is not None else ""
        return Refusal(f"version {self.version} has no answer for this row{why}")

    def _failed(self, error: Exception) -> Refusal:
        known = isinstance(error, (ModelFailed, ModelStopped))
        why = str(error) if known else f"{type(error).__name__}: {error}"
        self.breaker.failed(why)
        return Refusal(f"version {self.version}: {why}")

    def _left_alone(self) -> Refusal:
        """Without what was raised: it may speak of the row for which it was, which is another caller's."""
        return Refusal(f"version {self.version} is left alone after {self.breaker.count} failures in a row")

    def _kept(self, kept: Any) -> Refusal:
        return Refusal(f"{kept.reason}, so version {self.version} was not asked", kept.to == "rules")

    def status(self) -> "dict[str, Any]":
        """Where it runs and how it does."""
        return {
            "version": self.version,
            "algorithm": self.bundle.manifest.algorithm,
            "runs": "here" if self.guarded is None else f"in a child process, {self.guarded.state}",
            "breaker": self.breaker.state,
            "failures": self.breaker.count,
            "last": self.breaker.last or None,
        }

    def after_fork(self) -> None:
        """In a forked child: no lock or process of the parent's is used."""
        self.breaker.after_fork()
        if self.guarded is not None:
            self.guarded.after_fork()
