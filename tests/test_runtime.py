"""The small distribution as software that makes predictions meets it: built, installed, used."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

import incumbent
from tests.house import fitting_here, swap

SOURCE = Path(incumbent.__file__).parent
NEWER = {"tomllib", "datetime.UTC", "enum.StrEnum", "typing.Self", "typing.assert_never", "typing.Never"}
ROW = {"distance": 1400.0, "hour": 7, "carrier": "UA"}

SPEC = """
name = "flights"
task = "classification"
target = "late"
positive = 1
time = "when"
partition = "month"
data = "flights.csv"
metric = "roc_auc"
pipeline = "flights.py"
"""

PIPELINE = """
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

PARAMS = {"kind": "linear"}

def build(kind):
    numbers = ["distance", "hour"]
    if kind == "linear":
        columns = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(), ["carrier"]))
        return make_pipeline(columns, LogisticRegression())
    columns = make_column_transformer((OrdinalEncoder(), ["carrier"]), ("passthrough", numbers))
    return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=5, random_state=0))
"""

PREDICT = """
import importlib.util, json, sys
import incumbent
strangers = ["pandas", "sklearn", "scipy", "joblib", "numba", "core", "store", "cli", "tui"]
found = [name for name in strangers if importlib.util.find_spec(name)]
answer = incumbent.open(sys.argv[1]).predict(json.loads(sys.argv[2]))
print(json.dumps({**answer.document(), "found": found, "from": incumbent.__file__}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``incumbent-runtime``, built from a copy of the folder alone."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(SOURCE, folder / "copy", ignore=shutil.ignore_patterns("__pycache__"))
    command = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(folder / "copy")]
    _run([sys.executable, *command])
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel and numpy, and nothing else."""
    folder = tmp_path_factory.mktemp("clean")
    _run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    interpreter = folder / "bin" / "python"
    place = _run([str(interpreter), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    _expose("numpy", Path(place.strip()))
    install = ["--python", str(interpreter), "install", "--no-index", "--quiet", str(wheel)]
    _run([sys.executable, "-m", "pip", *install])  # resolves dependencies: numpy must be enough
    return interpreter


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, float]]:
    """Folders as a site gets them, with the probability that scikit-learn gives: linear and boosted."""
    from core import models
    from core.versions import train
    from core.workspace import Workspace

    root = tmp_path_factory.mktemp("house")
    frame = _rows()
    frame.to_csv(root / "flights.csv", index=False)
    (root / "flights.toml").write_text(SPEC)
    (root / "flights.py").write_text(PIPELINE)
    workspace = Workspace.create(root)
    models.apply(workspace, root / "flights.toml", who="ada")
    made = {}
    for kind in ("linear", "boosted"):
        with fitting_here():
            version = train(workspace, "flights", parameters={"kind": kind})
        assert version["algorithm"] == "native"
        swap(workspace, "flights", version["version"], reason="test", who="ada")
        site = tmp_path_factory.mktemp("site") / "flights"
        shutil.copytree(root / "production" / "local" / "flights", site)
        made[kind] = (site, _probability(kind, frame))
    return made


def test_the_wheel_holds_the_folder_and_nothing_else(wheel: Path) -> None:
    names = [n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n]
    wanted = {f"incumbent/{p.relative_to(SOURCE).as_posix()}" for p in SOURCE.rglob("*.py")}
    assert set(names) == wanted | {"incumbent/py.typed"}


def test_numpy_is_the_one_hard_dependency(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        lines = archive.read(name).decode().splitlines()
    required = [line for line in lines if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert required == ["Requires-Dist: numpy>=1.26"]
    assert f"Version: {incumbent.__version__}" in lines


@pytest.mark.parametrize("kind", ["linear", "boosted"])
def test_a_published_model_predicts_beside_numpy_alone(
    kind: str, python: Path, published: dict[str, tuple[Path, float]]
) -> None:
    folder, expected = published[kind]
    answer = json.loads(_run([str(python), "-I", "-c", PREDICT, str(folder), json.dumps(ROW)]))
    assert answer["found"] == []
    assert Path(answer["from"]).is_relative_to(python.parents[1])
    assert answer["route"] == "champion" and answer["reason"] is None
    assert answer["probabilities"]["1"] == pytest.approx(expected, rel=1e-12)


def test_importing_it_needs_only_the_standard_library(python: Path) -> None:
    code = (
        "import json, sys; before = set(sys.modules); import incumbent, incumbent.errors, incumbent.files; "
        "print(json.dumps(sorted({n.partition('.')[0] for n in set(sys.modules) - before})))"
    )
    loaded = set(json.loads(_run([str(python), "-I", "-c", code])))
    assert loaded - set(sys.stdlib_module_names) == {"incumbent"}


def test_the_source_is_python_3_10() -> None:
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"), filename=str(path), feature_version=(3, 10))
        assert not NEWER & _imported(tree), f"{path} imports what Python 3.10 does not have"


def _imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _rows() -> Any:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    count = 400
    distance, hour = rng.normal(1000, 300, count).round(1), rng.integers(0, 24, count)
    carrier = rng.choice(["UA", "AA"], count)
    late = distance / 1000 + (carrier == "UA") + rng.normal(0, 0.5, count) > 1.4
    return pd.DataFrame(
        {
            "when": pd.date_range("2013-01-01", periods=count, freq="3h"),
            "distance": distance,
            "hour": hour,
            "carrier": carrier,
            "late": late.astype(int),
        }
    )


def _probability(kind: str, frame: Any) -> float:
    import pandas as pd

    scope: dict[str, Any] = {}
    exec(PIPELINE, scope)
    fitted = scope["build"](kind).fit(frame[["distance", "hour", "carrier"]], frame["late"])
    return float(fitted.predict_proba(pd.DataFrame([ROW]))[0, 1])


def _expose(name: str, target: Path) -> None:
    """Make one installed distribution importable in another environment, by links."""
    found = distribution(name)
    tops = {path.parts[0] for path in found.files or () if path.parts[0] not in ("..", "__pycache__")}
    for top in tops:
        source = Path(str(found.locate_file(top)))
        (target / top).symlink_to(source, target_is_directory=source.is_dir())


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:] or done.stdout[-2000:]
    return done.stdout
