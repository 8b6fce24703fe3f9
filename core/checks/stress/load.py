"""The load to expect: what was given, else the peak of the prediction log, else a guess that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incumbent.errors import UsageError

if TYPE_CHECKING:
    from core.runs import RunContext

#: Predictions a second where nobody knows.
DEFAULT_RATE = 10.0
FACTOR = 10.0
SECONDS = 10.0
LONGEST = 3_600.0


@dataclass(frozen=True)
class Load:
    """What is expected (predictions a second), how many times that is tested, and for how long a version."""

    expected: float
    source: str
    factor: float
    seconds: float

    @property
    def tested(self) -> float:
        """Predictions a second that are tested."""
        return self.expected * self.factor

    def document(self) -> dict[str, Any]:
        return {**vars(self), "tested": self.tested}


def load_of(context: RunContext) -> Load:
    """The load that a run's arguments and the prediction log say.

    Raises
    ------
    UsageError
        For a rate, a factor or a time that is no positive number.
    """
    arguments = context.run.arguments
    factor = positive(arguments, "factor", FACTOR)
    seconds = positive(arguments, "seconds", SECONDS)
    if seconds > LONGEST:
        raise UsageError(f"seconds is {seconds:g}: a stress test takes an hour at most", hint="ask for less")
    if arguments.get("rate") is not None:
        return Load(positive(arguments, "rate", DEFAULT_RATE), "as given", factor, seconds)
    peak = _peak(context)
    if peak is not None and peak > 0:
        return Load(peak, "the peak of the prediction log", factor, seconds)
    return Load(DEFAULT_RATE, "a guess: there is no prediction log, --rate says it", factor, seconds)


def positive(arguments: Mapping[str, Any], name: str, default: float) -> float:
    """A positive number among a run's arguments; the default where it is not given.

    Raises
    ------
    UsageError
        Where it is no positive number (nan is none).
    """
    value = arguments.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise UsageError(
            f"{name} is {value!r}: it takes a number above 0 and below 1e9", hint=f"such as {default:g}"
        )
    return float(value)


def _peak(context: RunContext) -> float | None:
    """Predictions a second in the busiest stretch of the log, or None without one."""
    from core.traffic import Traffic

    rate = Traffic.open(context.workspace, context.store, str(context.run.model)).rate()
    return None if rate is None else float(rate.peak)
