"""What the log says of a trial: rows of champion and challenger, paired or apart, with losses and failures.

In shadow both versions answer every row, so rows are paired: far less is needed to tell than where each key
has one answer (rule 11). Where a challenger serves a share of the keys, rows belong to whom their key falls
to, whoever answered at last: what the challenger could not answer counts for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.statistics.confidence_sequence import Effect, paired_effect, split_effect
from core.trial.losses import Losses, LossName, losses_of

if TYPE_CHECKING:
    from core.spec import ModelSpec
    from core.workspace import Workspace
    from store import Store
    from store.records import Trial

Mask = NDArray[np.bool_]
SHADOW, CHAMPION, CHALLENGER, CONTROL = "shadow", "champion", "challenger", "control"
#: Of predictions whose caller named the version: they take no part in a trial.
NAMED = "named"

#: What is known of each row of an arm.
_TOLD = ["loss", "failed", "seconds"]


@dataclass(frozen=True)
class Observations:
    """The rows of a trial.

    Parameters
    ----------
    frame : DataFrame
        ``at`` (UTC), ``unit`` (the key, or the prediction's id), ``known`` (since when it is known what
        happened; null: not yet), and either ``challenged`` (bool), ``loss``, ``failed``, ``seconds``, or,
        where rows are paired, the last three once as ``champion.…`` and once as ``challenger.…``.
    paired : bool
    loss : str
        Which loss it is.
    missed : int
        Rows of the champion that the other version did not answer: shadows that were dropped.
    by_key : bool
        Whether units are keys.
    silent : tuple of str
        Sites whose log has no answer of the challenger yet.
    control : DataFrame, optional
        ``at``, ``known`` and ``loss`` of the rows that no version answered, by lot: what the baseline says of
        them. They take no part in the comparison.
    """

    frame: pd.DataFrame
    paired: bool
    loss: LossName
    missed: int
    by_key: bool
    silent: tuple[str, ...] = ()
    control: pd.DataFrame | None = None

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.frame)

    def values(self, name: str, challenger: bool) -> NDArray[np.float64]:
        """``loss``, ``failed`` or ``seconds`` of one arm's rows."""
        if self.paired:
            arm = CHALLENGER if challenger else CHAMPION
            return self.frame[f"{arm}.{name}"].to_numpy(dtype=np.float64)
        rows = self.frame.loc[self.frame["challenged"] == challenger, name]
        return rows.to_numpy(dtype=np.float64)

    def only(self, rows: Mask) -> Observations:
        """Some of the rows."""
        return replace(self, frame=self.frame[rows].reset_index(drop=True))

    def blocks(self, since: datetime, length: pd.Timedelta) -> NDArray[np.int64]:
        """In which block of time after the beginning each row lies."""
        away = (self.frame["at"] - pd.Timestamp(since)).to_numpy()
        return np.asarray(away // length.to_timedelta64(), dtype=np.int64)

    def units(self) -> NDArray[np.int64]:
        """A code for each row's unit."""
        if self.frame["unit"].dtype == np.int64:
            return self.frame["unit"].to_numpy(dtype=np.int64)
        codes, _ = pd.factorize(self.frame["unit"])
        return np.asarray(codes, dtype=np.int64)

    def coded(self) -> Observations:
        """The same rows with units as codes, which are quicker to count than texts."""
        return replace(self, frame=self.frame.assign(unit=self.units()))

    def effect(self, name: str, block: NDArray[np.int64]) -> Effect:
        """By how much the challenger has less of something: above zero is better.

        Parameters
        ----------
        name : str
            A column of each arm.
        """
        if self.paired:
            difference = self.values(name, False) - self.values(name, True)
            return paired_effect(difference, self.units(), block)
        told = self.frame[name].to_numpy(dtype=np.float64)
        return split_effect(told, self.units(), block, self.frame["challenged"].to_numpy(dtype=bool))


def observe(workspace: Workspace, store: Store, trial: Trial, until: datetime | None = None) -> Observations:
    """Read what the log has of a trial.

    Parameters
    ----------
    until : datetime, optional
        Rows before it (UTC).
    """
    from core.traffic import Traffic

    spec = Traffic.open(workspace, store, trial.model).spec
    losses = losses_of(workspace, store, spec, (trial.version, trial.champion), trial.champion)
    since = moment(trial.since)
    end = min(x for x in (until, moment(trial.ended) if trial.ended else None, datetime.max) if x is not None)
    frames, silent, missed, controls = [], [], 0, []
    for site in trial.sites:
        traffic = Traffic.open(workspace, store, trial.model, site)
        batches = (batch.meta for batch in traffic.read(since, None if end == datetime.max else end, ()))
        told = _told(batches, losses)
        untreated = told["route"] == CONTROL
        controls.append(told.loc[untreated, ["at", "known", "loss"]])
        told = told[~untreated]
        begin = _first_answer(told, trial)
        if begin is None:
            silent.append(site)
            continue
        told = told[told["at"] >= begin]
        found, lost = _pairs(told, trial) if trial.mode != "share" else (_arms(told, trial, spec, store), 0)
        frames.append(found)
        missed += lost
    whole = pd.concat(frames, ignore_index=True) if frames else _nothing(trial.mode != "share")
    by_key = spec.key is not None and spec.key not in spec.private
    control = pd.concat(controls, ignore_index=True)
    return Observations(
        whole, trial.mode != "share", losses.name, missed, by_key, tuple(silent),
        control if len(control) else None,
    )  # fmt: skip


def moment(text: str) -> datetime:
    """A moment of the store as the log has it: UTC, without a zone."""
    from store.clock import moment as read

    return read(text).replace(tzinfo=None)


def _told(batches: Iterator[pd.DataFrame], losses: Losses) -> pd.DataFrame:
    """What is needed of every logged row."""
    names = ["id", "at", "key", "version", "route", "reason", "seconds", "known"]
    found = []
    for meta in batches:
        meta = meta[meta["route"] != NAMED]
        kept = meta[names].copy()
        kept["loss"] = losses.of(meta)
        kept["failed"] = _failed(meta)
        kept["known"] = kept["known"].where(meta["actual"].notna())
        found.append(kept)
    if not found:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in [*names, "loss", "failed"]})
    told = pd.concat(found, ignore_index=True)
    return told.drop_duplicates(["id", "route", "version"], ignore_index=True)


def _failed(meta: pd.DataFrame) -> Mask:
    """Rows that the version which was asked first did not answer; a rule that comes first is no failure."""
    route = meta["route"]
    by_rule = (route == "rules") & meta["reason"].fillna("").str.startswith("rule:")
    shadow = (route == SHADOW) & meta["value"].isna()
    failed: Mask = (shadow | (~route.isin([SHADOW, CHAMPION, CHALLENGER, CONTROL]) & ~by_rule)).to_numpy(
        dtype=bool
    )
    return failed


def _first_answer(told: pd.DataFrame, trial: Trial) -> pd.Timestamp | None:
    """Since when the challenger is there, be it that it fails: a site may hear of a revision late."""
    if trial.mode == "shadow":
        asked = (told["route"] == SHADOW) & (told["version"] == trial.version)
    else:
        asked = (told["route"] == CHALLENGER) | ((told["route"] != SHADOW) & _failed_at(told, trial))
    return told.loc[asked, "at"].min() if asked.any() else None


def _failed_at(told: pd.DataFrame, trial: Trial) -> pd.Series:
    """Rows that the challenger was asked and did not answer, by their reason."""
    return told["reason"].fillna("").str.contains(rf"version {trial.version}\b", regex=True)


def _pairs(told: pd.DataFrame, trial: Trial) -> tuple[pd.DataFrame, int]:
    """The rows that both versions were asked, side by side; and how many only one was."""
    shadow = trial.version if trial.mode == "shadow" else trial.champion
    served = told[told["route"] != SHADOW]
    if trial.mode == "shadow":  # another trial's challenger may answer some
        served = served[served["route"] != CHALLENGER]
    answers = told.loc[(told["route"] == SHADOW) & (told["version"] == shadow), ["id", *_TOLD]]
    both = served.merge(answers, on="id", suffixes=(".served", ".shadow"))
    one, other = (CHAMPION, CHALLENGER) if trial.mode == "shadow" else (CHALLENGER, CHAMPION)
    names = {f"{t}.served": f"{one}.{t}" for t in _TOLD} | {f"{t}.shadow": f"{other}.{t}" for t in _TOLD}
    frame = both.rename(columns=names).assign(unit=_unit(both))
    # what the shadow had no answer for, the other version would have answered in its stead
    failed = frame[f"{other}.failed"].to_numpy(dtype=bool)
    frame.loc[failed, f"{other}.loss"] = frame.loc[failed, f"{one}.loss"]
    return frame[["at", "unit", "known", *names.values()]], len(served) - len(both)


def _arms(told: pd.DataFrame, trial: Trial, spec: ModelSpec, store: Store) -> pd.DataFrame:
    """The rows of either version, by whom their key falls to."""
    served = told[told["route"] != SHADOW].reset_index(drop=True)
    challenged = (served["route"] == CHALLENGER).to_numpy(dtype=bool)
    if spec.key is not None and spec.key in spec.private:  # the log has no keys to go by
        challenged = challenged | _failed_at(served, trial).to_numpy(dtype=bool)
    else:
        challenged = _falls(served, trial, store)
    frame = served.assign(unit=_unit(served), challenged=challenged)
    return frame[["at", "unit", "known", "challenged", *_TOLD]]


def _falls(served: pd.DataFrame, trial: Trial, store: Store) -> Mask:
    from incumbent.answering.routing import Split

    split = Split(trial.model, store.versions.get(trial.model, trial.version).hash, trial.share)
    unit = _unit(served)
    falls = {name: split.to_challenger(name) for name in unit.unique()}
    return unit.map(falls).to_numpy(dtype=bool)


def _unit(rows: pd.DataFrame) -> pd.Series:
    return rows["key"].where(rows["key"].notna(), rows["id"]).astype(str)


def _nothing(paired: bool) -> pd.DataFrame:
    arms = [f"{arm}.{told}" for arm in (CHAMPION, CHALLENGER) for told in _TOLD] if paired else _TOLD
    frame = pd.DataFrame({name: pd.Series(dtype=np.float64) for name in arms})
    frame["at"] = frame["known"] = pd.Series(dtype="datetime64[ns]")
    frame["unit"] = pd.Series(dtype=object)
    return frame if paired else frame.assign(challenged=pd.Series(dtype=bool))
