"""How many workers a load needs: the M/M/c queue.

Arrivals at random (Poisson) to ``c`` equal workers with one queue; service times taken as exponential, which
is on the safe side for predictions, whose times vary less. Erlang's formula for the chance to wait, and the
exponential tail of the wait, are in Kleinrock, "Queueing Systems", vol. 1 (1975), section 3.5.
"""

from __future__ import annotations

import math

#: Of what the workers can do together, no more is planned with than this.
MOST_UTILISATION = 0.7
MOST_WORKERS = 10_000


def chance_to_wait(workers: int, offered: float) -> float:
    """Erlang's C: the share of arrivals that find all workers busy.

    Parameters
    ----------
    workers : int
    offered : float
        Arrival rate times the mean service time; below ``workers``.

    Examples
    --------
    >>> round(chance_to_wait(1, 0.7), 6)  # of one worker: its utilisation
    0.7
    >>> round(chance_to_wait(3, 2.0), 4)
    0.4444
    """
    blocked = 1.0  # Erlang's B, by its recursion: no factorials
    for count in range(1, workers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return workers * blocked / (workers - offered * (1 - blocked))


def wait_quantile(workers: int, rate: float, service: float, share: float) -> float:
    """The wait, in seconds, that so large a share of the arrivals does not exceed.

    Parameters
    ----------
    rate : float
        Arrivals a second, below ``workers / service``.
    service : float
        Seconds, on average.

    Examples
    --------
    >>> wait_quantile(1, 50.0, 0.01, 0.5)  # half of them do not wait at all
    0.0
    >>> round(wait_quantile(1, 50.0, 0.01, 0.99), 4)
    0.0782
    """
    waiting = chance_to_wait(workers, rate * service)
    if waiting <= 1 - share:
        return 0.0
    return math.log(waiting / (1 - share)) / (workers / service - rate)


def workers_needed(
    rate: float,
    service: float,
    limits: "dict[float, float] | None" = None,
    alone: "dict[float, float] | None" = None,
) -> int | None:
    """The fewest workers that carry a load at no more than 70 % utilisation and within the latency limits.

    Parameters
    ----------
    rate : float
        Arrivals a second.
    service : float
        Seconds that a prediction takes on average.
    limits : dict, optional
        Quantile to the seconds that it may be.
    alone : dict, optional
        The same quantiles of the service time itself; added to those of the wait.

    Returns
    -------
    int or None
        None where no number of workers keeps the limits, because the service alone breaks them.

    Examples
    --------
    >>> workers_needed(100.0, 0.02)
    3
    >>> workers_needed(100.0, 0.02, {0.99: 0.03}, {0.99: 0.025})
    6
    >>> workers_needed(100.0, 0.02, {0.99: 0.01}, {0.99: 0.025}) is None
    True
    """
    limits, alone = limits or {}, alone or {}
    if any(alone.get(share, service) > most for share, most in limits.items()):
        return None
    fewest = max(1, math.ceil(rate * service / MOST_UTILISATION - 1e-9))
    for workers in range(fewest, max(fewest + 1, MOST_WORKERS)):
        waits = {share: wait_quantile(workers, rate, service, share) for share in limits}
        if all(waits[share] + alone.get(share, service) <= most for share, most in limits.items()):
            return workers
    return None
