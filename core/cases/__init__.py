"""Cases of regression tests: added, imported, looked at again, and what they expect changed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.cases.accepting import accept
    from core.cases.age import LOOK_AFTER_DAYS, look_due, review
    from core.cases.files import Imported, as_csv, export, export_csv, import_file
    from core.cases.keeping import add, document, listing, remove, restore
    from core.cases.taking import ORIGINS, typed
    from core.cases.weak_spots import add_from_run

__all__ = [
    "LOOK_AFTER_DAYS", "ORIGINS", "Imported", "accept", "add", "add_from_run", "as_csv", "document", "export",
    "export_csv", "import_file", "listing", "look_due", "remove", "restore", "review", "typed",
]  # fmt: skip

#: Where each name lies. Imported when it is first asked for: the overview wants an age and nothing else.
_PLACES = {
    "accepting": ("accept",),
    "age": ("LOOK_AFTER_DAYS", "look_due", "review"),
    "files": ("Imported", "as_csv", "export", "export_csv", "import_file"),
    "keeping": ("add", "document", "listing", "remove", "restore"),
    "taking": ("ORIGINS", "typed"),
    "weak_spots": ("add_from_run",),
}


def __getattr__(name: str) -> Any:
    for place, held in _PLACES.items():
        if name in held:
            return getattr(import_module(f"core.cases.{place}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
