"""``incumbent trial`` and ``incumbent production ledger``."""

from __future__ import annotations

from core import trial
from core.workspace import Workspace
from tests.cli.conftest import Incumbent
from tests.core.trial.living import BEGIN, knows, live
from tests.house import admit

KEYS = {
    "id", "model", "version", "champion", "mode", "share", "sites", "guards", "started", "since", "until",
    "state", "outcome", "why", "standing", "notes",
}  # fmt: skip


def lived(house: Workspace, better: float, **options: object) -> None:
    """Ten days of a trial of version 2."""
    trial.start(house, "late", 2, now=BEGIN, **options)  # type: ignore[arg-type]
    with house.store() as store:
        (running,) = store.trials.running("late")
    live(house, running, 10, champion=knows(0.4), challenger=knows(better))


def test_from_start_to_stop(house: Workspace, incumbent: Incumbent) -> None:
    started = incumbent(house, "trial", "start", "late", 2, "--share", 0.1, "--days", 7, "--json").document
    assert set(started) >= KEYS
    assert (started["mode"], started["share"], started["state"]) == ("share", 0.1, "running")
    assert "late v2 against v1" in incumbent(house, "trial", "status", "late").out
    noted = incumbent(house, "trial", "note", "late", "fewer calls", "--site", "local", "--json").document
    assert noted["notes"][0]["note"] == "fewer calls"
    assert "local: fewer calls" in incumbent(house, "trial", "status").out
    stopped = incumbent(house, "trial", "stop", "late", "--reason", "seen enough", "--json").document
    assert (stopped["outcome"], stopped["ended_why"]) == ("stopped", "seen enough")
    assert incumbent(house, "trial", "stop", "late").code == 3
    assert "– stopped" in incumbent(house, "trial", "status", "late").out


def test_options_that_make_no_sense(house: Workspace, incumbent: Incumbent) -> None:
    assert incumbent(house, "trial", "start", "late", 2, "--share", 2).code == 2
    assert incumbent(house, "trial", "start", "late", 2, "--guard", "weather").code == 2
    assert incumbent(house, "trial", "start", "late", 2, "--guard", "errors=many").code == 2
    assert incumbent(house, "trial", "start", "late", 2, "--guard", "none", "--guard", "errors").code == 2
    assert incumbent(house, "trial", "start", "late", 1).code == 3
    assert incumbent(house, "trial", "start", "late", "two").code == 2
    assert incumbent(house, "trial", "accept", "late").code == 3


def test_guards_are_chosen(house: Workspace, incumbent: Incumbent) -> None:
    words = ("trial", "start", "late", 2, "--json")
    one = incumbent(house, *words, "--guard", "errors=0.02").document
    assert one["guards"] == {"errors": 0.02}
    incumbent(house, "trial", "stop", "late")
    assert incumbent(house, *words, "--guard", "none").document["guards"] == {}


def test_the_standing_is_told_verdict_first(house: Workspace, incumbent: Incumbent) -> None:
    lived(house, 0.7, days=3000)
    seen = incumbent(house, "trial", "status", "late").out
    assert seen.startswith("✓ better  late v2 against v1: better: Brier score lower by")
    assert "400 of 400 rows judged" in seen
    assert "errors" in seen and "latency" in seen and "outcomes" in seen
    assert "incumbent trial accept late" in seen
    (found,) = incumbent(house, "trial", "status", "late", "--json").document
    assert found["standing"]["low"] > 0


def test_what_cannot_be_told_yet_says_when_it_could_be(house: Workspace, incumbent: Incumbent) -> None:
    lived(house, 0.42, days=3000)
    seen = incumbent(house, "trial", "status", "late").out
    assert seen.startswith("? cannot tell yet  late v2 against v1")
    assert "it can tell in" in seen or "cannot be told" in seen


def test_accept_goes_through_the_gate(house: Workspace, incumbent: Incumbent) -> None:
    lived(house, 0.7, days=3000)
    assert incumbent(house, "trial", "accept", "late").code == 3
    admit(house, "late", 2)
    seen = incumbent(house, "trial", "accept", "late", "--ratchet", "--keep-shadow").out
    assert "✓ late v2 serves (revision 3 at local): better in trial 1" in seen
    assert "no requirement rises: " in seen  # and why
    assert "v1 shadows on" in seen
    shown = incumbent(house, "production", "show", "late").out
    assert "└─ unseen" in shown and "v1 shadow" in shown
    assert "1 swap without rows since" in incumbent(house, "production", "ledger", "late").out


def test_accept_says_what_has_risen(house: Workspace, incumbent: Incumbent) -> None:
    incumbent(house, "require", "set", "late", "log_loss", "--max", 0.69)
    with house.store() as store:
        store.production.add("late", champion=0, who="ann", why="anybody could")
    assert incumbent(house, "trial", "start", "late", 1, "--shadow").code == 0
    admit(house, "late", 1)
    seen = incumbent(house, "trial", "accept", "late", "--ratchet", "--reason", "better").out
    assert "d2_log_loss (for log_loss): min new → " in seen and "{" not in seen
    assert "They are set; `incumbent require history` keeps what was." in seen


def test_the_chain_is_drawn_with_its_shares(house: Workspace, incumbent: Incumbent) -> None:
    plain = incumbent(house, "production", "show", "late").out
    assert "keys" not in plain
    incumbent(house, "trial", "start", "late", 2, "--share", 0.25)
    seen = incumbent(house, "production", "show", "late").out
    assert "75 % ███████████████" in seen and "25 % █████ " in seen
    assert "v2 challenger" in seen


def test_nothing_on_trial_says_how_to_begin(house: Workspace, incumbent: Incumbent) -> None:
    assert "incumbent trial start late VERSION" in incumbent(house, "trial", "status", "late").out
    assert incumbent(house, "trial", "status", "nobody").code == 2
    assert incumbent(house, "trial", "status", "--json").document == []
    assert incumbent(house, "production", "ledger", "late", "--json").document["swaps"] == []
