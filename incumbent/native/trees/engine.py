"""Which engine sums the trees: numpy (for one row Python), or loops compiled by numba (the extra ``fast``).

Compiling costs a few seconds once (numba keeps the result where its cache can be written), so numba is only
called upon where there is work enough to repay it.
"""

from __future__ import annotations

import logging
import threading
from importlib.util import find_spec
from typing import Any, Callable

from incumbent.compiled import LOADING, Compiled
from incumbent.native.trees import kernels

#: Rows times trees that go without numba before it is loaded (about half a second of work): those that come
#: many at a time, which numpy is given, and those that come one by one, which plain Python is given.
PATIENCE = {"many": 10_000_000, "one": 1_000_000}

log = logging.getLogger("incumbent")

_kernels = Compiled(
    {
        "rank": kernels.rank,
        "sum_masks": kernels.sum_masks,
        "sum_walk": kernels.sum_walk,
        "walk_row": kernels.walk_row,
    }
)
_state: "dict[str, Any]" = {"choice": "auto"}
_done = dict.fromkeys(PATIENCE, 0)


def choose(name: str) -> None:
    """Settle the engine: ``auto``, ``numpy`` or ``numba``.

    Raises
    ------
    ValueError
        For another name, or for ``numba`` where it is not installed.
    """
    if name not in ("auto", "numpy", "numba"):
        raise ValueError(f"no engine is called {name!r}: auto, numpy or numba")
    if name == "numba" and not available():
        raise ValueError("numba is not installed (pip install 'incumbent[fast]')")
    _state["choice"] = name


def engine() -> str:
    """The engine that the next big batch would use: ``numba`` or ``numpy``.

    Examples
    --------
    >>> engine() in ("numba", "numpy")
    True
    """
    return "numpy" if _state["choice"] == "numpy" or not available() else "numba"


def available() -> bool:
    """Whether numba can be used here."""
    return _kernels.wait() is not None if _kernels.settled else find_spec("numba") is not None


def kernel(name: str, work: int) -> "Callable[..., None] | None":
    """The compiled kernel of this name for ``work`` rows times trees, or None where numpy shall do it."""
    choice = _state["choice"]
    if choice == "numpy":
        return None
    if choice == "auto" and not _repays("many", work) and not _kernels.settled:
        return None
    found = _kernels.wait() if choice == "numba" else _kernels.at_hand()
    return None if found is None else found[name]


def row_kernel(name: str, trees: int, ready: "Callable[[Callable[..., None]], None]") -> bool:
    """Have a kernel for single rows handed to ``ready``, once there was work enough to repay it.

    Nobody waits for it: a thread loads numba and calls ``ready``, which compiles by calling. Where ``numba``
    was chosen, that happens at once.

    Parameters
    ----------
    name : str
    trees : int
        That another row is about to walk.
    ready : callable

    Returns
    -------
    bool
        Whether there is nothing more to ask for.
    """
    choice = _state["choice"]
    if choice == "numba":
        ready(_kernels.wait()[name])  # type: ignore[index]  # it is there: choose() has looked
        return True
    if choice == "numpy" or not _repays("one", trees):
        return False
    threading.Thread(target=_hand_over, args=(name, ready), name="incumbent compiles", daemon=True).start()
    return True


def _repays(coming: str, work: int) -> bool:
    """Count ``work`` rows times trees that come this way; whether there were enough to repay compiling.

    Without a lock, which a child might inherit taken: a count that two threads lose is soon made up.
    """
    _done[coming] += work
    return _done[coming] >= PATIENCE[coming]


def _hand_over(name: str, ready: "Callable[[Callable[..., None]], None]") -> None:
    try:
        with LOADING:
            found = _kernels.wait()
            if found is not None:
                ready(found[name])
    except Exception as error:  # plain Python goes on doing the work
        log.warning("trees are not compiled for single rows: %s", error)
