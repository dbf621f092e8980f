"""Steps recorded as spans of OpenTelemetry and sent by OTLP, as the SDK's own settings `OTEL_…` say."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Thread

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from fluxstudio.kit.trace import Attribute, Kind, Origin

KINDS: Mapping[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
}
SECONDS_TO_FLUSH = 3.0
# What the SDK calls a service that nobody has named.
UNNAMED = "unknown_service"


class OpenTelemetrySpan:
    """One step; see `kit.trace.RecordedSpan`."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def place(self) -> Origin:
        context = self._span.get_span_context()
        return Origin(
            "",
            trace.format_trace_id(context.trace_id),
            trace.format_span_id(context.span_id),
            context.trace_flags.sampled,
        )

    def note(self, attributes: Mapping[str, Attribute]) -> None:
        self._span.set_attributes(attributes)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def end(self, error: str | None) -> None:
        if error is not None:
            self._span.set_attribute("error.type", error)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class OpenTelemetryTracer:
    """Records steps; see `kit.trace.Tracer`. `version` is that of the product that `service` names."""

    def __init__(self, service: str, version: str, processor: SpanProcessor | None = None) -> None:
        # What the operator's own OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say comes first.
        resource = Resource.create({"service.version": version})
        if str(resource.attributes.get("service.name", UNNAMED)).startswith(UNNAMED):
            resource = resource.merge(Resource({"service.name": service}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(service, version)

    def start(
        self, name: str, kind: Kind, attributes: Mapping[str, Attribute], parent: Origin | None
    ) -> OpenTelemetrySpan:
        context = None
        if parent is not None:
            flags = TraceFlags(TraceFlags.SAMPLED if parent.sampled else TraceFlags.DEFAULT)
            place = SpanContext(
                int(parent.trace, 16), int(parent.span, 16), is_remote=True, trace_flags=flags
            )
            context = trace.set_span_in_context(NonRecordingSpan(place))
        return OpenTelemetrySpan(self._tracer.start_span(name, context, KINDS[kind], attributes))

    def close(self, seconds: float = SECONDS_TO_FLUSH) -> None:
        """Send what was recorded, as far as its receiver takes it within some seconds."""
        # The SDK would go on trying for as long as it does otherwise, whatever time it is given.
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(seconds)
