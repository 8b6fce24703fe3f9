"""The store: one SQLite file, and a class for each family of its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from incumbent.errors import RefusedError, StoreError
from store.alerts import Alerts
from store.cases import Cases
from store.database import Database
from store.inbox import Inbox
from store.journal import Journal
from store.leases import Leases
from store.measured import MeasuredSlices
from store.measurements import Measurements
from store.models import Models
from store.notify import Notify
from store.opening import prepare
from store.overview import overview
from store.production import Production
from store.records import Found, ModelOverview
from store.requirements import Requirements
from store.runs import Runs
from store.schedules import Schedules
from store.search import Search
from store.settings import Settings
from store.sites import LOCAL, Sites
from store.source_files import SourceFiles
from store.trials import Trials
from store.versions import Versions


class Store:
    """What is remembered. Open it with :meth:`Store.open`; it may be used from any thread.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Store.open(f"{folder}/store.db", create=True) as store:
    ...     _ = store.models.apply("flights", {"target": "late"}, who="ada")
    ...     [model.name for model in store.models.list()]
    ['flights']
    """

    def __init__(self, database: Database) -> None:
        self.path = database.path
        self._database = database
        self.models = Models(database)
        self.versions = Versions(database)
        self.requirements = Requirements(database)
        self.measurements = Measurements(database)
        self.measured = MeasuredSlices(database)
        self.runs = Runs(database, self.measurements)
        self.sites = Sites(database)
        self.production = Production(database)
        self.journal = Journal(database)
        self.schedules = Schedules(database)
        self.leases = Leases(database)
        self.alerts = Alerts(database)
        self.notify = Notify(database)
        self.cases = Cases(database)
        self.inbox = Inbox(database)
        self.source_files = SourceFiles(database)
        self.settings = Settings(database)
        self.trials = Trials(database)
        self._search = Search(database)

    @classmethod
    def open(cls, path: str | Path, create: bool = False) -> Store:
        """Open a store, and bring an older one to the present schema.

        Parameters
        ----------
        path : str or Path
            The file.
        create : bool
            Make it where there is none.

        Raises
        ------
        StoreError
            If there is none, or it is not a store, newer than this code, damaged, or on a file system
            that cannot keep one.
        """
        path = Path(path)
        return cls(Database(path, prepare(path, create)))

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything that any family writes inside is kept together, or not at all. May be nested.

        Other threads of the process wait, and other processes' writes too: keep it short.
        """
        with self._database.transaction():
            yield

    def afterwards(self, act: Callable[[bool], None]) -> None:
        """Have something done when it is known whether the transaction is kept, and told that.

        What was done outside of the store can so be taken back, the last thing first. Outside of a
        transaction it is done at once. It must not use the store, and not raise.
        """
        self._database.afterwards(act)

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """A transaction of which the file keeps no byte of what is deleted."""
        with self._database.erasing():
            yield

    def data_version(self) -> int:
        """A number that changes whenever any process commits something. Costs microseconds."""
        return self._database.data_version()

    def overview(
        self, site: str = LOCAL, include_archived: bool = False, nights: int = 30
    ) -> tuple[ModelOverview, ...]:
        """What the overview shows of each model, by name; ``nights`` is the length of a trend."""
        return overview(self._database, site, include_archived, nights)

    def search(self, text: str, model: str | None = None, limit: int = 50) -> tuple[Found, ...]:
        """Journal entries, runs and cases with all these words (or their beginnings), newest first.

        Raises
        ------
        InputError
            If the text has no word in it.
        UsageError
            If there is no such model.
        """
        return self._search.find(text, model, limit)

    def backup(self, path: str | Path) -> None:
        """Copy the store, as one consistent moment, into a new file, while others read and write.

        Raises
        ------
        RefusedError
            If the file exists.
        """
        path = Path(path)
        if path.exists():
            raise RefusedError(f"{path} exists already", hint="choose another name for the backup")
        if not path.parent.is_dir():
            raise StoreError(f"a backup cannot be made at {path}: there is no such folder")
        self._database.backup(path)

    def integrity_check(self) -> tuple[str, ...]:
        """What SQLite finds damaged: pages, indices, foreign keys. Reads the whole file."""
        found = [row[0] for row in self._database.rows("PRAGMA integrity_check")]
        orphans = self._database.rows("PRAGMA foreign_key_check")
        return (
            *(sentence for sentence in found if sentence != "ok"),
            *(f"row {r['rowid']} of {r['table']} points at a missing row of {r['parent']}" for r in orphans),
        )

    def verify(self) -> tuple[str, ...]:
        """What is damaged or inconsistent, as sentences; nothing when all is well."""
        families = (
            self.models, self.versions, self.requirements, self.measurements, self.measured, self.runs,
            self.sites, self.production, self.journal, self.schedules, self.leases, self.alerts, self.notify,
            self.cases, self.inbox, self.source_files, self.settings, self.trials, self._search,
        )  # fmt: skip
        return (*self.integrity_check(), *(s for family in families for s in family.verify()))
