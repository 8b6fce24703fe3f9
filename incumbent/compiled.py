"""Loops that numba compiles (the extra ``fast``): one thread loads it, and the others go on without."""

from __future__ import annotations

import os
import threading
from typing import Any, Callable, Mapping

Loops = Mapping[str, Callable[..., Any]]

#: Held while numba is loaded, or compiles for somebody who waits.
LOADING = threading.RLock()
if hasattr(os, "register_at_fork"):  # a child must not inherit a compiler that is at work
    os.register_at_fork(
        before=LOADING.acquire, after_in_parent=LOADING.release, after_in_child=LOADING.release
    )


class Compiled:
    """Plain functions, each of which numba compiles when it is first called.

    Parameters
    ----------
    functions : mapping of str to callable

    Examples
    --------
    >>> loops = Compiled({"double": lambda values: 2 * values}).wait()
    >>> loops is None or loops["double"](3.0)  # None where numba is not installed
    6.0
    """

    def __init__(self, functions: Loops) -> None:
        self._functions = functions
        self._loops: "Loops | None" = None
        self.settled = False  # whether it is known if numba loads here

    def wait(self) -> "Loops | None":
        """The compiled functions; None where numba is missing or does not load here."""
        if not self.settled:
            with LOADING:
                self._load()
        return self._loops

    def at_hand(self) -> "Loops | None":
        """The same, but None while another thread loads numba: that takes as long as much work without it."""
        if not self.settled:
            if not LOADING.acquire(blocking=False):
                return None
            try:
                self._load()
            finally:
                LOADING.release()
        return self._loops

    def _load(self) -> None:
        if self.settled:
            return
        try:
            from numba import njit
        except ImportError:  # missing, or built for another numpy
            self.settled = True
            return
        try:
            compile_: "dict[str, Any]" = {"nogil": True, "cache": True}
            self._loops = {name: njit(**compile_)(loop) for name, loop in self._functions.items()}
        except RuntimeError:  # no folder for its cache can be written: compile in memory
            compile_["cache"] = False
            self._loops = {name: njit(**compile_)(loop) for name, loop in self._functions.items()}
        njit(**compile_)(_nothing)()  # the first call loads most of numba: here, where nobody waits for it
        self.settled = True


def _nothing() -> None:
    return None
