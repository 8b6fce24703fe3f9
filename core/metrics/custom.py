"""A model's own metrics: what its metrics file defines, found by reading the file, never by running it.

Every public function of three parameters, ``(actual, predicted, rows)``, is a metric, called by its own name
or as ``metrics.name``. Three optional constants say more of them, as literals::

    GREATER_IS_BETTER = {"profit": True, "refunds": False}
    TOTALS = {"profit"}                  # grows with the rows, as a sum does
    BOUNDS = {"refunds": (0, None)}      # the values that it can take

The functions themselves run in a child process (:mod:`core.checks.own_metrics`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.metrics.metric import Metric
from incumbent.errors import UsageError

if TYPE_CHECKING:
    from core.spec import ModelSpec

PREFIX = "metrics."


@dataclass(frozen=True)
class CustomMetrics:
    """What a metrics file defines; without one, nothing.

    Parameters
    ----------
    path : str
        The file; empty where the model has none.
    digest : str
        Of the file, and of the modules that it imports from its own folder.
    functions : tuple of Metric
        Named ``metrics.NAME``.
    totals : tuple of str
        Names of those whose values grow with the rows.
    others : mapping of str to str
        Public functions that are no metrics → why.
    """

    path: str = ""
    digest: str = ""
    functions: tuple[Metric, ...] = ()
    totals: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Their canonical names."""
        return tuple(metric.name for metric in self.functions)

    def find(self, name: str) -> Metric | None:
        """The metric of this name, with or without ``metrics.``."""
        wanted = name if name.startswith(PREFIX) else PREFIX + name
        return next((metric for metric in self.functions if metric.name == wanted), None)

    def missing(self, name: str) -> UsageError:
        """What to say of a name that begins with ``metrics.`` and is none of them."""
        bare = name.removeprefix(PREFIX)
        if not self.path:
            return UsageError(
                f"no metric is called {name!r}: the model has no metrics file",
                hint='write the functions in a file and name it in the spec: metrics = "metrics.py"',
            )
        file = Path(self.path).name
        if bare in self.others:
            return UsageError(f"{bare} in {file} is no metric: {self.others[bare]}", hint=SIGNATURE)
        from difflib import get_close_matches

        own = [n.removeprefix(PREFIX) for n in self.names]
        close = get_close_matches(bare, own, n=1)
        hint = f"did you mean {PREFIX}{close[0]}?" if close else f"it defines {', '.join(own) or 'none'}"
        return UsageError(f"{file} defines no metric {bare!r}", hint=hint)


SIGNATURE = "a metric is a function of (actual, predicted, rows) that returns a number"

#: What a model without a metrics file has.
NO_CUSTOM = CustomMetrics()


def custom_metrics(spec: ModelSpec, root: Path) -> CustomMetrics:
    """The metrics that a model's metrics file defines.

    Parameters
    ----------
    spec : ModelSpec
    root : Path
        The workspace, which its paths are relative to.

    Raises
    ------
    UsageError
        The file is missing, is no Python, or says of its functions what makes no sense.
    """
    if spec.metrics is None:
        return NO_CUSTOM
    from core.metrics.metrics_file import read_metrics_file  # parses Python: not for who has no such file

    return read_metrics_file(root / spec.metrics)
