"""Writes the parts of the docs that the code knows better: the tables of MAP.md, the commands of CLI.md.

Run `make docs` after a file or a command has come, gone or changed its first line.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ROOMS = ("incumbent", "store", "core", "cli", "tui", "sample_models", "benchmarks")
SHARED = ("--workspace", "--json", "--debug", "--help")
BEGIN, END = "<!-- {} -->", "<!-- end of {} -->"


def first_line(path: Path) -> str:
    """The first line of a module's docstring, without its full stop and in a table's alphabet."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return text.partition("\n")[0].replace("``", "`").replace("|", "\\|").removesuffix(".")


def modules(room: str) -> Iterator[tuple[str, list[Path]]]:
    """Packages of a room with their files, the room itself first; empty files are left out."""
    folder = ROOT / room
    packages = [folder, *sorted(p for p in folder.rglob("*") if p.is_dir() and p.name != "__pycache__")]
    for package in packages:
        files = sorted(p for p in package.glob("*.py") if p.stat().st_size)
        if files:
            yield package.relative_to(ROOT).as_posix(), files


def file_tables(room: str) -> str:
    """One line a file, a table a package."""
    parts = []
    for package, files in modules(room):
        rows = "".join(f"| `{path.name}` | {first_line(path)} |\n" for path in files)
        parts.append(f"| `{package}/` | |\n|---|---|\n{rows}")
    return "\n".join(parts)


def replaced(text: str, name: str, inside: str) -> str:
    """A page with something else between the two marks of a name."""
    begin, end = BEGIN.format(name), END.format(name.removeprefix("files of "))
    whole, found = re.subn(f"{begin}.*?{end}", lambda _: f"{begin}\n{inside}{end}", text, flags=re.DOTALL)
    if found != 1:
        raise ValueError(f"the page has {found} places between {begin!r} and {end!r}")
    return whole


def map_page(text: str) -> str:
    """MAP.md with its tables as the tree is now."""
    for room in ROOMS:
        text = replaced(text, f"files of {room}", file_tables(room))
    return text


def command_reference() -> str:
    """Every command of the tree: usage, help, arguments and options."""
    import typer

    from cli.app import COMMANDS, app

    root: Any = typer.main.get_command(app)
    context = root.make_context("incumbent", [], resilient_parsing=True)
    parts = []
    for name, (_, line) in COMMANDS.items():
        command = root.get_command(context, name)
        parts.append(f"## incumbent {name}\n" + (f"\n{line}\n" if hasattr(command, "commands") else ""))
        parts += _commands(command, f"incumbent {name}", context)
    return "\n".join(parts)


def _commands(command: Any, path: str, parent: Any) -> Iterator[str]:
    subcommands = getattr(command, "commands", None)
    if not subcommands or getattr(command, "invoke_without_command", False):
        yield _one(command, path, parent)
    for name, sub in (subcommands or {}).items():
        if not sub.hidden:
            yield _one(sub, f"{path} {name}", parent)


def _one(command: Any, path: str, parent: Any) -> str:
    import click

    context = click.Context(command, info_name=path)
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    lines = [f"### `{' '.join([path, *pieces])}`", "", (command.help or "").strip()]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    shown = [_option(p, context) for p in options if not set(p.opts) & set(SHARED)]
    arguments = [_argument(p, context) for p in command.params if p.param_type_name == "argument"]
    rows = [row for row in (*arguments, *shown) if row]
    if rows:
        lines += ["", *rows]
    return "\n".join(lines).rstrip() + "\n"


def _option(parameter: Any, context: Any) -> str:
    names, text = parameter.get_help_record(context) or ("", "")
    names = re.sub(r"\s+", " ", names).strip()
    return f"* `{names}` {_tidy(text)}".rstrip()


def _argument(parameter: Any, context: Any) -> str:
    text = _tidy(getattr(parameter, "help", None) or "")
    return f"* `{parameter.make_metavar(context)}` {text}" if text else ""


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def documents() -> dict[Path, str]:
    """Every page that is written, in whole or in part, by the code."""
    docs = ROOT / "docs"
    return {
        docs / "MAP.md": map_page((docs / "MAP.md").read_text("utf-8")),
        docs / "CLI.md": replaced((docs / "CLI.md").read_text("utf-8"), "commands", command_reference()),
    }


def main() -> int:
    for path, text in documents().items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
