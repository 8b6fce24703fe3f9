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
    try:
        from cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while modules are still read
        sys.stderr.write("Error: interrupted\n")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
