"""A process that writes to a store: ``python -m tests.store.writer PATH NAME COUNT``, 0 for until killed."""

from __future__ import annotations

import itertools
import os
import sys

from store import Store
from store.records import Measured
from tests.store.helpers import measured


def write(path: str, name: str, count: int) -> None:
    """Queue, claim and conclude runs with ten measurements each; say each number once it is kept."""
    with Store.open(path) as store:
        for number in itertools.islice(itertools.count(), count or None):
            queued = store.runs.enqueue("flights", "nowtest", {"n": number}, why=name, who=name)
            run = store.runs.claim(os.getpid(), queued.id)
            assert run is not None
            store.measured.put_many([Measured(name, str(number), "auc", b"x" * 500)])
            store.runs.heartbeat(run.id, 0.5)
            with store.transaction():
                store.runs.conclude(run.id, "pass", "", {"n": number}, [measured(n=n) for n in range(10)])
                store.journal.add(name, "run.finish", str(number), model="flights")
            print(number, flush=True)


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], int(sys.argv[3]))
