"""Rows held out of training: the same ones whatever their order, their number and the types they come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.data import open_source
from core.data.hold_out import HoldOut, places
from core.spec import ModelSpec, parse
from incumbent.columns import column

SPEC = 'name = "m"\ntask = "regression"\ntarget = "y"\ndata = "rows.csv"\n'
values = st.one_of(st.integers(-(2**40), 2**40), st.text(max_size=8), st.none())


def test_a_share_of_distinct_rows_is_held_out() -> None:
    held = HoldOut(("a", "b"), 0.2).mask({"a": np.arange(50_000) % 500, "b": np.arange(50_000) // 500})
    assert abs(held.mean() - 0.2) < 0.01  # five standard errors
    assert not HoldOut((), 0.0).mask({"a": np.arange(3)}).any()
    assert HoldOut((), 1.0).mask({"a": np.arange(3)}).all()


@given(st.lists(st.tuples(values, st.floats(allow_nan=True)), min_size=1, max_size=20), st.randoms())
def test_order_and_company_of_a_row_do_not_matter(rows: list[tuple[Any, float]], random: Any) -> None:
    def placed(some: list[tuple[Any, float]]) -> list[float]:
        texts = column([None if t is None else str(t) for t, _ in some])
        found: list[float] = places({"t": texts, "x": np.array([x for _, x in some])}, ("t", "x")).tolist()
        return found

    shuffled = random.sample(range(len(rows)), len(rows))
    assert placed([rows[i] for i in shuffled]) == [placed([row])[0] for row in (rows[i] for i in shuffled)]


@given(st.lists(st.integers(-(2**52), 2**52), min_size=1, max_size=20))
def test_a_number_is_one_value_in_every_type(numbers: list[int]) -> None:
    kinds = [np.array(numbers), np.array(numbers, dtype=np.float64), column([str(n) for n in numbers])]
    found = [places({"n": each}, ("n",)).tolist() for each in kinds]
    assert found[0] == found[1] == found[2]


def test_truth_values_and_nulls_are_one_value_in_every_type() -> None:
    truths = [column([True, False]), column(["True", "false"]), column([1.0, 0.0])]
    assert len({tuple(places({"b": each}, ("b",))) for each in truths}) == 1
    nulls = [column(["x", None]), column([1.0, None])]
    assert len({places({"n": each}, ("n",))[1] for each in nulls}) == 1
    assert places({"n": np.array([0.0])}, ("n",)) == places({"n": np.array([-0.0])}, ("n",))


def rule(folder: Path, text: str = "") -> HoldOut | None:
    (folder / "rows.csv").write_text("id,home,x,w,y\n1,a,0.5,1,2\n2,b,0.7,1,3\n")
    spec: ModelSpec = parse(SPEC + text)
    return HoldOut.of(spec, open_source(spec, folder).describe())


def test_what_decides_is_the_group_else_the_key_else_the_row(tmp_path: Path) -> None:
    assert rule(tmp_path) == HoldOut(("id", "home", "x", "w"), 0.2)
    assert rule(tmp_path, 'weight = "w"\n[columns]\nid = "ignore"\n') == HoldOut(("home", "x"), 0.2)
    assert rule(tmp_path, 'key = "id"\nhold_out = 0.5\n') == HoldOut(("id",), 0.5)
    assert rule(tmp_path, 'key = "id"\ngroup = "home"\n') == HoldOut(("home",), 0.2)
    assert rule(tmp_path, "hold_out = 0\n") == HoldOut((), 0.0)
    assert rule(tmp_path, 'partition = "home"\n') == HoldOut(("id", "home", "x", "w"), 0.2, ("a", "b"))
    assert HoldOut.from_document(HoldOut(("id",), 0.5, ("a",)).document()) == HoldOut(("id",), 0.5, ("a",))
