"""A model without a time column is judged by rows that its versions were not trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error

from core import models, requirements
from core.checks.cut import Cut, shared
from core.data.hold_out import HoldOut, places
from core.versions import training
from core.workspace import Workspace
from incumbent.errors import DataError, UsageError
from tests.core.checks.making import ran
from tests.house import done, fitting_here
from tests.rides import rides

SPEC = """
name = "minutes"
task = "regression"
target = "minutes"
data = "data"
partition = "file"
pipeline = "minutes.py"
worth = 0.0
"""
PIPELINE = """
from sklearn.tree import DecisionTreeRegressor
from sklearn.pipeline import make_pipeline
from sklearn.compose import make_column_transformer
PARAMS = {"max_depth": 4}
def build(max_depth):
    front = make_column_transformer(("passthrough", ["distance", "stop"]))
    return make_pipeline(front, DecisionTreeRegressor(max_depth=max_depth, random_state=0))
"""
COLUMNS = ["distance", "stop", "carrier"]


def table(seed: int, days: int) -> pd.DataFrame:
    return rides(seed, days=days)[[*COLUMNS, "minutes"]]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "space")
    (made.root / "data").mkdir()
    table(1, 60).to_csv(made.root / "data" / "a.csv", index=False)
    (made.root / "minutes.py").write_text(PIPELINE)
    (made.root / "minutes.toml").write_text(SPEC)
    models.apply(made, made.root / "minutes.toml")
    return made


def trained(workspace: Workspace, **arguments: Any) -> dict[str, Any]:
    with fitting_here():
        return dict(done(workspace, "minutes", "train", arguments).result or {})


def backtest(workspace: Workspace) -> dict[int, dict[str, Any]]:
    found = done(workspace, "minutes", "backtest", {}).result
    assert found is not None
    return {v["version"]: v for v in found["versions"]}


def held(frame: pd.DataFrame) -> np.ndarray:
    """Which rows are held out, as the rule says it."""
    from incumbent.columns import column

    rows = {name: column(frame[name].tolist()) for name in COLUMNS}
    found: np.ndarray = places(rows, COLUMNS) < 0.2
    return found


def test_only_held_out_rows_are_judged_and_none_of_them_shaped_the_version(workspace: Workspace) -> None:
    made = trained(workspace, parameters={"max_depth": "30"})
    frame = pd.read_csv(workspace.root / "data" / "a.csv")
    out = held(frame)
    assert made["trained"]["rows"] == int((~out).sum())
    assert made["trained"]["held_out"]["share"] == 0.2

    from sklearn.tree import DecisionTreeRegressor

    seen, rest = frame[~out], frame[out]
    tree = DecisionTreeRegressor(max_depth=30, random_state=0).fit(
        seen[["distance", "stop"]], seen["minutes"]
    )
    said = tree.predict(rest[["distance", "stop"]])
    document = backtest(workspace)[1]
    assert document["verdict"] == "pass"
    (part,) = document["partitions"]
    assert (part["n"], part["coverage"]) == (int(out.sum()), "part")
    assert part["metrics"]["mae"]["value"] == pytest.approx(
        mean_absolute_error(rest["minutes"], said), rel=1e-12
    )


def test_versions_are_compared_on_what_neither_has_seen_and_suggestions_rest_on_it(
    workspace: Workspace,
) -> None:
    trained(workspace)
    trained(workspace, parameters={"max_depth": "1"})
    from core import production

    production.swap(workspace, "minutes", 2, reason="the simple one", force=True)
    found = backtest(workspace)[1]["comparison"]
    assert (found["outcome"], found["mae"]["n"]) == ("better", int(held(table(1, 60)).sum()))
    (mae, _) = requirements.suggest(workspace, "minutes", 1)
    assert mae["limits"] and mae["max"] > backtest(workspace)[1]["overall"]["mae"]["value"]


def test_a_file_that_came_after_training_is_unseen_as_a_whole(workspace: Workspace) -> None:
    trained(workspace)
    table(2, 30).to_csv(workspace.root / "data" / "b.csv", index=False)
    old, new = backtest(workspace)[1]["partitions"]
    assert (old["coverage"], old["n"]) == ("part", int(held(table(1, 60)).sum()))
    assert (new["coverage"], new["n"]) == ("no", len(table(2, 30)))


def test_a_version_of_all_rows_is_in_sample_and_keeps_its_own_rule(workspace: Workspace) -> None:
    made = trained(workspace, all_rows=True)
    assert made["trained"]["rows"] == len(table(1, 60))
    document = backtest(workspace)[1]
    assert (document["verdict"], document["partitions"][0]["coverage"]) == ("thin", "in-sample")


def test_reproducing_holds_the_same_rows_out(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.versions import reproducing

    trained(workspace)
    (workspace.root / "minutes.toml").write_text(SPEC.replace("worth", "hold_out = 0.5\nworth"))
    models.apply(workspace, workspace.root / "minutes.toml")
    with fitting_here():
        monkeypatch.setattr(reproducing, "fit", training.fit)
        found = reproducing.reproduce(workspace, "minutes", 1)
    assert found["identical"] and found["data_identical"]


def test_what_cannot_be_held_out_is_said(workspace: Workspace) -> None:
    def apply(change: str) -> None:
        (workspace.root / "minutes.toml").write_text(SPEC.replace("worth", f"{change}\nworth"))
        models.apply(workspace, workspace.root / "minutes.toml")

    frame = table(1, 60).assign(home=5)  # lies below a half
    frame.to_csv(workspace.root / "data" / "a.csv", index=False)
    apply('group = "home"\nhold_out = 0.9')
    with pytest.raises(DataError, match="labelled rows are held out, none is left"):
        training.train(workspace, "minutes")
    apply('time = "at"')
    with pytest.raises(UsageError, match="has a time column"):
        training.train(workspace, "minutes", all_rows=True)
    with pytest.raises(UsageError, match="hold_out is for models without a time column"):
        apply('time = "at"\nhold_out = 0.1')


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"as_of": "2024-03-01"}, "--as-of"),
        ({"since": "2024-03"}, "--since"),
        ({"until": "2024-03"}, "--until"),
    ],
)
def test_what_goes_by_time_is_refused_where_rows_have_none(
    workspace: Workspace, asked: dict[str, str], named: str
) -> None:
    trained(workspace)
    run = ran(workspace, "minutes", **asked)
    assert run.state == "failed" and f"{named} goes by the time of rows" in str(run.error)


def test_the_rows_of_two_rules_are_those_of_both() -> None:
    one, other = HoldOut(("a",), 0.5), HoldOut(("b",), 0.5)
    rows = {"a": np.arange(1000), "b": np.arange(1000) // 3}
    both = shared(Cut(held_out=(one,)), Cut(held_out=(other,)))
    assert both is not None and both == Cut(held_out=(other,)).both(Cut(held_out=(one,)))
    assert both.positions(rows, None).tolist() == np.flatnonzero(one.mask(rows) & other.mask(rows)).tolist()
    assert both.columns == ("a", "b")


def test_a_model_that_learned_elsewhere_is_judged_by_every_row(workspace: Workspace) -> None:
    from core.versions import registering

    frame = pd.read_csv(workspace.root / "data" / "a.csv")
    frame.assign(said=frame["minutes"] + 1.0).to_csv(workspace.root / "data" / "a.csv", index=False)
    done(workspace, "minutes", "register", {"recorded": "said"})
    done(workspace, "minutes", "register", {"recorded": "distance", "unseen": True})
    found = backtest(workspace)
    assert (found[1]["verdict"], found[2]["verdict"]) == ("warn", "pass")
    assert found[2]["partitions"][0]["n"] == len(frame)
    again = done(workspace, "minutes", "register", {"recorded": "said", "unseen": True}).result
    assert again is not None and (again["version"], again["existing"], again["told"]) == (1, True, True)
    assert backtest(workspace)[1]["verdict"] == "pass", "what nobody knew is known now"
    again = done(workspace, "minutes", "register", {"recorded": "said", "unseen": True}).result
    assert again is not None and not again["told"]
    with pytest.raises(UsageError, match="or on none of them"):
        registering.register(workspace, "minutes", recorded="said", unseen=True, trained_until="2024-01-01")
