"""A bundle opens as it was written, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from incumbent.bundle import Bundle, install_bundle, write_bundle
from incumbent.errors import BundleError
from incumbent.schema import InputColumn, InputSchema, OutputSchema

INPUT = InputSchema((InputColumn("a", "number", "float64", 0.0, 1.0), InputColumn("b", "category", "text")))
OUTPUT = OutputSchema("classification", "probabilities", (0, 1), 1)


def make(folder: Path, name: str = "bundle", commit: str = "c0", **changes: object) -> Bundle:
    contents = folder / f"{name}-contents"
    (contents / "modules").mkdir(parents=True)
    (contents / "coefficients.json").write_text('{"a": 1}')
    (contents / "modules" / "größe.py").write_text("x = 1\n")
    arguments: dict[str, object] = {
        "model": "flights",
        "algorithm": "native",
        "input": INPUT,
        "output": OUTPUT,
        "contents": contents,
        "agreement": {"max_difference": 1e-16, "rows": 3},
        "tried": [{"algorithm": "native", "accepted": True, "max_difference": 1e-16, "reason": ""}],
        "profile": {"format": 1},
        "lineage": {"commit": commit},
        **changes,
    }
    return write_bundle(folder / name, **arguments)  # type: ignore[arg-type]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = make(tmp_path)
    read = Bundle.open(tmp_path / "bundle", expect=written.hash)
    assert (read.input, read.output) == (INPUT, OUTPUT)
    assert read.manifest.document() == written.manifest.document()
    assert read.lineage() == {"commit": "c0"}
    assert read.profile() == {"format": 1}
    assert read.labels == ("0", "1")


def test_same_content_has_same_bytes_and_another_commit_the_same_hash(tmp_path: Path) -> None:
    first, second, third = make(tmp_path), make(tmp_path, "again"), make(tmp_path, "later", commit="c1")
    assert (first.path / "bundle.json").read_bytes() == (second.path / "bundle.json").read_bytes()
    assert third.hash == first.hash
    assert make(tmp_path, "other", model="trains").hash != first.hash


@pytest.mark.parametrize("name", ["coefficients.json", "modules/größe.py", "profile.json", "lineage.json"])
@pytest.mark.parametrize("how", ["altered", "truncated", "missing"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, how: str) -> None:
    path = make(tmp_path).path / name
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + (b"" if how == "truncated" else b"!"))
    with pytest.raises(BundleError, match=name.replace(".", r"\.")):
        Bundle.open(tmp_path / "bundle")


@pytest.mark.parametrize("how", ["truncated", "link"])
def test_a_manifest_that_is_not_the_file_that_was_written_is_named(tmp_path: Path, how: str) -> None:
    path = make(tmp_path).path / "bundle.json"
    if how == "link":
        path.rename(tmp_path / "elsewhere.json")
        path.symlink_to(tmp_path / "elsewhere.json")
    else:
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BundleError, match=r"bundle\.json"):
        Bundle.open(tmp_path / "bundle")


def test_a_file_too_many_is_named(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "bundle" / "modules" / "extra.pyc").write_bytes(b"")
    with pytest.raises(BundleError, match=r"modules/extra\.pyc"):
        Bundle.open(tmp_path / "bundle")


def edit(folder: Path, **changes: object) -> None:
    path = folder / "bundle" / "bundle.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}) + "\n")


def test_an_edited_manifest_is_refused(tmp_path: Path) -> None:
    make(tmp_path)
    edit(tmp_path, model="trains")
    with pytest.raises(BundleError, match=r"bundle\.json has been altered"):
        Bundle.open(tmp_path / "bundle", verify=False)


def test_a_truncated_manifest_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path).path / "bundle.json"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BundleError, match=r"bundle\.json cannot be read"):
        Bundle.open(tmp_path / "bundle")


def test_a_newer_format_says_so(tmp_path: Path) -> None:
    make(tmp_path)
    edit(tmp_path, format=2)
    with pytest.raises(BundleError, match="made by a newer Incumbent"):
        Bundle.open(tmp_path / "bundle")


def test_a_manifest_cannot_reach_outside(tmp_path: Path) -> None:
    make(tmp_path)
    edit(tmp_path, files={"../secret": "0"})
    with pytest.raises(BundleError, match="outside the bundle"):
        Bundle.open(tmp_path / "bundle")


def test_another_bundle_than_expected_is_refused(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(BundleError, match="not the one asked for"):
        Bundle.open(tmp_path / "bundle", expect="0" * 64)


def test_no_bundle_at_all(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no bundle"):
        Bundle.open(tmp_path / "nothing")
    with pytest.raises(BundleError, match="not a bundle"):
        Bundle.open(tmp_path)


def test_installing_twice_keeps_the_first(tmp_path: Path) -> None:
    first = install_bundle(make(tmp_path).path, tmp_path / "bundles")
    second = install_bundle(make(tmp_path, "again", commit="c1").path, tmp_path / "bundles")
    assert first.path == second.path == tmp_path / "bundles" / first.hash
    assert second.lineage() == {"commit": "c0"}
