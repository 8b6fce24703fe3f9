"""Generated rides, which the houses of the tests are about: late or not, how big, how long."""

from __future__ import annotations

import numpy as np
import pandas as pd

FIRST = "2024-01-01"


def rides(seed: int = 7, days: int = 244, per_day: int = 12) -> pd.DataFrame:
    """Rides in order of time; some winds and some outcomes are not known. July is missing altogether."""
    random = np.random.default_rng(seed)
    count = days * per_day
    at = pd.Timestamp(FIRST) + pd.to_timedelta(np.arange(count) * (24 / per_day), unit="h")
    distance = random.gamma(4.0, 5.0, count)
    wind = random.normal(10.0, 4.0, count)
    carrier = random.choice(["bus", "rail", "tram"], count, p=[0.5, 0.3, 0.2])
    slow = np.select([carrier == "bus", carrier == "rail"], [0.9, -0.4], 0.0)
    score = 0.09 * (distance - 20) + 0.12 * (wind - 10) + slow + random.logistic(0, 1, count)
    minutes = 2.0 * distance + 0.7 * wind + 6 * slow + random.normal(0, 5, count)
    wind[random.random(count) < 0.03] = np.nan
    late = np.where(score > 0.4, "yes", "no").astype(object)
    size = np.select([score < -0.6, score < 0.9], ["small", "middle"], "large").astype(object)
    unknown = random.random(count) < 0.02
    late[unknown] = None
    size[unknown] = None
    frame = pd.DataFrame(
        {
            "at": at,
            "distance": distance.round(3),
            "wind": wind.round(3),
            "carrier": carrier,
            "stop": random.integers(0, 40, count),
            "passengers": random.integers(1, 9, count).astype(float),
            "late": late,
            "size": size,
            "minutes": minutes.round(3),
        }
    )
    return frame[frame["at"].dt.month != 7].reset_index(drop=True)
