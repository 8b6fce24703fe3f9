"""``incumbent production limits``: limits as they are shown."""

from __future__ import annotations

import json
from typing import Any

from cli.output import print_table, print_text
from core.production_limits import flat


def print_limits(found: dict[str, Any]) -> None:
    """Everything that was set, one a line; what was not set is the default."""
    limits = found["limits"]
    print_text(f"{found['model']} at {found['site']}   (revision {found['revision']})")
    rows = [
        [name, json.dumps(value, ensure_ascii=False)]
        for name, value in sorted(flat({k: v for k, v in limits.items() if k != "rules"}))
    ]
    if not rows and not limits.get("rules"):
        print_text("nothing is set: every value passes, and the defaults of docs/EMBED.md hold")
    if rows:
        print_table(["LIMIT", "VALUE"], rows)
    for at, rule in enumerate(limits.get("rules", ())):
        first = "first " if rule.get("first") else ""
        why = f"   ({rule['why']})" if rule.get("why") else ""
        print_text(f"rule {at} {first}when {rule['when']} answer {rule['answer']}{why}")
