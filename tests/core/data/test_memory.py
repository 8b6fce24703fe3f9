"""A corpus larger than memory: what is held does not grow with the number of files."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from core.spec import DataSpec, dump
from tests.core.data.conftest import spec_of

STREAM = """
import resource, sys
from core.data import open_source
from core.spec import parse
source = open_source(parse(open(sys.argv[1]).read()), sys.argv[2])
rows = sum(partition.rows for partition, _ in source.columns())
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_peak_memory_is_flat_in_the_number_of_months(form, tmp_path):
    peaks = {}
    rng = np.random.default_rng(0)
    for months in (4, 16):
        folder = tmp_path / str(months)
        folder.mkdir()
        for number in range(months):
            start = np.datetime64("2013-01", "M") + number
            at = start.astype("datetime64[us]") + np.sort(rng.integers(0, 27 * 86_400, 40_000)).astype(
                "timedelta64[s]"
            )
            frame = pd.DataFrame({f"x{i}": rng.normal(size=len(at)).round(4) for i in range(10)})
            frame.insert(0, "at", at)
            frame["late"] = rng.integers(0, 2, len(at))
            name = folder / f"rides-{number}.{form}"
            frame.to_parquet(name) if form == "parquet" else frame.to_csv(name, index=False)
        (folder / "spec.toml").write_text(dump(spec_of(DataSpec(path=f"rides-*.{form}"))))
        command = [sys.executable, "-c", STREAM, str(folder / "spec.toml"), str(folder)]
        rows, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        assert int(rows) == months * 40_000
        peaks[months] = int(peak)
    assert peaks[16] < 1.15 * peaks[4]
