"""A daemon that is told to stop while it ticks."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core import daemon
from core.ringer import Ringer, Tick
from tests.core.night import make_workspace


def test_a_daemon_stops_although_a_tick_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = make_workspace(tmp_path)
    stop, tick = threading.Event(), Ringer.tick

    def told_to_stop_meanwhile(ringer: Ringer) -> Tick:
        done = tick(ringer)
        stop.set()
        threading.Event().wait(0.3)  # until the scheduler shuts down
        return done

    monkeypatch.setattr(Ringer, "tick", told_to_stop_meanwhile)
    events: list[str] = []
    keeper = threading.Thread(
        target=daemon.run, args=(workspace, lambda e: events.append(e["event"]), stop), daemon=True
    )
    keeper.start()
    keeper.join(30)
    assert not keeper.is_alive()
    assert events == ["started", "stopped"]
