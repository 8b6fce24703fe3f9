"""Copying functions out of ``parts/``, with all that they use and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

PARTS = "core.standalone.parts"
#: In the order in which they are copied: what is used stands before what uses it.
MODULES = (
    "base", "rows", "answers", "expand", "numbers", "impute", "encode", "texts", "products", "trees",
    "combine", "target", "command",
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One function, class or constant of the parts."""

    name: str
    source: str
    uses: frozenset[str]  # other pieces, and imported names


@dataclass(frozen=True)
class Library:
    """All pieces by name, in the order in which they are copied, and what imports a name."""

    pieces: dict[str, Piece]
    imports: dict[str, str]

    def needed(self, names: Iterable[str]) -> set[str]:
        """These names, and everything that they use."""
        found: set[str] = set()
        asked = list(names)
        while asked:
            name = asked.pop()
            if name not in found:
                found.add(name)
                if name in self.pieces:
                    asked += self.pieces[name].uses
        return found

    def copied(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Import lines and sources for these names and everything that they use."""
        needed = self.needed(names)
        lines = {self.imports[n] for n in needed if n in self.imports}
        return _merged(lines), [p.source for n, p in self.pieces.items() if n in needed]


@cache
def library() -> Library:
    """The library, read once from the sources of the parts."""
    pieces: dict[str, Piece] = {}
    imports: dict[str, str] = {}
    for module in MODULES:
        text = resources.files(PARTS).joinpath(f"{module}.py").read_text("utf-8")
        lines = text.splitlines()
        nodes = ast.parse(text).body
        for node in nodes:
            imports.update(_imported(node))
        for node in nodes:
            name = _name(node)
            if name is None:
                continue
            if name in pieces:
                raise ValueError(f"two parts are called {name}")
            pieces[name] = Piece(name, _source(node, lines), frozenset(_names(node) - {name}))
    known = pieces.keys() | imports.keys()
    pieces = {n: Piece(n, p.source, p.uses & known) for n, p in pieces.items()}
    return Library(pieces, imports)


def _imported(node: ast.stmt) -> dict[str, str]:
    if isinstance(node, ast.Import):
        return {a.name: f"import {a.name}" for a in node.names}
    if not isinstance(node, ast.ImportFrom) or str(node.module).startswith(("core.", "__future__")):
        return {}
    return {a.name: f"from {node.module} import {a.name}" for a in node.names}


def _name(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    if isinstance(node, ast.AnnAssign):
        target = node.target
    return target.id if isinstance(target, ast.Name) else None


def _source(node: ast.stmt, lines: list[str]) -> str:
    start = node.lineno - 1
    while start and lines[start - 1].startswith("#"):
        start -= 1
    return "\n".join(lines[start : node.end_lineno])


def _names(node: ast.stmt) -> set[str]:
    """Names that are read, but for those that are a function's own."""
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    own = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    own |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    return {n.id for n in names} - own


def _merged(lines: set[str]) -> list[str]:
    """Import lines in order, names of one module on one line."""
    plain = sorted(line for line in lines if line.startswith("import "))
    of: dict[str, list[str]] = {}
    for line in sorted(lines.difference(plain)):
        _, module, _, name = line.split(" ")
        of.setdefault(module, []).append(name)
    return plain + [f"from {module} import {', '.join(names)}" for module, names in sorted(of.items())]
