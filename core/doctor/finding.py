"""One thing that is not as it should be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from incumbent.errors import IncumbentError


@dataclass(frozen=True)
class Finding:
    """What, where, and what to do next."""

    subject: str  # "flights v3 at local"
    severity: Literal["problem", "notice"]
    message: str
    hint: str = ""

    def document(self) -> dict[str, Any]:
        """As ``doctor --json`` lists it."""
        return asdict(self)


def problem(subject: str, error: IncumbentError, hint: str = "") -> Finding:
    """A finding of what an error says."""
    return Finding(subject, "problem", error.message, hint or error.hint)
