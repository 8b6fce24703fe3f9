"""``incumbent production limits``: limits as they are written and shown."""

from __future__ import annotations

import json
from typing import Any

from cli.output import print_table, print_text
from incumbent.errors import UsageError


def setting(text: str) -> tuple[str, Any]:
    """A limit as people write it: its name, and a value that is JSON where it can be read as such.

    Examples
    --------
    >>> setting("timeout_ms=500"), setting("columns.*.null=fallback"), setting("isolate=false")
    (('timeout_ms', 500), ('columns.*.null', 'fallback'), ('isolate', False))
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{text!r} sets nothing", hint="write LIMIT=VALUE, e.g. timeout_ms=500")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def print_limits(found: dict[str, Any]) -> None:
    """Everything that was set, one a line; what was not set is the default."""
    limits = found["limits"]
    print_text(f"{found['model']} at {found['site']}   (revision {found['revision']})")
    rows = [
        [name, json.dumps(value, ensure_ascii=False)]
        for name, value in sorted(_flat("", {k: v for k, v in limits.items() if k != "rules"}))
    ]
    if not rows and not limits.get("rules"):
        print_text("nothing is set: every value passes, and the defaults of docs/EMBED.md hold")
    if rows:
        print_table(["LIMIT", "VALUE"], rows)
    for at, rule in enumerate(limits.get("rules", ())):
        first = "first " if rule.get("first") else ""
        why = f"   ({rule['why']})" if rule.get("why") else ""
        print_text(f"rule {at} {first}when {rule['when']} answer {rule['answer']}{why}")


def _flat(prefix: str, limits: dict[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for name, value in limits.items():
        if isinstance(value, dict):
            found += _flat(f"{prefix}{name}.", value)
        else:
            found.append((f"{prefix}{name}", value))
    return found
