"""How long until a command has answered: whole processes, against a bare Python and against `import typer`.

python -m benchmarks.bench_start [ROUNDS]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import AS_LONG, note

BARE, TYPER = "python -c pass", "import typer"
SPEC = """
name = "{name}"
task = "classification"
target = "late"
positive = 1
time = "at"
partition = "month"
data = "data/*.parquet"
metric = "roc_auc"
"""


@dataclass(frozen=True)
class Start:
    """The quickest start of a command that was seen, and the memory that it took."""

    milliseconds: float
    mebibytes: float


def commands() -> dict[str, list[str]]:
    """Name → command line; `incumbent` is the script that installing it puts beside this Python."""
    incumbent = str(Path(sys.executable).parent / "incumbent")
    return {
        BARE: [sys.executable, "-c", "pass"],
        TYPER: [sys.executable, "-c", "import typer"],
        "incumbent --version": [incumbent, "--version"],
        "incumbent --help": [incumbent, "--help"],
        "incumbent status --json": [incumbent, "status", "--json"],
        "incumbent model list --json": [incumbent, "model", "list", "--json"],
    }


def fill(folder: Path) -> None:
    """A workspace with fifty models and some weeks of their now-tests and back-tests."""
    from benchmarks.bench_history import fill as fill_store
    from core.spec import parse
    from core.workspace import Workspace

    with Workspace.create(folder).store() as store:
        fill_store(store, 50_000)
        for model in store.models.list():
            store.models.apply(model.name, parse(SPEC.format(name=model.name)).document(), who="bench")


def start(command: list[str], folder: Path) -> Start:
    """Run a command to its end, and look at the clock and at the kernel's account of its memory."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    took = (time.perf_counter() - began) * 1000
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stderr is not None
    with process.stderr:
        if process.returncode:
            raise SystemExit(
                f"{' '.join(command)} ended with {process.returncode}:\n{process.stderr.read().decode()}"
            )
    scale = 1 if sys.platform == "darwin" else 1024
    return Start(took, usage.ru_maxrss * scale / 2**20)


def best(rounds: int, folder: Path) -> dict[str, Start]:
    """The quickest of several starts of each command, one after the other in turn."""
    found: dict[str, list[Start]] = {name: [] for name in commands()}
    for _ in range(rounds):
        for name, command in commands().items():
            found[name].append(start(command, folder))
    return {name: min(starts, key=lambda s: s.milliseconds) for name, starts in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=10)
    parser.add_argument("--fill", type=Path, metavar="DIR", help="only make the workspace")
    options = parser.parse_args()
    if options.fill:
        return fill(options.fill)
    with tempfile.TemporaryDirectory() as folder:
        # by another process: a child's account of memory begins with that of the process that starts it
        subprocess.run([sys.executable, "-m", "benchmarks.bench_start", "--fill", folder], check=True)
        report(best(options.rounds, Path(folder)))


def report(found: dict[str, Start]) -> None:
    bare, typer = found[BARE].milliseconds, found[TYPER].milliseconds
    print(f"{'':30}{'ms':>8}{'MiB':>8}  {'of ' + BARE:>17}  {'of ' + TYPER:>15}")
    for name, one in found.items():
        of_bare, of_typer = one.milliseconds / bare, one.milliseconds / typer
        print(f"{name:30}{one.milliseconds:8.0f}{one.mebibytes:8.0f}  {of_bare:16.1f}×  {of_typer:14.1f}×")
    version, status = found["incumbent --version"], found["incumbent status --json"]
    note("incumbent --version", BARE, version.milliseconds / bare, AS_LONG, 2, version.mebibytes)
    note(
        "incumbent status --json, 50 models", TYPER, status.milliseconds / typer, AS_LONG, 3, status.mebibytes
    )


if __name__ == "__main__":
    main()
