"""The stress test over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.checks.stress.over_http import served
from core.workspace import Workspace
from incumbent.errors import WorkError
from tests.core.checks.making import checked


@pytest.mark.slow
def test_the_load_goes_through_the_service(house: Workspace) -> None:
    quick = checked(house, "late", "stress", versions=[1], rate=5.0, seconds=1.0)
    document = checked(house, "late", "stress", versions=[1], rate=5.0, seconds=1.0, http=True)
    assert document["verdict"] == "pass", document["failed"]
    (version,) = document["versions"]
    assert version["errors"] == version["fallbacks"] == 0
    direct = quick["versions"][0]["single"]["throughput"]["value"]
    assert 10 < version["single"]["throughput"]["value"] < direct


def test_a_service_that_does_not_begin_says_why(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="nothing is published"), served(tmp_path):
        pass
