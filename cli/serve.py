"""``incumbent serve``: a site's models over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import narration
from cli.command import Answer, Context, command
from cli.output import print_json

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@command(app, "serve")
def serve(
    context: Context,
    site: Annotated[str, typer.Option(metavar="SITE", help="Whose models.")] = "local",
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", help="0: any that is free.")] = 8080,
    token_env: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Variable or keyring entry of the token (default: INCUMBENT_TOKEN, if set)."
        ),
    ] = None,
    min_workers: Annotated[int, typer.Option(metavar="N", help="Processes at least.")] = 1,
    max_workers: Annotated[int, typer.Option(metavar="N", help="At most (0: one a processor).")] = 0,
    max_body: Annotated[int, typer.Option(metavar="BYTES", help="Of a request.")] = 16 * 2**20,
    max_rows: Annotated[int, typer.Option(metavar="N", help="Of a request.")] = 10_000,
    max_waiting: Annotated[int, typer.Option(metavar="N", help="Requests under way in a worker.")] = 1_000,
    seconds: Annotated[float, typer.Option(metavar="S", help="For a request, and for its answer.")] = 10.0,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A further name by which callers may know it; * for any."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For https: PEM, read again when renewed.")
    ] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="PEM; if not in the same file.")] = None,
    ray: Annotated[bool, typer.Option("--ray", help="On Ray Serve, with its own scaling.")] = False,
) -> Answer:
    """A site's models over HTTP until told to stop: Open Inference Protocol, MLflow's forms, plain JSON.

    Listens on this machine alone unless there is a token. GET /openapi.json describes everything.
    """
    from core.serving import settings

    told = settings(
        context.workspace, site, token_env, host=host, port=port, min_workers=min_workers,
        max_workers=max_workers, body=max_body, rows=max_rows, waiting=max_waiting, seconds=seconds,
        hosts=tuple(allow_host or ()), certificate=certificate, key=key,
    )  # fmt: skip
    if ray:
        from incumbent.serve.on_ray import run as run_on_ray

        run_on_ray(told, lambda url: _tell(context, url))
    else:
        from incumbent.serve.workers import run

        run(told, lambda url: _tell(context, url))
    return Answer()


def _tell(context: Context, url: str) -> None:
    if context.as_json:
        print_json({"url": url})
    else:
        narration.say(f"serving at {url}")
