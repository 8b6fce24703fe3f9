"""Files that are whole or absent, and what writers that were killed leave."""

from __future__ import annotations

import os
import time
from pathlib import Path

from incumbent.files import forget_leftovers


def test_remains_of_killed_writers_go_and_what_is_being_written_stays(tmp_path: Path) -> None:
    old = time.time() - 7200
    for name in (".current.json.0123456789ab.new", ".hash.ba9876543210.new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "profile.json").write_text("{}")
        os.utime(tmp_path / name, (old, old))
    kept = [".current.json.111111111111.new", "current.json", ".gitignore", "shop.0123456789ab.new"]
    for name in kept:
        (tmp_path / name).write_text("x")
    for name in kept[1:]:
        os.utime(tmp_path / name, (old, old))
    forget_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    forget_leftovers(tmp_path / "nothing here")
