"""One stage of a challenge, and what all stages are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from core.runs import RunContext
from core.spec import ModelSpec
from store.records import Run, Version

if TYPE_CHECKING:
    from core.challenge.contest import Contest
    from core.challenge.recipe import Inherited

StageVerdict = Literal["pass", "warn", "fail", "thin", "error", "skipped"]


@dataclass(frozen=True)
class Stage:
    """What came of one stage.

    Parameters
    ----------
    stage : str
    verdict : str
        Of a check, or ``skipped``.
    reason : str
        One line for people.
    run : int, optional
        The run that has the evidence, where the stage is one.
    seconds : float
    optional : bool
        Skipped because there is nothing to test, and so no reason to doubt the version. What was skipped for
        another reason leaves the challenge undecided.
    meaningless : bool
        The version cannot be opened: no later stage would say anything.
    evidence : mapping
        Figures, plain data.
    """

    stage: str
    verdict: StageVerdict
    reason: str
    run: int | None = None
    seconds: float = 0.0
    optional: bool = False
    meaningless: bool = False
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As ``challenge --json`` lists it."""
        found: dict[str, Any] = {
            "stage": self.stage,
            "verdict": self.verdict,
            "reason": self.reason,
            "run": self.run,
            "seconds": round(self.seconds, 3),
        }
        return {**found, "evidence": dict(self.evidence)} if self.evidence else found


@dataclass
class Challenge:
    """A version on trial: what every stage is given, and what earlier stages found.

    Attributes
    ----------
    context : RunContext
        Of the challenge's own run.
    spec : ModelSpec
    version : Version
    champion : int or None
        The version in production at ``local``.
    opponent : int or None
        Whom it has to beat: the champion; the trivial baseline where nobody serves; None for the champion
        itself.
    runs : dict of str to Run
        The runs of the stages so far, by kind, with their documents.
    contest : Contest or None
        What the back-test found, once it has been carried out.
    inherited : Inherited or None
        The verdict of its recipe, where it has too few rows of its own to be judged by (rule 6).
    """

    context: RunContext
    spec: ModelSpec
    version: Version
    champion: int | None
    opponent: int | None
    runs: dict[str, Run] = field(default_factory=dict)
    contest: Contest | None = None
    inherited: Inherited | None = None

    @property
    def model(self) -> str:
        """The model's name."""
        return self.version.model

    @property
    def number(self) -> int:
        """The version's number."""
        return self.version.number

    @property
    def recorded(self) -> bool:
        """Whether nobody can run the version: a column of stored predictions."""
        return self.version.algorithm == "recorded"
