"""Keeping the night without thinking of it: a systemd user unit, or a launch agent on macOS.

Nothing is written outside the user's own folders, and nothing is enabled: the command that does so is shown.
"""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from core.workspace import VARIABLE
from incumbent.errors import RefusedError

if TYPE_CHECKING:
    from core.workspace import Workspace


#: Where a machine that systemd runs can be told by (sd_booted(3)): the command alone may be there without it.
RUNS_SYSTEMD = Path("/run/systemd/system")


@dataclass(frozen=True)
class Installed:
    """A unit: its file, and what a person types next (lingering keeps it while nobody is logged in)."""

    path: Path
    command: str

    def document(self) -> dict[str, str]:
        """What ``daemon install --json`` prints."""
        return {"path": str(self.path), "command": self.command}


def install(workspace: Workspace, platform: str = sys.platform) -> Installed:
    """Write the unit that keeps the night of a workspace; harmless where it is there already.

    Raises
    ------
    RefusedError
        Where the machine has neither systemd nor launchd.
    """
    if platform != "darwin" and (shutil.which("systemctl") is None or not RUNS_SYSTEMD.is_dir()):
        raise RefusedError(
            "this machine is run by neither systemd nor launchd",
            hint="run `incumbent daemon` in a terminal that stays (tmux), or from cron: "
            + _cron_line(workspace),
        )
    unit = _unit(workspace, platform)
    unit.path.parent.mkdir(parents=True, exist_ok=True)
    content = _agent(workspace) if platform == "darwin" else _systemd_unit(workspace).encode()
    unit.path.write_bytes(content)
    return unit


def uninstall(workspace: Workspace, platform: str = sys.platform) -> Installed:
    """Remove the unit; the command that is shown stops what still runs of it.

    Raises
    ------
    RefusedError
        Where there is none.
    """
    unit = _unit(workspace, platform)
    if not unit.path.exists():
        raise RefusedError(
            f"no unit is installed for {workspace.root}", hint="`incumbent daemon install` writes one"
        )
    unit.path.unlink()
    if platform == "darwin":
        return Installed(unit.path, f"launchctl bootout gui/{os.getuid()}/{_name(workspace)}")
    return Installed(unit.path, f"systemctl --user disable --now {unit.path.name}")


def _unit(workspace: Workspace, platform: str) -> Installed:
    if platform == "darwin":
        path = Path.home() / "Library" / "LaunchAgents" / f"{_name(workspace)}.plist"
        return Installed(path, f"launchctl bootstrap gui/{os.getuid()} {path}")
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    path = folder / f"{_name(workspace)}.service"
    enable = f"systemctl --user daemon-reload && systemctl --user enable --now {path.name}"
    return Installed(path, f"{enable} && loginctl enable-linger")


def _name(workspace: Workspace) -> str:
    return f"incumbent-{sha256(str(workspace.root).encode()).hexdigest()[:8]}"


def _command(workspace: Workspace) -> list[str]:
    # -P: the workspace may hold a folder named like one of ours
    return [sys.executable, "-P", "-m", "cli", "daemon"]


def _cron_line(workspace: Workspace) -> str:
    line = f"@reboot {VARIABLE}={shlex.quote(str(workspace.root))} {shlex.join(_command(workspace))}"
    return line.replace("%", r"\%")  # a bare one ends the command


def _systemd_unit(workspace: Workspace) -> str:
    # in a command, $ begins a variable; in Environment= it stands for itself
    words = " ".join(f'"{_escaped(word).replace("$", "$$")}"' for word in _command(workspace))
    return f"""[Unit]
Description=Incumbent keeps the night of {str(workspace.root).replace("%", "%%")}

[Service]
ExecStart={words}
Environment="{VARIABLE}={_escaped(str(workspace.root))}"
Restart=on-failure
RestartSec=30
KillMode=process
Nice=5

[Install]
WantedBy=default.target
"""


def _escaped(word: str) -> str:
    # in unit files, % begins a specifier
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _agent(workspace: Workspace) -> bytes:
    return plistlib.dumps(
        {
            "Label": _name(workspace),
            "ProgramArguments": _command(workspace),
            "EnvironmentVariables": {VARIABLE: str(workspace.root)},
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "StandardErrorPath": str(workspace.logs / "daemon.log"),
            "StandardOutPath": str(workspace.logs / "daemon.log"),
        }
    )
