"""The command ``incumbent``."""

from __future__ import annotations

import sys


def main() -> None:
    """Answer ``--version`` before anything heavy is imported (typer alone costs a tenth of a second)."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from incumbent import __version__

        sys.stdout.write(f"incumbent {__version__}\n")
        return
    import gc

    gc.set_threshold(50_000, 20, 20)  # most of what a command makes lives until it ends
    from cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
