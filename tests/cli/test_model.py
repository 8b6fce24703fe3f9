"""``incumbent model`` and ``require``."""

from __future__ import annotations

from core.workspace import Workspace
from tests.cli.conftest import Incumbent


def test_apply_creates_then_changes_nothing_then_only_what_changed(
    house: Workspace, incumbent: Incumbent
) -> None:
    spec = house.root / "late.toml"
    again = incumbent(house, "model", "apply", spec, "--json")
    assert (again.code, again.document["created"], again.document["changed"]) == (0, False, [])
    spec.write_text(
        spec.read_text().replace('window = "14d"', 'window = "7d"')
        + "\n[requirements]\nroc_auc = { min = 0.6 }\n"
    )
    changed = incumbent(house, "model", "apply", spec, "--json").document
    assert changed["changed"] == ["requirements", "window"]
    (requirement,) = incumbent(house, "require", "list", "late", "--json").document
    assert (requirement["metric"], requirement["min"], requirement["why"]) == ("roc_auc", 0.6, "spec")
    spec.write_text(spec.read_text().split("[requirements]")[0])
    assert incumbent(house, "model", "apply", spec).code == 3
    assert incumbent(house, "model", "apply", spec, "--reason", "no more").code == 0
    assert incumbent(house, "require", "list", "late", "--json").document == []
    history = incumbent(house, "require", "history", "late", "--json").document
    assert [r["removed"] for r in history] == [True, False]


def test_a_new_model_says_how_to_make_its_first_version(house: Workspace, incumbent: Incumbent) -> None:
    spec = (house.root / "late.toml").read_text().replace('"late"\ntask', '"new"\ntask')
    (house.root / "new.toml").write_text(spec)
    assert (
        "Next: incumbent version train new" in incumbent(house, "model", "apply", house.root / "new.toml").out
    )
    without = "".join(line for line in spec.splitlines(True) if not line.startswith("pipeline"))
    (house.root / "given.toml").write_text(without.replace('"new"\ntask', '"given"\ntask'))
    said = "Next: incumbent version register given FILE"
    assert said in incumbent(house, "model", "apply", house.root / "given.toml").out
    assert said in incumbent(house, "version", "list", "given").out


def test_a_limit_that_nothing_can_keep_is_refused(house: Workspace, incumbent: Incumbent) -> None:
    for limits, said in (
        (("roc_auc", "--min", 70), "roc_auc lies between 0 and 1: min 70"),
        (("log_loss", "--max", -1), "log_loss is at least 0: max -1"),
        (("bias", "--min", "inf"), "not a finite number"),
        (("roc_auc", "--min", 0.5, "--segment", "carier=bus"), "no such column"),
    ):
        refused = incumbent(house, "require", "set", "late", *limits, "--json")
        assert refused.code == 2 and said in refused.error["message"], refused
    assert "carrier" in refused.error["hint"]
    spec = house.root / "late.toml"
    spec.write_text(spec.read_text() + "\n[requirements]\nroc_auc = { min = 70 }\n")
    assert incumbent(house, "model", "apply", spec).code == 2
    assert incumbent(house, "require", "list", "late", "--json").document == []
    assert (
        incumbent(house, "require", "set", "late", "accuracy", "--mean", 1, "--segment", "carrier=bus").code
        == 0
    )


def test_a_new_model_gets_a_night(house: Workspace, incumbent: Incumbent) -> None:
    (house.root / "new.toml").write_text(
        (house.root / "late.toml").read_text().replace('"late"\ntask', '"new"\ntask')
    )
    made = incumbent(house, "model", "apply", house.root / "new.toml", "--json").document
    assert (made["model"], made["created"]) == ("new", True)
    night = incumbent(house, "schedule", "list", "new", "--json").document
    assert {line["check"] for line in night} == {"nowtest", "drift", "regression", "backtest"}


def test_mistakes_in_a_spec_are_all_named(house: Workspace, incumbent: Incumbent) -> None:
    bad = house.root / "bad.toml"
    bad.write_text('name = "bad"\ntask = "classificaton"\ntarget = "late"\ndata = "x.csv"\nwindw = "7d"\n')
    found = incumbent(house, "model", "apply", bad, "--json")
    assert found.code == 2
    said = found.error["message"] + found.error["hint"]
    assert "windw" in said and "window" in said and "classificaton" in said
    names = [m["name"] for m in incumbent(house, "model", "list", "--json").document]
    assert names == ["late", "minutes"]


def test_an_unknown_metric_is_refused_when_applied(house: Workspace, incumbent: Incumbent) -> None:
    spec = house.root / "late.toml"
    spec.write_text(spec.read_text().replace("roc_auc", "roc_acu"))
    found = incumbent(house, "model", "apply", spec, "--json")
    assert found.code == 2
    assert "roc_auc" in found.error["message"] + found.error["hint"]


def test_export_applies_again_as_it_was(house: Workspace, incumbent: Incumbent) -> None:
    incumbent(house, "require", "set", "late", "log_loss", "--max", 0.7, "--reason", "agreed")
    written = incumbent(house, "model", "export", "late").out
    (house.root / "exported.toml").write_text(written)
    again = incumbent(house, "model", "apply", house.root / "exported.toml", "--json").document
    assert again["changed"] == ["requirements"]  # set by hand before, in the file now
    assert incumbent(house, "model", "export", "late").out == written
    assert incumbent(house, "model", "export", "late", "--json").document["toml"] == written


def test_show_and_list(shared: Workspace, incumbent: Incumbent) -> None:
    shown = incumbent(shared, "model", "show", "late", "--json").document
    assert shown["champion"] == 1
    assert [v["version"] for v in shown["versions"]] == [2, 1, 0]
    rows = {r["name"]: r for r in incumbent(shared, "model", "list", "--json").document}
    assert (rows["minutes"]["task"], rows["minutes"]["metric"], rows["late"]["versions"]) == (
        "regression",
        "mae",
        2,
    )
    assert "v1" in incumbent(shared, "model", "list").out
    assert "serves v1" in incumbent(shared, "model", "show", "late").out


def test_what_serves_is_neither_renamed_away_nor_deleted(house: Workspace, incumbent: Incumbent) -> None:
    for words in (["rename", "late", "later"], ["delete", "late", "--yes", "late"], ["archive", "late"]):
        found = incumbent(house, "model", *words, "--json")
        assert (words[0], found.code) == (words[0], 3)
        assert "production" in found.error["message"]


def test_delete_asks_for_the_name(house: Workspace, incumbent: Incumbent) -> None:
    (house.root / "new.toml").write_text(
        (house.root / "late.toml").read_text().replace('"late"\ntask', '"new"\ntask')
    )
    incumbent(house, "model", "apply", house.root / "new.toml")
    unconfirmed = incumbent(house, "model", "delete", "new", "--json")
    assert unconfirmed.code == 3
    assert "--yes new" in unconfirmed.error["hint"]
    assert incumbent(house, "model", "rename", "new", "newer").code == 0
    assert incumbent(house, "model", "archive", "newer").code == 0
    assert [m["name"] for m in incumbent(house, "model", "list", "--json").document] == ["late", "minutes"]
    assert incumbent(house, "model", "archive", "newer", "--undo").code == 0
    assert (
        incumbent(house, "model", "delete", "newer", "--yes", "newer", "--json").document["deleted"] is True
    )
    assert incumbent(house, "model", "show", "newer").code == 2


def test_requirements_are_set_with_history(house: Workspace, incumbent: Incumbent) -> None:
    made = incumbent(
        house, "require", "set", "late", "roc_auc", "--min", 0.6, "--mean", 0.7, "--json"
    ).document
    keys = {"metric", "min", "max", "mean", "range", "segment", "since", "why"}
    assert keys <= set(made)
    incumbent(house, "require", "set", "late", "roc_auc", "--min", 0.65, "--reason", "agreed")
    incumbent(house, "require", "set", "late", "roc_auc", "--min", 0.65, "--reason", "agreed")
    incumbent(house, "require", "set", "late", "brier", "--range", 0.1, 0.3, "--segment", "carrier")
    rows = incumbent(house, "require", "list", "late", "--json").document
    assert [(r["metric"], r["min"], r["range"], r["segment"]) for r in rows] == [
        ("brier", None, [0.1, 0.3], "carrier"),
        ("roc_auc", 0.65, None, None),
    ]
    assert len(incumbent(house, "require", "history", "late", "--json").document) == 3
    assert incumbent(house, "require", "unset", "late", "roc_auc").code == 3
    assert incumbent(house, "require", "unset", "late", "roc_auc", "--reason", "no more").code == 0
    assert len(incumbent(house, "require", "list", "late", "--json").document) == 1
    assert incumbent(house, "require", "unset", "late", "roc_auc").code == 2


def test_suggestions_tell_what_they_would_have_cost(house: Workspace, incumbent: Incumbent) -> None:
    told = incumbent(house, "require", "suggest", "late", "--segment", "carrier").out
    assert "values, the loosest" in told and "false alarms a year" in told and "Together" in told
    (row,) = incumbent(
        house, "require", "suggest", "late", "--metric", "f1", "--segment", "carrier=bus", "--apply", "--json"
    ).document
    (live,) = incumbent(house, "require", "list", "late", "--json").document
    assert (live["metric"], live["segment"], live["min"]) == ("f1", "carrier=bus", row["min"])


def test_the_ratchet_waits_for_a_yes(house: Workspace, incumbent: Incumbent) -> None:
    assert incumbent(house, "require", "ratchet", "late").code == 3
    incumbent(house, "require", "set", "late", "log_loss", "--max", 0.69)
    with house.store() as store:
        store.production.add("late", champion=0, who="ann", why="anybody could")
        store.production.add("late", champion=1, who="ann", why="better")
    shown = incumbent(house, "require", "ratchet", "late", "--dry-run", "--json")
    assert shown.code == 0 and shown.document["moves"] and not shown.document["applied"]
    waits = incumbent(house, "require", "ratchet", "late")
    assert waits.code == 3 and "--yes" in waits.out and "past windows would have breached" in waits.out
    assert incumbent(house, "require", "ratchet", "late", "--yes").code == 0
    names = [r["metric"] for r in incumbent(house, "require", "list", "late", "--json").document]
    assert names == ["d2_log_loss", "log_loss"]
    assert incumbent(house, "require", "ratchet", "late", "--yes", "--dry-run").code == 2


def test_requirements_that_make_no_sense_are_refused(house: Workspace, incumbent: Incumbent) -> None:
    for words in (
        ["roc_acu", "--min", "0.6"],
        ["mae", "--max", "3"],
        ["roc_auc"],
        ["roc_auc", "--min", "0.9", "--max", "0.1"],
        ["roc_auc", "--min", "nan"],
    ):
        found = incumbent(house, "require", "set", "late", *words, "--json")
        assert (words, found.code) == (words, 2)
    assert incumbent(house, "require", "list", "late", "--json").document == []


def test_suggested_requirements_can_be_set(house: Workspace, incumbent: Incumbent) -> None:
    rows = incumbent(house, "require", "suggest", "late", "--json").document
    assert [r["metric"] for r in rows] == ["roc_auc", "log_loss"]
    assert incumbent(house, "require", "list", "late", "--json").document == []
    assert incumbent(house, "require", "suggest", "late", "--apply").code == 0
    found = {r["metric"]: r for r in incumbent(house, "require", "list", "late", "--json").document}
    assert 0.5 < found["roc_auc"]["min"] < 0.75
    assert found["roc_auc"]["why"] == "suggested from v1"
    assert incumbent(house, "require", "suggest", "late", "--json").document == []
