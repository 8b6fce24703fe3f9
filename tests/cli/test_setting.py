"""``incumbent setting``."""

from __future__ import annotations

from core.workspace import Workspace
from tests.cli.conftest import Incumbent


def test_settings_are_listed_set_and_unset(house: Workspace, incumbent: Incumbent) -> None:
    assert "this machine's (default)" in incumbent(house, "setting", "list").out
    assert incumbent(house, "setting", "set", "timezone", "Asia/Kathmandu", "--json").document["value"]
    assert "times are Asia/Kathmandu's" in incumbent(house, "schedule", "list").out
    assert (
        "times are Asia/Kathmandu's" in incumbent(house, "schedule", "set", "late", "drift", "0 5 * * *").out
    )
    names = [row["name"] for row in incumbent(house, "setting", "list", "--json").document]
    assert names == ["timezone", "digest", "workers"]
    assert "this machine's" in incumbent(house, "setting", "unset", "timezone").out
    assert incumbent(house, "setting", "set", "colour", "red").code == 2
