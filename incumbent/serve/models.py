"""The models of a site folder, each with a predictor that stays open."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path
from typing import Any, Callable, Mapping

from incumbent.answering.loading import stamp_of
from incumbent.errors import IncumbentError, WorkError
from incumbent.predictor import Predictor
from incumbent.serve.replies import Fault

#: Seconds between two looks for models that are new in the folder.
LOOK_SECONDS = 1.0
#: Seconds until a model that could not be opened, and has not changed since, is tried again.
RETRY_SECONDS = 30.0
#: What a model's folder can be called, so that no path leads out of the site.
_NAME = re.compile(r"[\w][\w.-]{0,199}")


class Models:
    """Predictors by the name of their model.

    Parameters
    ----------
    site : str or Path
        A folder of published folders, or one of those: then there is one model, named as its configuration
        says.
    asleep : bool
        Start no child process of what is there now: somebody wakes it (:meth:`wake`).

    Raises
    ------
    WorkError
        Where nothing is published.
    """

    def __init__(self, site: "str | Path", asleep: bool = False) -> None:
        self.site = Path(site)
        self._open: "dict[str, Predictor]" = {}
        self._broken: "dict[str, str]" = {}
        self._tried: "dict[str, tuple[Any, float]]" = {}
        self._lock = threading.Lock()
        self._looked = 0.0
        self._arrived: "list[Callable[[str], None]]" = []
        self._asleep = asleep
        self._awake: "set[str]" = set()
        self._single = _is_published(self.site)
        self.look()
        self._asleep = False
        if not self._open:
            why = "; ".join(f"{name}: {reason}" for name, reason in self._broken.items())
            raise WorkError(
                f"nothing is published at {self.site}" + (f" that can be opened: {why}" if why else ""),
                hint='put a version there: `incumbent production swap MODEL VERSION --reason "..."`',
            )

    @property
    def names(self) -> "tuple[str, ...]":
        """Every model that is served."""
        return tuple(sorted(self._open))

    def __len__(self) -> int:
        """How many models are served."""
        return len(self._open)

    @property
    def broken(self) -> "Mapping[str, str]":
        """Models that are published but cannot be opened, and why."""
        return dict(self._broken)

    def __contains__(self, name: str) -> bool:
        return name in self._awake

    @property
    def is_due(self) -> bool:
        """Whether the last look is so long ago that there may be something new."""
        return time.monotonic() - self._looked > LOOK_SECONDS

    def get(self, name: str) -> Predictor:
        """The predictor of a model.

        Raises
        ------
        Fault
            404 where there is none, 503 where it cannot be opened.
        """
        found = self._open.get(name)
        if found is not None:
            return found
        if name in self._broken:
            raise Fault(503, f"the model {name!r} cannot be opened: {self._broken[name]}")
        raise Fault(404, f"there is no model {name!r}", f"there are: {', '.join(self.names)}")

    def only(self) -> str:
        """The name of the one model that there is.

        Raises
        ------
        Fault
            404 where there are several.
        """
        if len(self._open) != 1:
            raise Fault(404, "several models are served here", f"name one of them: {', '.join(self.names)}")
        return next(iter(self._open))

    def on_arrival(self, tell: "Callable[[str], None]") -> None:
        """Have a function told of every model, those that are there and those that come."""
        self._arrived.append(tell)
        for name in self.names:
            tell(name)

    def look(self) -> None:
        """Open what has been published since the last look, which takes as long as models take to load."""
        with self._lock:
            self._looked = time.monotonic()
            for name, folder in self._published():
                if name not in self._open:
                    self._try(name, folder)

    def _published(self) -> "list[tuple[str, Path]]":
        if self._single:
            return [("", self.site)]
        try:
            folders = sorted(self.site.iterdir())
        except OSError as error:
            raise WorkError(
                f"{self.site} cannot be read: {error.strerror}", hint="name a site's folder"
            ) from None
        return [(f.name, f) for f in folders if _NAME.fullmatch(f.name) and _is_published(f)]

    def _try(self, name: str, folder: Path) -> None:
        if not name and self._open:
            return
        stamp, now = stamp_of(folder), time.monotonic()
        before, at = self._tried.get(name, (None, 0.0))
        if before == stamp and now - at < RETRY_SECONDS:
            return
        self._tried[name] = stamp, now
        try:
            predictor = Predictor(folder, asleep=self._asleep)
        except (IncumbentError, OSError) as error:
            self._broken[name or folder.name] = str(error)
            return
        name = name or predictor.configuration.model
        self._open[name] = predictor
        self._awake.add(name)
        self._broken.pop(name, None)
        for tell in self._arrived:
            tell(name)

    def asleep(self) -> "tuple[str, ...]":
        """Models of which child processes are to be started, as after a fork: :meth:`wake` does it.

        Until then they are not among those that can be asked (``in``).
        """
        found = tuple(name for name, predictor in self._open.items() if predictor.is_asleep)
        self._awake.difference_update(found)
        return found

    def wake(self, name: str) -> None:
        """Start what runs in child processes of one model."""
        try:
            self._open[name].wake()
        finally:
            self._awake.add(name)

    def close(self) -> None:
        """Write what waits to be logged, and let everything go."""
        for predictor in self._open.values():
            predictor.close()


def _is_published(folder: Path) -> bool:
    return (folder / "current.json").is_file()
