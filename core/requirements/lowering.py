"""Whether a requirement asks less than before: the part of a change that needs a reason."""

from __future__ import annotations

from collections.abc import Sequence

from core.metrics.metric import Direction
from core.statistics.limits import Limits, window_bounds
from incumbent.errors import RefusedError


def weakenings(before: Limits, after: Limits | None, direction: Direction) -> list[str]:
    """What a change asks less of, in words; empty where it asks as much or more.

    Parameters
    ----------
    before : Limits
    after : Limits or None
        None: no requirement any more.
    direction : str
        Of the metric; decides what a weaker ``mean`` is.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> old = SimpleNamespace(min=0.7, max=None, mean=0.75, range=None)
    >>> new = SimpleNamespace(min=0.6, max=None, mean=0.8, range=None)
    >>> weakenings(old, new, "higher")
    ['min from 0.7 to 0.6']
    >>> weakenings(new, None, "higher")
    ['no min any more (0.6)', 'no mean any more (0.8)']
    """
    lowest, highest = window_bounds(before)
    now_lowest, now_highest = (None, None) if after is None else window_bounds(after)
    found = []
    for was, now, sign in ((lowest, now_lowest, 1.0), (highest, now_highest, -1.0)):
        if was is None:
            continue
        name, value = was
        if now is None:
            found.append(f"no {name} any more ({value:g})")
        elif sign * now[1] < sign * value:
            found.append(f"{name} from {value:g} to {now[1]:g}")
    return [*found, *_mean(before.mean, None if after is None else after.mean, direction)]


def _mean(was: float | None, now: float | None, direction: Direction) -> list[str]:
    if was is None:
        return []
    if now is None:
        return [f"no mean any more ({was:g})"]
    weaker = {"higher": now < was, "lower": now > was}.get(direction, abs(now) > abs(was))
    return [f"mean from {was:g} to {now:g}"] if weaker else []


def need_reason(what: str, weaker: Sequence[str], why: str) -> None:
    """Refuse what asks less without saying why.

    Raises
    ------
    RefusedError
        Where something is weaker and ``why`` is empty.
    """
    if weaker and not why.strip():
        raise RefusedError(
            f"{what} would ask less: {', '.join(weaker)}",
            hint="lowering a requirement needs a reason, which is kept: --reason WHY",
        )
