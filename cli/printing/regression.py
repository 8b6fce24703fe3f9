"""A regression check: what passed, and the cases that failed."""

from __future__ import annotations

from typing import Any

from cli.output import print_text
from cli.printing.words import verdict_words


def print_regression(document: dict[str, Any], note: str) -> None:
    """The verdict, a line a version, the first failures."""
    print_text(f"{verdict_words(document['verdict'])}  {document['model']} {note}")
    for version in document["versions"]:
        print_text(f"  v{version['version']} through its {version['through']}: {version['note']}")
    for failed in document["failed"][:20]:
        what = f"case {failed['case']}" if failed["case"] is not None else "the cases together"
        print_text(f"  {what} (v{failed['version']}): {failed['reason']}")
