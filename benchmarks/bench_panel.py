"""The panel against a bare Textual app with one DataTable: first painted overview, processor time when idle.

python -m benchmarks.bench_panel [MEASUREMENTS]

Whole processes on a pseudo-terminal: the clock runs from starting the interpreter until the name of a model
stands on the screen. 50 models, a million measurements.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from benchmarks.results import AS_LONG, AS_MUCH, note

MODELS = 50
MEASUREMENTS = 1_000_000
ROUNDS = 5
IDLE_SECONDS = 20.0
SETTLE_SECONDS = 6.0

COMPILED = tempfile.TemporaryDirectory(prefix="compiled-")

BARE = """
from textual.app import App
from textual.widgets import DataTable
class Bare(App):
    def compose(self):
        yield DataTable(cursor_type="row")
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns(*(f"column {i}" for i in range(8)))
        for row in range(50):
            table.add_row(*(f"model-{row} {i}" for i in range(8)))
Bare().run()
"""
PANEL = """
import sys
from core.workspace import Workspace
from tui.app import run
run(Workspace.open(sys.argv[1]))
"""


class Shown:
    """A program on a pseudo-terminal of its own."""

    def __init__(self, command: list[str], columns: int = 120, rows: int = 40) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.began = time.perf_counter()
        # compiled modules are kept, as where it is installed, but not in this tree
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment |= {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PYTHONPYCACHEPREFIX": COMPILED.name,
        }
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self._master = master

    def seconds_until(self, needle: bytes, most: float = 60.0) -> float:
        """Seconds from the start until these bytes have been written."""
        seen = b""
        while time.perf_counter() - self.began < most:
            seen += self._read(0.05)
            if needle in seen:
                return time.perf_counter() - self.began
        raise TimeoutError(f"{needle!r} never came; the last was {seen[-500:]!r}")

    def watch(self, seconds: float) -> int:
        """Read what is written for a while; how many bytes."""
        until, count = time.perf_counter() + seconds, 0
        while time.perf_counter() < until:
            count += len(self._read(0.2))
        return count

    def processor_seconds(self) -> float:
        """What the threads of the process that live have used so far, to the nanosecond."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def peak_mib(self) -> float:
        """Its largest resident size so far."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024

    def close(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._master)

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._master], [], [], seconds)
        return os.read(self._master, 65536) if ready else b""


def first_paint(command: list[str], needle: bytes) -> tuple[float, float]:
    """Seconds on the clock, and of the processor: the second is steadier on a busy machine."""
    shown = Shown(command)
    try:
        return shown.seconds_until(needle), shown.processor_seconds()
    finally:
        shown.close()


def idle(command: list[str], needle: bytes) -> tuple[float, int, float]:
    """Percent of a processor, bytes written, and peak memory while nothing happens."""
    shown = Shown(command)
    try:
        shown.seconds_until(needle)
        shown.watch(SETTLE_SECONDS)
        before = shown.processor_seconds()
        written = shown.watch(IDLE_SECONDS)
        return (shown.processor_seconds() - before) / IDLE_SECONDS * 100, written, shown.peak_mib()
    finally:
        shown.close()


def main(measurements: int = MEASUREMENTS) -> None:
    from tests.tui.filling import fill

    with tempfile.TemporaryDirectory() as folder:
        workspace = fill(Path(folder) / "space", MODELS, nights=30, extra=measurements)
        bare = [sys.executable, "-c", BARE]
        panel = [sys.executable, "-c", PANEL, str(workspace.root)]
        commands = {"bare": (bare, b"model-30"), "panel": (panel, b"model-30")}
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for command, needle in commands.values():
            first_paint(command, needle)  # compiles
        for _ in range(ROUNDS):  # alternately, so that both see the same machine
            for name, (command, needle) in commands.items():
                times[name].append(first_paint(command, needle))
        print(f"first painted table, {MODELS} models, {measurements:,} measurements, best of {ROUNDS}")
        clock = {name: min(wall for wall, _ in found) for name, found in times.items()}
        work = {name: min(used for _, used in found) for name, found in times.items()}
        for name in commands:
            print(f"  {name:<6} {clock[name] * 1000:6.0f} ms   {work[name] * 1000:6.0f} ms of the processor")
        print(f"  ratio  {clock['panel'] / clock['bare']:6.2f}      {work['panel'] / work['bare']:6.2f}")
        against = "a bare Textual app"
        note(
            f"first painted overview, {MODELS} models", against, clock["panel"] / clock["bare"], AS_LONG, 1.5
        )
        print(f"idle for {IDLE_SECONDS:.0f} s")
        used: dict[str, float] = {}
        for name, (command, needle) in commands.items():
            percent, written, memory = idle(command, needle)
            used[name] = percent
            print(f"  {name:<6} {percent:5.2f} % of a processor, {written:,} bytes, peak {memory:.0f} MiB")
        note("processor of the idle panel", against, used["panel"] / used["bare"], AS_MUCH, 1, memory)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
