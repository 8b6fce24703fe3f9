"""What the plots of a model show: which metric, which versions, and what a person has chosen of both."""

from __future__ import annotations

from collections.abc import Sequence

from core.history import Picture
from store.records import Run
from tui.tabs import ModelData
from tui.widgets.plot import Drawing
from tui.widgets.table import Row

#: Versions that are drawn where nobody has chosen any.
_USUAL_LINES = 3


class Chosen:
    """The metric and the versions that plots show, model by model; kept while the panel is open."""

    def __init__(self) -> None:
        self._metric: dict[str, str] = {}
        self._versions: dict[str, tuple[int, ...]] = {}

    def metric(self, data: ModelData) -> str:
        """The one that was chosen, else that of the requirement nearest to breaking."""
        known = list(data.pictures) or [data.status.metric or ""]
        need = data.status.need.metric if data.status.need else ""
        wanted = self._metric.get(data.name, need)
        return wanted if wanted in known else known[0]

    def next_metric(self, data: ModelData) -> bool:
        """Choose the next metric; False where there is none to choose."""
        names = list(data.pictures)
        if not names:
            return False
        self._metric[data.name] = names[(names.index(self.metric(data)) + 1) % len(names)]
        return True

    def versions(self, data: ModelData) -> tuple[int, ...]:
        """Those that were chosen, else the champion and the best challengers."""
        if chosen := self._versions.get(data.name):
            return chosen
        champion = data.status.champion
        better = [found.version for found in data.better]
        newest = [v.number for v in data.versions if v.number and v.archived is None]
        wanted = [n for n in (champion, *better, *newest) if n is not None]
        return tuple(dict.fromkeys(wanted))[:_USUAL_LINES]

    def choose_versions(self, data: ModelData, versions: Sequence[int]) -> None:
        """Draw these."""
        self._versions[data.name] = tuple(versions)

    def picture(self, data: ModelData) -> Picture | None:
        """The picture of the chosen metric: of the now-tests on their tab, else of the last back-test."""
        return data.nowtests if data.tab == "nowtests" else data.pictures.get(self.metric(data))

    def drawing(self, data: ModelData, row: Row | None, also: int | None = None) -> Drawing | None:
        """What is drawn, with the line under the cursor marked; None where there is no history.

        Parameters
        ----------
        also : int, optional
            A version that is drawn whatever was chosen: the one under the cursor.
        """
        picture = self.picture(data)
        if picture is None or not picture.labels:
            return None
        versions = self.versions(data)
        if also is not None and also not in versions:
            versions = (*versions, also)
        champion = data.status.champion
        fore = champion if champion in versions else next(iter(versions), None)
        if data.tab == "backtests":
            return Drawing(picture, versions, fore, row.key if row else None)
        run = row.data if row else None
        at = (run.as_of or run.queued)[:10] if isinstance(run, Run) else None
        return Drawing(picture, versions, fore, at)

    def words(self, data: ModelData) -> str:
        """What the picture is of; where there is none, how to come by one."""
        picture = self.picture(data)
        if data.tab == "nowtests":
            told = picture is not None and bool(picture.labels)
            return f"{picture.metric}, now-tests" if picture and told else "no now-test yet: r n"
        if picture is None or not picture.labels:
            return "never back-tested yet: r b"
        return f"{picture.metric} in the last back-test"
