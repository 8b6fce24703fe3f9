"""A stress test: latency and throughput of each version, where it breaks, and the workers that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.output import print_text
from cli.printing.words import verdict_words


def print_stress(document: dict[str, Any], note: str) -> None:
    """The verdict, and a few lines a version."""
    print_text(f"{verdict_words(document['verdict'])}  {document['model']} {note}")
    load = document["load"]
    print_text(f"  expected {load['expected']:g} a second ({load['source']}), tested ×{load['factor']:g}")
    for version in document["versions"]:
        print_text(f"  v{version['version']} {verdict_words(version['verdict'])}: {version['note']}")
        if version["volume"] is not None:
            _print_measured(version)
    for failed in document["failed"]:
        print_text(f"  {failed['severity']}  v{failed['version']}: {failed['reason']}")


def _print_measured(version: Mapping[str, Any]) -> None:
    volume, batch, memory = version["volume"], version["batch"], version["memory"]
    latencies = "  ".join(f"{which} {volume[f'{which}_ms']['value']:.3g}" for which in ("p50", "p95", "p99"))
    print_text(f"    at {volume['load']:.4g} a second and worker: {latencies} ms, {volume['n']} predictions")
    print_text(
        f"    one worker: {version['single']['throughput']['value']:.4g} rows a second one by one, "
        f"{batch['throughput']:.4g} in batches of {batch['size']}"
    )
    holds = version["holds_to"]
    print_text(
        f"    latency holds to {holds:.4g} a second"
        if holds
        else "    latency holds at no load that was tried"
    )
    workers = version["workers"]
    expected, tested = (workers[name] or "no number of" for name in ("expected", "tested"))
    print_text(f"    workers: {expected} for what is expected, {tested} for ×{version['factor']:g}")
    print_text(f"    memory: {memory['end_mb']:.0f} MB, {memory['growth_mb']:+.1f} MB over the test")
