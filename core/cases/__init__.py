"""Cases of regression tests: added, imported, looked at again, and what they expect changed."""

from core.cases.accepting import accept
from core.cases.age import LOOK_AFTER_DAYS, look_due, review
from core.cases.files import Imported, as_csv, export, export_csv, import_file
from core.cases.keeping import add, document, listing, remove, restore
from core.cases.taking import ORIGINS, typed
from core.cases.weak_spots import add_from_run

__all__ = [
    "LOOK_AFTER_DAYS",
    "ORIGINS",
    "Imported",
    "accept",
    "add",
    "add_from_run",
    "as_csv",
    "document",
    "export",
    "export_csv",
    "import_file",
    "listing",
    "look_due",
    "remove",
    "restore",
    "review",
    "typed",
]
