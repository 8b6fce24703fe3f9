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

#: Rows times trees that numpy is given before numba is loaded (about half a second of work).
PATIENCE = 10_000_000
#: The same of rows that come one by one, which plain Python is given.
ROW_PATIENCE = 1_000_000

log = logging.getLogger("incumbent")

_kernels = Compiled(
    {
        "rank": kernels.rank,
        "sum_masks": kernels.sum_masks,
        "sum_walk": kernels.sum_walk,
        "walk_row": kernels.walk_row,
    }
)
_lock = threading.Lock()
_state: "dict[str, Any]" = {"choice": "auto", "done": 0, "rows": 0}


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
    if choice == "auto":
        with _lock:
            _state["done"] += work
            early = _state["done"] < PATIENCE and not _kernels.settled
        if early:
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
    _state["rows"] += trees
    if choice == "numpy" or _state["rows"] < ROW_PATIENCE:
        return False
    threading.Thread(target=_hand_over, args=(name, ready), name="incumbent compiles", daemon=True).start()
    return True


def _hand_over(name: str, ready: "Callable[[Callable[..., None]], None]") -> None:
    try:
        with LOADING:
            found = _kernels.wait()
            if found is not None:
                ready(found[name])
    except Exception as error:  # plain Python goes on doing the work
        log.warning("trees are not compiled for single rows: %s", error)
