"""The fallback chain is drilled: without the champion the next link answers, then the baseline."""

from __future__ import annotations

from core import production, production_limits
from core.checks.fallback import Drilled, unanswered
from core.workspace import Workspace
from tests.core.checks.making import checked


def champion(document: dict[str, object]) -> dict[str, object]:
    """What the check says of the first version, which serves."""
    versions = document["versions"]
    assert isinstance(versions, list)
    return next(v for v in versions if v["version"] == 1)


def test_every_link_of_a_sound_chain_answers_when_those_before_it_are_gone(house: Workspace) -> None:
    production.set_fallback(house, "late", [2], reason="a simpler one")
    document = checked(house, "late", "regression")
    said = champion(document)
    assert said["verdict"] == "pass", said["chain"]
    assert said["chain"] == [
        {"without": [], "expected": 1, "rows": 8, "answered": 8, "reason": None},
        {"without": [1], "expected": 2, "rows": 8, "answered": 8, "reason": None},
        {"without": [1, 2], "expected": 0, "rows": 8, "answered": 8, "reason": None},
    ]
    # what was taken away is missed in the run's log, not on the screen of whoever started the check
    assert "version 1 is skipped: there is no bundle" in house.log(int(str(document["run"]))).read_text()


def test_only_the_link_whose_turn_it_is_counts() -> None:
    def said(route: str, version: int | None, reason: str = "version 2 has no answer") -> dict[str, object]:
        return {"answers": [{"route": route, "version": version, "reason": reason}]}

    assert list(unanswered([said("fallback", 2)], 2)) == []
    assert list(unanswered([said("baseline", 0)], 0)) == []
    assert list(unanswered([said("rules", None)], 2)) == []
    assert list(unanswered([said("baseline", 0)], 2)) == ["baseline answered (version 2 has no answer)"]
    assert list(unanswered([said("fallback", 3), {"died": "killed"}], 2)) == [
        "fallback answered (version 2 has no answer)",
        "died: killed",
    ]
    assert list(unanswered([said("baseline", 0, "version 1 could not be opened")], 1)) == [
        "baseline answered (version 1 could not be opened)"
    ]
    assert list(unanswered([said("fallback", 2, "wind is null, so version 1 was not asked")], 1)) == []
    assert Drilled((), 1, 8, 0, "its reason").sentence == "v1 answers 0 of 8 rows: its reason"
    weak = Drilled((1,), 2, 8, 3, "baseline answered (version 2 has no answer)")
    assert not weak.holds and weak.sentence.startswith(
        "without v1, v2 answers 3 of 8 rows: baseline answered"
    )


def test_a_damaged_link_is_told(house: Workspace) -> None:
    production.set_fallback(house, "late", [2], reason="a simpler one")
    with house.store() as store:
        folder = house.bundle_path(store.versions.get("late", 2).hash)
    for file in folder.glob("coefficients*"):
        file.chmod(0o644)
        file.write_bytes(b"{}")
    said = champion(checked(house, "late", "regression"))
    chain = said["chain"]
    assert isinstance(chain, list) and said["verdict"] == "warn"
    assert (chain[0]["without"], chain[0]["expected"]) == ([1], 2) and "coefficients" in chain[0]["reason"]


def test_a_champion_that_is_set_aside_need_not_answer(house: Workspace) -> None:
    aside = {"demoted.version": 1, "demoted.why": "its now-test failed"}
    production_limits.edit(house, "late", aside, reason="its now-test failed")
    said = champion(checked(house, "late", "regression"))
    assert said["chain"] == [{"without": [1], "expected": 0, "rows": 8, "answered": 8, "reason": None}]


def test_what_serves_nowhere_has_no_chain_to_drill(house: Workspace) -> None:
    (second,) = checked(house, "late", "regression", versions=[2])["versions"]
    assert second["chain"] == []
