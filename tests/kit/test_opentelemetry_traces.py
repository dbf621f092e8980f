"""Traces reach whoever takes them by OTLP, and nobody waits for a receiver that is away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fluxstudio.kit.opentelemetry_traces import OpenTelemetryTracer

AWAY = "http://127.0.0.1:9"


class Receiver(BaseHTTPRequestHandler):
    """Takes traces as a collector does."""

    taken: ClassVar[list[tuple[str, ExportTraceServiceRequest]]] = []

    def do_POST(self) -> None:
        message = ExportTraceServiceRequest()
        message.ParseFromString(self.rfile.read(int(self.headers["content-length"])))
        self.taken.append((self.path, message))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def receiving() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_spans_are_sent_where_the_standard_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as address:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=staging")
        tracer = OpenTelemetryTracer("fluxstudio", "1.2.3")
        tracer.start("call", "client", {"peer.service": "slack"}, None).end("Unreachable")
        tracer.close()
    [(path, message)] = Receiver.taken
    assert path == "/v1/traces"
    [resource_spans] = message.resource_spans
    resource = {entry.key: entry.value.string_value for entry in resource_spans.resource.attributes}
    assert resource["service.name"] == "fluxstudio"
    assert resource["service.version"] == "1.2.3"
    assert resource["deployment.environment"] == "staging"
    [span] = resource_spans.scope_spans[0].spans
    attributes = {entry.key: entry.value.string_value for entry in span.attributes}
    assert (span.name, attributes) == ("call", {"peer.service": "slack", "error.type": "Unreachable"})


def test_the_end_does_not_wait_for_a_receiver_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", AWAY)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "ours")
    tracer = OpenTelemetryTracer("fluxstudio", "1.2.3")
    tracer.start("call", "client", {}, None).end(None)
    began = time.monotonic()
    tracer.close(0.2)
    assert time.monotonic() - began < 2
