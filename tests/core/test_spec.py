"""The model's spec: what is read, what is refused, and that it round-trips."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.spec import Cost, DataSpec, ModelSpec, RequirementSpec, dump, load, parse
from incumbent.errors import UsageError

FLIGHTS = """
name = "flights"
task = "classification"
target = "late"
positive = 1
time = "scheduled"
partition = "month"
data = "../data/flights-*.parquet"
metric = "roc_auc"
worth = 0.005
cost = { fp = 1, fn = 5 }
private = ["passenger", "phone"]
window = "7d"
label_delay = "2d"
timezone = "America/New_York"
pipeline = "flights.py"
python = "../../ml/.venv/bin/python"

[requirements]
roc_auc = { min = 0.66, mean = 0.70 }
brier = [{ range = [0.10, 0.20], segment = "carrier" }, { max = 0.3 }]

[software]
test = "pytest ../app/tests"

[log]
share = 0.25
keep = "90d"
size = "1.5GB"

[columns]
carrier = "category"
"""


def test_every_key_is_read():
    spec = parse(FLIGHTS)
    assert spec.data == DataSpec(path="../data/flights-*.parquet")
    assert spec.cost == Cost(1.0, 5.0)
    assert spec.software_test == "pytest ../app/tests"
    assert spec.columns == {"carrier": "category"}
    assert spec.private == ("passenger", "phone")
    assert (spec.log.share, spec.log.keep_days, spec.log.bytes) == (0.25, 90, 1_500_000_000)
    assert spec.requirements == (
        RequirementSpec("roc_auc", min=0.66, mean=0.70),
        RequirementSpec("brier", range=(0.10, 0.20), segment="carrier"),
        RequirementSpec("brier", max=0.3),
    )


def test_defaults_follow_the_task_and_the_time_column():
    base = 'name = "a"\ntask = "{}"\ntarget = "y"\ndata = "a.csv"\n'
    assert parse(base.format("regression")).metric == "mae"
    assert parse(base.format("classification")).metric == "log_loss"
    assert parse(base.format("classification") + "positive = 1").metric == "roc_auc"
    assert parse(base.format("regression")).partition == "all"
    assert parse(base.format("regression") + 'time = "at"').partition == "month"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("metric =", "metrc ="), "metrc is not a key of a model's spec (did you mean 'metric'?)"),
        (('"classification"', '"clasification"'), "did you mean 'classification'?"),
        (('name = "flights"', 'name = "../flights"'), "name must be letters, digits"),
        (('name = "flights"', 'name = "."'), "name must be letters, digits"),
        (("target =", "targets ="), "target is missing"),
        (('"7d"', '"7x"'), "window: 'x' in '7x' is not a unit of time"),
        (("min = 0.66", "mim = 0.66"), "requirements.roc_auc.mim is not a key"),
        (("min = 0.66, mean = 0.70", ""), "requirements.roc_auc must be a table such as"),
        (("[0.10, 0.20]", "[0.20, 0.10]"), "requirements.brier.range must be two numbers, the lower first"),
        (("{ max = 0.3 }", "{ max = 0.3, segment = 'carrier' }"), "given more than once"),
        (('"category"', '"categry"'), "columns.carrier must be number or category"),
        (("worth = 0.005", "worth = -1"), "worth must be a number, 0 or more, not -1"),
        (("worth = 0.005", "worth = nan"), "worth must be a number, 0 or more, not nan"),
        (("worth = 0.005", "threshold = 0.4"), "threshold and cost exclude each other"),
        (("fn = 5", "fnn = 5"), "cost.fnn is not a key"),
        (("America/New_York", "America/NewYork"), "'America/NewYork' is not a time zone"),
        (('time = "scheduled"', ""), "partition = 'month' needs a time column"),
        (('"../data/flights-*.parquet"', '"sqlite:///a.db"'), "data must be a path"),
        (('"../data/flights-*.parquet"', '{ url = "sqlite:///a.db" }'), "data.query is missing"),
        (('"../data/flights-*.parquet"', '{ url = "a.db", query = "select 1" }'), "an SQLAlchemy URL"),
        (('carrier = "category"', 'late = "ignore"'), "the target cannot be ignored"),
        (("positive = 1", "positive = [1]"), "positive must be a value of the target"),
        (("[software]", "[software"), "is not TOML"),
        (("share = 0.25", "share = 25"), "log.share must be a number from 0 to 1, not 25"),
        (('"90d"', '"90 moons"'), "log.keep: 'moons' in '90 moons' is not a unit of time"),
        (('"1.5GB"', '"much"'), "log.size: 'much' is not a size"),
        (('["passenger", "phone"]', '"phone"'), "private must be a list of column names"),
    ],
)
def test_a_mistake_is_named_with_its_key(change, said):
    text = FLIGHTS.replace(*change)
    assert text != FLIGHTS
    with pytest.raises(UsageError) as caught:
        parse(text, "flights.toml")
    assert said in str(caught.value)
    assert caught.value.message.startswith("flights.toml")


def test_several_mistakes_are_reported_at_once():
    with pytest.raises(UsageError) as caught:
        parse(FLIGHTS.replace("metric =", "metrc =").replace('"7d"', '"soon"').replace("fp", "fq"))
    assert all(word in caught.value.message for word in ("metrc", "soon", "cost.fq", "mistakes"))


def test_regression_refuses_what_only_classes_have():
    text = 'name = "a"\ntask = "regression"\ntarget = "y"\ndata = "a.csv"\nthreshold = 0.5\npositive = 1'
    with pytest.raises(UsageError, match="threshold has no meaning in a regression"):
        parse(text)


def test_a_missing_file_names_the_one_beside_it(tmp_path):
    (tmp_path / "flights.toml").write_text(FLIGHTS)
    assert load(tmp_path / "flights.toml") == parse(FLIGHTS)
    with pytest.raises(UsageError, match=r"did you mean 'flights\.toml'"):
        load(tmp_path / "flihgts.toml")
    (tmp_path / "latin.toml").write_bytes('name = "é"'.encode("latin-1"))
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "latin.toml")


def test_paths_become_relative_to_the_workspace_or_absolute():
    spec = parse(FLIGHTS).relative_to(Path("/w/models"), Path("/w"))
    assert spec.data == DataSpec(path="data/flights-*.parquet")
    assert spec.pipeline == "models/flights.py"
    assert spec.python == "/ml/.venv/bin/python"
    by_query = parse(
        FLIGHTS.replace('"../data/flights-*.parquet"', '{ url = "sqlite:///a.db", query = "select 1" }')
    )
    moved = by_query.relative_to(Path("/w/models"), Path("/w"))
    assert moved.data == DataSpec(url="sqlite:///models/a.db", query="select 1")


def test_a_bare_command_stays_a_command():
    spec = parse(FLIGHTS.replace("../../ml/.venv/bin/python", "python3.12"))
    assert spec.relative_to(Path("/w/models"), Path("/w")).python == "python3.12"


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, min_size=1).filter(str.strip)
numbers = st.floats(allow_nan=False, allow_infinity=False)
limits = st.fixed_dictionaries({"min": numbers}, optional={"mean": numbers, "segment": texts})


@st.composite
def specs(draw):
    path = texts.filter(lambda t: "://" not in t)
    data = path.map(lambda p: DataSpec(path=p)) | texts.map(lambda q: DataSpec(url="sqlite:///a.db", query=q))
    return ModelSpec(
        name=draw(st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=100)),
        task="classification",
        target="target",
        metric=draw(texts),
        positive=draw(st.none() | texts | st.integers(-(2**53), 2**53) | st.booleans() | numbers),
        time="at",
        partition=draw(st.sampled_from(["day", "week", "file", "all"]) | texts),
        data=draw(data),
        worth=draw(st.none() | st.floats(0, 1e300)),
        threshold=draw(st.none() | st.floats(0, 1)),
        window=draw(st.none() | st.sampled_from(["7d", "1 month", "1d 12h"])),
        requirements=tuple(
            RequirementSpec(metric, **draw(limits))
            for metric in draw(st.lists(texts, unique=True, max_size=3))
        ),
        software_test=draw(st.none() | texts),
        columns=draw(
            st.dictionaries(
                texts.filter(lambda t: t not in ("target", "at")), st.sampled_from(["text", "ignore"])
            )
        ),
    )


@given(specs())
@settings(max_examples=40, deadline=None)
def test_spec_round_trips_through_toml_and_json(spec):
    assert parse(dump(spec)) == spec
    document = json.loads(json.dumps(spec.document(), allow_nan=False))
    assert ModelSpec.from_document(document) == spec
