"""The predictor: every well-formed row has an answer, every malformed one an error that names the column."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import incumbent
import incumbent.production
from core import production
from core.workspace import Workspace
from incumbent import predictor as predicting
from incumbent.errors import BundleError, InputError, WorkError
from incumbent.predictor import Prediction, Predictor
from tests.core.checks.making import FEATURES, served
from tests.house import swap
from tests.incumbent.test_log import read

ROW = {"distance": 30.0, "wind": 12.0, "carrier": "bus"}
WINDLESS = {**ROW, "wind": None}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Version 2, which refuses rows without a wind, serves; version 1 stands behind it."""
    workspace = served(tmp_path_factory.mktemp("served"))
    production.swap(workspace, "late", 2, reason="careless", force=True)
    production.set_fallback(workspace, "late", (1,), reason="a net")
    return workspace


@pytest.fixture
def house(built: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(built.root, tmp_path / "house")
    return Workspace(tmp_path / "house")


@pytest.fixture
def folder(house: Workspace) -> Path:
    return house.root / "production" / "local" / "late"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the pointer before every prediction."""
    monkeypatch.setattr(predicting, "RELOAD_SECONDS", 0.0)


def rows(count: int = 50) -> list[dict[str, Any]]:
    """Rows of which every fifth has no wind."""
    random = np.random.default_rng(3)
    return [
        {
            "distance": float(random.gamma(4, 5)),
            "wind": None if i % 5 == 4 else float(random.normal(10, 4)),
            "carrier": str(random.choice(["bus", "rail", "new"])),
            "unused": i,
        }
        for i in range(count)
    ]


def told(prediction: Prediction) -> tuple[Any, ...]:
    """A prediction without its name."""
    return prediction[:5]


def damage(folder: Path, version: int) -> None:
    """Edit a published bundle by hand."""
    configuration = incumbent.production.read(folder)
    (link,) = [link for link in configuration.links() if link.version == version]
    (folder / "bundles" / link.hash / "profile.json").write_text("{}")


def test_the_champion_answers(folder: Path) -> None:
    answer = incumbent.open(folder).predict(ROW)
    assert (answer.version, answer.route, answer.reason) == (2, "champion", None)
    assert answer.value in ("no", "yes") and answer.probabilities is not None
    assert list(answer.probabilities) == ["no", "yes"]
    assert sum(answer.probabilities.values()) == pytest.approx(1.0)
    assert set(answer.document()) == {"id", "value", "probabilities", "version", "route", "reason"}


def test_a_row_that_the_champion_refuses_goes_down_the_chain(house: Workspace, folder: Path) -> None:
    with house.store() as store:
        first = house.bundle(store.versions.get("late", 1).hash)
    answer = incumbent.open(folder).predict(WINDLESS)
    assert (answer.version, answer.route) == (1, "fallback")
    assert answer.reason == "version 2 has no answer for this row"
    assert answer.probabilities is not None
    assert list(answer.probabilities.values()) == pytest.approx(first.predict_row(WINDLESS))


def test_the_baseline_is_the_last_link(house: Workspace, folder: Path) -> None:
    production.set_fallback(house, "late", (), reason="no net")
    answer = incumbent.open(folder).predict(WINDLESS)
    assert (answer.version, answer.route) == (None, "baseline")
    with house.store() as store:
        baseline = house.bundle(store.versions.get("late", 0).hash)
    assert answer.probabilities == dict(zip(["no", "yes"], baseline.predict_row({}), strict=True))


@pytest.mark.parametrize("id", [None, 5, "", b"a-1"])
def test_an_outcome_of_nothing_is_the_callers_error(folder: Path, id: Any) -> None:
    with incumbent.open(folder) as opened, pytest.raises(InputError, match="no id of a prediction"):
        opened.outcome(id, "yes")


def test_a_log_that_cannot_be_written_is_a_problem_and_no_prediction_fails(folder: Path) -> None:
    (folder / "log").write_text("a file where the folder should be")
    with incumbent.open(folder) as opened:
        assert opened.predict(ROW).route == "champion"
        assert opened._log is not None and not opened._log.flush(1.5)
        (problem,) = opened.problems
        assert problem.startswith("predictions cannot be logged: ") and opened.status()["problems"] == [
            problem
        ]
        (folder / "log").unlink()
        assert opened._log.flush(30)
        assert opened.problems == ()


def test_names_of_predictions_are_their_own(folder: Path) -> None:
    opened = incumbent.open(folder)
    names = [opened.predict(ROW).id for _ in range(50)] + [p.id for p in opened.predict_many([ROW] * 50)]
    assert len(set(names)) == 100


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"distance": 1.0, "wind": 2.0}, "carrier"),
        ({**ROW, "wind": "strong"}, "wind"),
        ({**ROW, "carrier": 7}, "carrier"),
        ({**ROW, "distance": [1]}, "distance"),
        ([1, 2, 3], "mapping"),
        (None, "mapping"),
    ],
)
@pytest.mark.parametrize("damaged", [False, True])
def test_a_malformed_row_is_the_callers_error(folder: Path, row: Any, column: str, damaged: bool) -> None:
    if damaged:  # the next in the chain is as strict
        damage(folder, 2)
    opened = incumbent.open(folder)
    with pytest.raises(ValueError, match=column):
        opened.predict(row)
    for listed in ([ROW, row], iter([ROW, row])):
        with pytest.raises(ValueError, match=f"row 1.*{column}"):
            opened.predict_many(listed)


def test_malformed_columns_are_named(folder: Path) -> None:
    opened = incumbent.open(folder)
    good: dict[str, Any] = {"distance": [1.0], "wind": [2.0], "carrier": ["bus"]}
    for bad, name in (
        ({"distance": [1.0], "wind": [2.0]}, "carrier"),
        ({**good, "wind": ["a"]}, "wind"),
        ({**good, "wind": 3.0}, "wind"),
        ({**good, "wind": [1.0, 2.0]}, "different lengths"),
        ({**good, "carier": good["carrier"], "carrier": [1]}, "carrier"),
    ):
        with pytest.raises(InputError, match=name):
            opened.predict_many(bad)


def test_every_form_of_many_rows_gives_what_single_rows_give(folder: Path) -> None:
    opened = incumbent.open(folder)
    listed = rows()
    single = [told(opened.predict(row)) for row in listed]
    frame = pd.DataFrame(listed)
    columns = {name: [row[name] for row in listed] for name in ("unused", *FEATURES)}
    assert {route for *_, route, _ in single} == {"champion", "fallback"}
    for form in (
        listed,
        iter(listed),
        columns,
        {**columns, "unused": [1]},
        frame,
        frame.convert_dtypes(),
        frame.astype({"carrier": "category"}),
        {name: frame[name] for name in FEATURES},
        {name: frame[name].to_numpy() for name in FEATURES},
    ):
        many = [told(p) for p in opened.predict_many(form)]
        for one, other in zip(single, many, strict=True):
            assert (one[0], *one[2:]) == (other[0], *other[2:])
            assert list(one[1].values()) == pytest.approx(list(other[1].values()), rel=1e-12)


def test_a_few_rows_are_predicted_one_by_one(folder: Path) -> None:
    with incumbent.open(folder) as opened:
        listed = rows()[: predicting.FEW]
        said = [opened.predict(row) for row in listed]
        for few in (opened.predict_many(listed), opened.predict_many(tuple(listed))):
            assert [p[:5] for p in few] == [p[:5] for p in said[: len(listed)]]  # to the last bit
            said += few
        named = opened.predict_version(1, listed)
        assert {(p.version, p.route) for p in named} == {(1, "named")}
        assert opened._log is not None and opened._log.flush()
    logged = {row["id"]: (row["value"], row["version"], row["route"]) for row in read(folder / "log")}
    assert logged == {p.id: (p.value, p.version, p.route) for p in [*said, *named]}


def test_no_rows_give_no_answers(folder: Path) -> None:
    opened = incumbent.open(folder)
    for nothing in ([], pd.DataFrame(columns=FEATURES), {name: [] for name in FEATURES}):
        assert opened.predict_many(nothing) == []


def test_a_new_revision_is_picked_up_by_itself(house: Workspace, folder: Path, at_once: None) -> None:
    opened = incumbent.open(folder)
    assert opened.predict(ROW).version == 2
    swap(house, "late", 3, reason="next")
    assert opened.predict(ROW).version == 3
    assert opened.configuration.why == "next"
    production.rollback(house, "late", reason="back")
    assert opened.predict(ROW).version == 2


def test_the_pointer_is_looked_at_now_and_then(
    house: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = incumbent.open(folder)
    present = [predicting.time.monotonic()]
    monkeypatch.setattr(predicting.time, "monotonic", lambda: present[0])
    swap(house, "late", 3, reason="next")
    assert opened.predict(ROW).version == 2
    present[0] += predicting.RELOAD_SECONDS + 0.1
    assert opened.predict(ROW).version == 3


def test_a_revision_that_does_not_load_leaves_the_old_one_at_work(
    house: Workspace, folder: Path, at_once: None, caplog: pytest.LogCaptureFixture
) -> None:
    opened = incumbent.open(folder)
    for broken in (b"{", b"[]", b'{"configuration": "revisions/99.json"}'):
        (folder / "current.json").write_bytes(broken)
        with caplog.at_level(logging.ERROR, "incumbent"):
            assert [opened.predict(ROW).version for _ in range(3)] == [2, 2, 2]
        assert any("does not load" in problem for problem in opened.problems)
        assert "does not load" in caplog.text
    production.publish(house, "late", site="local")
    assert opened.predict(ROW).version == 2 and not opened.problems


@pytest.mark.parametrize("lost", ["edited", "gone", "another"])
def test_a_damaged_bundle_is_skipped_and_reported(house: Workspace, folder: Path, lost: str) -> None:
    with house.store() as store:
        first, second = (store.versions.get("late", n).hash for n in (1, 2))
    if lost == "edited":
        damage(folder, 2)
    else:
        shutil.rmtree(folder / "bundles" / second)
        if lost == "another":
            shutil.copytree(folder / "bundles" / first, folder / "bundles" / second)
    opened = incumbent.open(folder)
    answer = opened.predict(ROW)
    assert (answer.version, answer.route) == (1, "fallback")
    assert len(opened.problems) == 1 and "version 2 is skipped" in opened.problems[0]
    for few in ([ROW, WINDLESS], iter([ROW, WINDLESS])):
        assert [p.version for p in opened.predict_many(few)] == [1, 1]


def test_a_bundle_that_arrives_later_is_taken_up(
    folder: Path, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A synchronised folder may bring the pointer before the bundle."""
    (link,) = [link for link in incumbent.production.read(folder).links() if link.version == 2]
    bundle, aside = folder / "bundles" / link.hash, folder / "aside"
    bundle.rename(aside)
    opened = incumbent.open(folder)
    aside.rename(bundle)
    assert opened.predict(ROW).version == 1
    monkeypatch.setattr(predicting, "RETRY_SECONDS", 0.0)
    assert opened.predict(ROW).version == 2 and not opened.problems


def test_without_any_bundle_the_baseline_answers(folder: Path) -> None:
    shutil.rmtree(folder / "bundles")
    opened = incumbent.open(folder)
    assert opened.predict(ROW).route == "baseline"
    for few in ([ROW, WINDLESS], iter([ROW, WINDLESS])):
        assert [p.route for p in opened.predict_many(few)] == ["baseline", "baseline"]
    assert len(opened.problems) == 2
    with pytest.raises(InputError):
        opened.predict(None)


def test_nothing_published_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="nothing is published") as missing:
        incumbent.open(tmp_path)
    assert "production swap" in missing.value.hint


def test_a_configuration_edited_by_hand_is_refused(folder: Path) -> None:
    path = sorted((folder / "revisions").iterdir())[-1]
    path.write_text(path.read_text().replace('"share": 0.0', '"share": 0.5'))
    with pytest.raises(BundleError, match=path.name):
        incumbent.open(folder)


def test_an_algorithm_that_fails_sends_the_row_down_the_chain(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = incumbent.open(folder)
    champion = opened._live.champion.bundle.algorithm()

    def broken(*_: Any) -> Any:
        raise MemoryError("no room")

    monkeypatch.setattr(champion, "predict_row", broken)
    monkeypatch.setattr(champion, "predict", broken)
    answer = opened.predict(ROW)
    assert (answer.version, answer.reason) == (1, "version 2: MemoryError: no room")
    for few in ([ROW], iter([ROW])):
        assert told(opened.predict_many(few)[0])[2:] == (1, "fallback", "version 2: MemoryError: no room")


def in_threads(work: Callable[[], None], count: int = 8) -> list[BaseException]:
    """Do work in several threads at once; the errors."""
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # handed to the test
            errors.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_threads_share_a_predictor_while_production_changes(
    house: Workspace, folder: Path, at_once: None
) -> None:
    opened = incumbent.open(folder)
    expected = {n: told(opened.predict(ROW))[:2] for n in (2,)}
    swap(house, "late", 3, reason="once")
    expected[3] = told(opened.predict(ROW))[:2]
    done = threading.Event()
    names: list[str] = []

    def ask() -> None:
        while not done.is_set():
            answer = opened.predict(ROW)
            assert answer.route == "champion" and told(answer)[:2] == expected[int(answer.version or 0)]
            names.append(answer.id)

    def change() -> None:
        for number in (2, 3, 2, 3):
            production.swap(house, "late", number, reason="to and fro", force=True)
        done.set()

    changing = threading.Thread(target=change)
    changing.start()
    errors = in_threads(ask, 4)
    changing.join()
    assert not errors and len(set(names)) == len(names) > 100


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_predicts_and_names_differently(folder: Path) -> None:
    opened = incumbent.open(folder)
    expected = told(opened.predict(ROW))
    reading, writing = os.pipe()
    with opened._lock:  # as if another thread were just looking at the pointer
        child = os.fork()
        if child == 0:
            answer = opened.predict(ROW)
            os.write(writing, f"{answer.id} {told(answer) == expected}".encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as said:
        name, equal = said.read().split()
    assert equal == "True"
    assert name.partition("-")[0] != opened.predict(ROW).id.partition("-")[0]


def test_predictors_that_are_dropped_leave_nothing_behind(folder: Path) -> None:
    import gc
    import weakref

    opened = Predictor(folder)
    gone = weakref.ref(opened)
    del opened
    gc.collect()
    assert gone() is None
