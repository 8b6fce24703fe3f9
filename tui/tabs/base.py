"""What a tab is, and what is read of a model for one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.text import Text

from core.history import Picture
from core.status import Challenger, ModelStatus
from store.records import Run, Trial, Version
from tui.widgets.table import Column, Row

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


class Shown(NamedTuple):
    """What a tab shows: its rows, a headline above them, and what else it has to remember."""

    rows: tuple[Row, ...] = ()
    headline: Text = Text()
    more: bool = False  # there are more rows than these
    found: Any = None


NOTHING = Shown()


@dataclass(frozen=True)
class ModelData:
    """What was read of one model for one tab."""

    name: str
    tab: str
    status: ModelStatus
    versions: tuple[Version, ...]
    pictures: dict[str, Picture] = field(default_factory=dict)
    better: tuple[Challenger, ...] = ()
    trial: Trial | None = None  # the one that runs
    nowtests: Picture | None = None
    challenges: dict[int, Run] = field(default_factory=dict)  # version → its newest one that has ended
    lineage: dict[str, Any] = field(default_factory=dict)
    read: Version | None = None  # the version whose lineage that is
    shown: Shown = NOTHING


class Tab:
    """One tab; a subclass says what it reads and shows. Widgets are the place's matter."""

    id: ClassVar[str]
    title: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    #: what an empty table says: what to do next
    empty: ClassVar[str] = ""
    #: what the footer offers first: pairs of key and word
    hints: ClassVar[tuple[tuple[str, str], ...]] = ()

    def empty_text(self, data: ModelData) -> str:
        """What an empty table says, for what was found."""
        return self.empty

    def fetch(self, workspace: Workspace, store: Store, data: ModelData) -> Shown:
        """Read what is shown; called in a thread."""
        raise NotImplementedError

    def about(self, data: ModelData, row: Row, width: int) -> tuple[str, Text]:
        """A title and a text about the line under the cursor."""
        return "", Text()

    def evidence(self, store: Store, data: ModelData, row: Row, width: int) -> tuple[str, Text] | None:
        """A title and all there is to say about a line; None where enter does nothing."""
        return None

    def step(self, data: ModelData) -> bool:
        """Show the next of several; False where there is only one."""
        return False

    def version(self, data: ModelData) -> int | None:
        """The version that the tab is about, where it is about one."""
        return None
