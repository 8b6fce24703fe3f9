"""Regression and software tests: what failed, then each version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from core.wording import figure
from tui.glyphs import verdict

#: Failing cases that are listed; the command line has them all.
_MOST = 60


def regression_text(document: Mapping[str, Any], width: int) -> Text:
    """The versions, then the cases that fail, with what was expected and what came."""
    text = Text()
    _versions(text, document)
    failed = document.get("failed") or ()
    if failed:
        text.append("\nCases that fail\n", "bold")
    for case in failed[:_MOST]:
        where = f"v{case['version']} " if case.get("version") is not None else ""
        name = "the cases together" if case.get("case") is None else f"case {case['case']}"
        text.append(f"\n ✗ {where}{name}", "bold").append(f"  {case['reason']}\n")
        for key, value in case.items():
            if key not in ("case", "version", "reason", "verdict") and value not in (None, "", (), [], {}):
                text.append(f"     {key.replace('_', ' '):<10} {_shown(value)}\n", "dim")
    if len(failed) > _MOST:
        text.append(f"\n {_MOST} of {len(failed)} shown\n", "dim")
    return text


def software_text(document: Mapping[str, Any], width: int) -> Text:
    """How the command ended for each version, and the end of what it said."""
    text = Text()
    _versions(text, document)
    for version in document.get("versions", ()):
        text.append(f"\nv{version['version']}\n", "bold")
        for name in ("command", "exit_code", "exit", "seconds"):
            if version.get(name) is not None:
                text.append(f"   {name.replace('_', ' '):<10} ", "dim").append(f"{_shown(version[name])}\n")
        output = version.get("output") or ()
        lines = output.splitlines() if isinstance(output, str) else list(output)
        for line in lines:
            text.append(f"   │ {line}\n", "dim")
    return text


def _versions(text: Text, document: Mapping[str, Any]) -> None:
    for version in document.get("versions", ()):
        word, style = verdict(version["verdict"])
        text.append(f" {word}", style).append(f"  v{version['version']}: {version.get('note', '')}\n")


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return figure(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_shown(v)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_shown, value))
    return str(value)
