"""What this process counts of its own work, in a registry of its own; `GET /metrics` shows it.

Every label comes from a list that ends: providers that are registered, outcomes named here, kinds of events
that a provider declares. Nothing of a request, a user or an answer becomes a label.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

registry = CollectorRegistry()
ProcessCollector(namespace="fluxstudio", registry=registry)

# (name of a figure, what it is about, outcome)
Figure = tuple[str, str, str]

ATTEMPTS = ("begun", "connected", "declined", "failed")
REFRESHES = ("done", "unanswered", "refused", "ended")
SIGNATURES = ("verified", "failed", "stranger")
STATUSES = ("2xx", "3xx", "4xx", "5xx", "unanswered", "unreadable")
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)


def _counter(name: str, says: str, *labels: str) -> Counter:
    return Counter(f"fluxstudio_{name}", says, labels, registry=registry)


_attempts = _counter("oauth_attempts", "Tries to connect an account.", "provider", "outcome")
_refreshes = _counter("token_refreshes", "Tries to renew an access token.", "provider", "outcome")
_signatures = _counter(
    "webhook_signatures", "Webhooks by what their signature proved.", "provider", "outcome"
)
_events = _counter("webhook_events", "Webhook events by what became of them.", "provider", "kind", "outcome")
_shapes = _counter(
    "webhook_unknown_shapes", "Events without a field their type always has.", "provider", "kind", "missing"
)
_deliveries = _counter("deliveries", "Attempts to handle an event.", "handler", "outcome")
_endpoint_deliveries = _counter(
    "endpoint_deliveries", "Attempts to send webhooks to endpoints.", "type", "outcome"
)
_requests = _counter("provider_requests", "Requests sent to providers.", "provider", "status")
_calls = _counter("calls", "Operations that had to ask their provider.", "provider", "outcome")
_cache = _counter("cache_answers", "Operations by what the cache had for them.", "provider", "outcome")
_runs = _counter("automation_runs", "Runs of automations.", "outcome")
_dropped = _counter("stream_drops", "Streams ended because their reader was too slow.")
_streams = Gauge("fluxstudio_streams", "Pages that follow events now.", registry=registry)
_seconds = Histogram(
    "fluxstudio_provider_request_seconds",
    "How long providers take to answer.",
    ["provider"],
    registry=registry,
    buckets=SECONDS,
)

# Counted for alerts by all processes together; see `core/metrics/cluster.py`.
_SHARED = {
    "attempts": _attempts,
    "refreshes": _refreshes,
    "signatures": _signatures,
    "deliveries": _deliveries,
    "requests": _requests,
    "endpoints": _endpoint_deliveries,
}


def expect(providers: Iterable[str]) -> None:
    """Show these providers' figures from zero on: Prometheus misses a step that comes out of nothing."""
    for provider in providers:
        for outcome in ATTEMPTS:
            _attempts.labels(provider, outcome)
        for outcome in REFRESHES:
            _refreshes.labels(provider, outcome)
        for status in STATUSES:
            _requests.labels(provider, status)
        for outcome in SIGNATURES:
            _signatures.labels(provider, outcome)


def attempted(provider: str, outcome: str) -> None:
    """A connect began, or ended in another of `ATTEMPTS`."""
    _attempts.labels(provider, outcome).inc()


def refreshed(provider: str, outcome: Literal["done", "unanswered", "refused", "ended"]) -> None:
    """A refresh ended; `ended` says that the account has to be connected again."""
    _refreshes.labels(provider, outcome).inc()


def signature_checked(provider: str, outcome: Literal["verified", "failed", "stranger"]) -> None:
    """The signature of a webhook was right, or wrong: from a sender that was fine before, or any other."""
    _counted(_signatures, provider, outcome).inc()


def unknown_shape(provider: str, kind: str, missing: str) -> None:
    """An event of a known type came without a field that its provider declares."""
    _shapes.labels(provider, kind, missing).inc()


def received(
    provider: str,
    outcome: Literal["stored", "duplicate", "refused", "failed"],
    kind: str = "",
    count: int = 1,
) -> None:
    """Webhook events came in. `kind` is a type the provider declares, or empty for any other."""
    _counted(_events, provider, kind, outcome).inc(count)


def delivered(handler: str, outcome: Literal["done", "failed", "dead"]) -> None:
    """An attempt to handle an event ended."""
    _deliveries.labels(handler, outcome).inc()


def sent_to_endpoint(
    message_type: str, outcome: Literal["delivered", "failed", "given_up", "disabled"]
) -> None:
    """A webhook was sent to an endpoint or failed; `disabled` counts endpoints that were disabled."""
    _endpoint_deliveries.labels(message_type, outcome).inc()


def requested(provider: str, status: str, seconds: float) -> None:
    """A provider was asked; `status` is one of `STATUSES`."""
    _requests.labels(provider, status).inc()
    _seconds.labels(provider).observe(seconds)


def called(provider: str, outcome: str) -> None:
    """An operation asked its provider: `done`, or the stable code of the error it ended with."""
    _calls.labels(provider, outcome.lower()).inc()


@lru_cache(1024)
def _counted(counter: Counter, *labels: str) -> Counter:
    """Finding one of a counter's by its labels takes longer than counting."""
    child: Counter = counter.labels(*labels)
    return child


def looked_up(provider: str, outcome: Literal["hit", "miss", "stale"]) -> None:
    """An operation was answered from the cache, or could not be."""
    _counted(_cache, provider, outcome).inc()


def ran(outcome: str) -> None:
    """A run of an automation ended with one of the outcomes that runs have."""
    _runs.labels(outcome).inc()


def streams_changed(by: int) -> None:
    """Streams of events were opened, or closed."""
    _streams.inc(by)


def stream_dropped() -> None:
    """A stream was ended because its reader did not keep up."""
    _dropped.inc()


def totals() -> dict[Figure, int]:
    """The figures that alerts are made of, as counted since this process began."""
    return {figure: count for figure, count in _totals() if count}


def _totals() -> Iterator[tuple[Figure, int]]:
    for name, counter in _SHARED.items():
        for family in counter.collect():
            for sample in family.samples:
                if sample.name.endswith("_total"):
                    about, outcome = [*sample.labels.values(), ""][:2]
                    yield (name, about, outcome), round(sample.value)
