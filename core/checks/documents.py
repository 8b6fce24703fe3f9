"""Estimates and verdicts as the JSON documents and measurement rows that are kept of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.checks.judging import Judged
from core.checks.slices import REFUSED
from core.statistics.estimate import Estimate
from core.statistics.limits import Judgement
from store.records import InSample, Measurement, Run


def metrics_document(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    """Metrics of all rows: ``{METRIC: {"value", "low", "high", "n"}}``."""
    return {k: e.document() for k, e in estimates.items() if "\t" not in k and k != REFUSED}


def segments_document(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    """Metrics of segments: ``{"carrier=UA": {METRIC: …}}``; empty without segments."""
    found: dict[str, Any] = {}
    for key, estimate in estimates.items():
        metric, _, segment = key.partition("\t")
        if segment and metric != REFUSED:
            found.setdefault(segment, {})[metric] = estimate.document()
    return found


def slice_document(judged: Judged, since: str | None, until: str | None) -> dict[str, Any]:
    """One partition of one version."""
    document: dict[str, Any] = {
        "partition": judged.label,
        "since": since,
        "until": until,
        "n": judged.n,
        "in_sample": judged.in_sample == "in-sample",
        "coverage": judged.in_sample,
        "counts": judged.counts,
        "verdict": judged.verdict,
        "metrics": metrics_document(judged.estimates),
        "reasons": [j.reason for j in judged.judgements.values() if j.verdict not in (None, "pass")],
    }
    refused = judged.estimates.get(REFUSED)
    if refused is not None and refused.value:
        document["refused"] = int(refused.value)
    segments = segments_document(judged.estimates)
    if segments:
        document["segments"] = segments
    return document


def measurements(
    run: Run,
    version: int,
    partition: str | None,
    bounds: tuple[str | None, str | None],
    estimates: Mapping[str, Estimate],
    judgements: Mapping[str, Judgement],
    in_sample: InSample,
    when: str,
) -> Iterator[Measurement]:
    """Rows for the store: one a metric and segment."""
    for key, estimate in estimates.items():
        metric, _, segment = key.partition("\t")
        if metric == REFUSED:
            continue
        judgement = judgements.get(key)
        yield Measurement(
            run=run.id,
            model=run.model or "",
            version=version,
            check=run.kind,
            partition=partition,
            segment=segment or None,
            since=bounds[0],
            until=bounds[1],
            metric=metric,
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            n=estimate.n,
            in_sample=in_sample,
            verdict=judgement.verdict if judgement else None,
            reason=(judgement.reason if judgement else estimate.reason) or None,
            as_of=run.as_of,
            when=when,
        )
