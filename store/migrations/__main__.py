"""``python -m store.migrations STORE``: bring a store to the present schema, in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from incumbent.errors import StoreError
from store.database import connect
from store.failures import explained
from store.migrations import migrate, running_release


def main(path: Path) -> int:
    """Migrate; what is wrong goes to standard error."""
    try:
        with explained(path):
            connection = connect(path)
            try:
                migrate(connection, release=running_release())
            finally:
                connection.close()
    except StoreError as error:
        print(error.message, file=sys.stderr)  # noqa: T201
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
