"""``python -m incumbent.serve SITE``: serve a site's models over HTTP."""

from __future__ import annotations

import argparse
import os
import sys

from incumbent.errors import IncumbentError, RefusedError
from incumbent.serve.settings import TOKEN, Settings


def main() -> int:
    """Read the command line and serve; returns an exit code where that could not begin."""
    usual = Settings(".")
    parser = argparse.ArgumentParser(
        prog="python -m incumbent.serve", description="A site's models over HTTP."
    )
    parser.add_argument("site", help="the site's folder, or one model's folder in it")
    parser.add_argument("--host", default=usual.host)
    parser.add_argument("--port", type=int, default=usual.port)
    parser.add_argument(
        "--token-env", default=TOKEN, metavar="NAME", help="the variable that holds the token"
    )
    parser.add_argument("--min-workers", type=int, default=usual.min_workers)
    parser.add_argument("--max-workers", type=int, default=0, help="0: as many as processors")
    parser.add_argument("--max-body", type=int, default=usual.body, metavar="BYTES")
    parser.add_argument("--max-rows", type=int, default=usual.rows, metavar="N")
    parser.add_argument("--max-waiting", type=int, default=usual.waiting, metavar="N")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="for a request and its answer")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="callers may use it"
    )
    parser.add_argument("--certificate", metavar="FILE", help="PEM; then it is https")
    parser.add_argument("--key", metavar="FILE", help="PEM, if not in the certificate's file")
    given = parser.parse_args()
    try:
        from incumbent.serve.workers import run

        settings = Settings(
            given.site, given.host, given.port, os.environ.get(given.token_env) or None, given.min_workers,
            given.max_workers, given.max_body, given.max_rows, given.seconds, given.max_waiting,
            hosts=tuple(given.allow_host), certificate=given.certificate, key=given.key,
        )  # fmt: skip
        run(settings, lambda said: sys.stderr.write(f"serving at {said}\n"))
    except IncumbentError as error:
        sys.stderr.write(f"{error}\n")
        return 3 if isinstance(error, RefusedError) else 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
