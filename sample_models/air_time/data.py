"""The flights of ``sample_models/flights``: the two models read the same files."""

from __future__ import annotations

from pathlib import Path

from sample_models.flights.data import make

__all__ = ["make"]

if __name__ == "__main__":
    for written in make(Path("data")):
        print(written)  # noqa: T201
