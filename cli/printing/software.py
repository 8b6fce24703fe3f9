"""A software test: what it said of each version, and the end of what a failed one printed."""

from __future__ import annotations

from typing import Any

from cli.output import print_text
from cli.printing.words import verdict_words

#: Lines of a failed test's output that are printed; the run's log has all.
MOST_LINES = 15


def print_software(document: dict[str, Any], note: str) -> None:
    """The verdict, a line a version, the last lines of what failed."""
    print_text(f"{verdict_words(document['verdict'])}  {document['model']} {note}")
    print_text(f"  {document['command']}  (in {document['folder']})")
    for version in document["versions"]:
        print_text(f"  v{version['version']} {verdict_words(version['verdict'])}: {version['note']}")
        if version["verdict"] != "pass":
            for line in version.get("output", "").splitlines()[-MOST_LINES:]:
                print_text(f"    {line}")
