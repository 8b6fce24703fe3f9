"""The parts that are copied: only the needed ones, and nothing but the standard library."""

from __future__ import annotations

import ast
import sys

import pytest

from core.standalone.library import MODULES, library
from core.standalone.source import OLDEST, standalone_source
from tests.incumbent.native.test_conformance import fitted_case

from .making import NUMBERS, ORIGIN, loaded


@pytest.mark.parametrize(
    "name", ["mixed-logistic", "trees-binary-GradientBoostingClassifier-6", "tfidf-logistic"]
)
def test_a_file_needs_the_standard_library_and_names_each_thing_that_it_uses(name: str) -> None:
    fitted = fitted_case(name)
    source = standalone_source(fitted.step, fitted.schema, NUMBERS, ORIGIN)
    tree = ast.parse(source, feature_version=OLDEST)
    modules = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    modules |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    assert {m.split(".")[0] for m in modules} <= sys.stdlib_module_names
    named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name != "predict":
            assert node.name in named or node.name == "scores", f"{node.name} is not used"


def test_a_linear_model_brings_no_trees_and_no_texts() -> None:
    fitted = fitted_case("mixed-logistic")
    names = loaded(standalone_source(fitted.step, fitted.schema, NUMBERS, ORIGIN))
    assert "one_hot" in names and "Forest" not in names and "counted" not in names and "struct" not in names


def test_every_part_keeps_to_the_oldest_python() -> None:
    from importlib import resources

    for module in MODULES:
        text = resources.files("core.standalone.parts").joinpath(f"{module}.py").read_text("utf-8")
        ast.parse(text, feature_version=OLDEST)
        assert "strict=" not in text and "sum(" not in text.replace("_sum(", "")
    assert len(library().pieces) > 60
