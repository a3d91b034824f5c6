"""OpenTelemetry: a collector behind a gateway that takes Dastra's tokens."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.trace import TracerProvider

from dtz_dastra_auth import DastraClientCredentials, DtzApiKey
from dtz_dastra_auth._sources import renewing
from dtz_dastra_auth.opentelemetry import dastra as dastra_session_of_ours
from dtz_dastra_auth.testing import DastraStandIn, DtzStandIn, StandIns
from tools.data.gateway import admitted, let_a_minute_pass
from tools.services.telemetry.use_opentelemetry import dastra_session, tracer_provider

pytestmark = pytest.mark.tool(
    "OpenTelemetry",
    package="opentelemetry-exporter-otlp-proto-http",
    how=(
        "`OTLPSpanExporter(session=session)` with `session.auth = auth`, or "
        "`OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER=dastra`, by entry point"
    ),
    mind=(
        "The exporter drops a batch that is answered with 401; with the object it is sent again. "
        "Where requests is instrumented, exports and their token requests make no spans, and "
        "those of other calls show no header, but the URL: use no `DtzQueryKey` there."
    ),
)

_PROGRAM = """
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
provider.get_tracer("program").start_span("work").end()
provider.shutdown()
"""


@pytest.fixture(autouse=True)
def collector(dastra: DastraStandIn, monkeypatch: pytest.MonkeyPatch) -> str:
    """Answer as a collector does, to calls with a token, which may go there."""
    for signal in ("traces", "metrics", "logs"):
        dastra.answer({}, times=None, on=admitted(dastra, f"/v1/{signal}"))
    monkeypatch.setenv("DASTRA_ORIGINS", f"{dastra.origin},https://api.dastra.eu")
    return dastra.origin


@pytest.fixture
def provider(collector: str) -> Iterator[TracerProvider]:
    """Trace to the collector, from instrumented requests too."""
    provider = tracer_provider(f"{collector}/v1/traces")
    instrumentor = RequestsInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        yield provider
    finally:
        instrumentor.uninstrument()
        provider.shutdown()


def work(provider: TracerProvider, name: str = "work") -> None:
    provider.get_tracer("test").start_span(name).end()
    assert provider.force_flush()


def names(dastra: DastraStandIn) -> list[str]:
    """Name the spans that the collector has taken."""
    batches = [
        ExportTraceServiceRequest.FromString(call.body)
        for call in dastra.calls
        if (call.path, call.status) == ("/v1/traces", 200)
    ]
    return [
        span.name
        for batch in batches
        for resource in batch.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def test_a_span_is_exported_with_a_token(dastra: DastraStandIn, provider: TracerProvider) -> None:
    work(provider)
    assert names(dastra) == ["work"]
    assert len(dastra.token_requests) == 1


@pytest.mark.parametrize("name", ["dastra", "dastra-key", "dtz-key", "dtz-bearer"])
def test_the_session_of_an_entry_point_is_chosen_by_the_environment(
    name: str, stand_ins: StandIns
) -> None:
    dastra, dtz = stand_ins.dastra, stand_ins.dtz
    service = dastra if name.startswith("dastra") else dtz
    dtz.answer({}, on=lambda call: call.path == "/v1/traces")
    dastra.answer({}, on=lambda call: call.header("X-API-KEY") == dastra.private_key)
    environment = {
        **stand_ins.environment,
        "DTZ_ORIGINS": dtz.origin,
        "OTEL_EXPORTER_OTLP_ENDPOINT": service.origin,
        "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": name,
    }
    subprocess.run([sys.executable, "-c", _PROGRAM], env=environment, check=True, timeout=60)
    [call] = service.calls
    assert (call.path, call.status) == ("/v1/traces", 200)
    sent = call.header("X-API-KEY" if name.endswith("key") else "Authorization") or ""
    assert sent in {dastra.private_key, dtz.api_key} or sent.startswith("Bearer ")


@pytest.mark.parametrize(("said", "seconds"), [("0.5", "0.5"), ("soon", "10"), ("", "10")])
def test_a_token_request_takes_no_longer_than_an_export_may(
    said: str, seconds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", said)
    source = renewing(dastra_session_of_ours().auth._source)  # type: ignore[union-attr]  # an auth object of ours
    assert source is not None
    assert source._timeout == float(seconds)


def test_a_batch_whose_token_is_refused_is_sent_again_and_not_lost(
    dastra: DastraStandIn, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(provider, "first")
    let_a_minute_pass(monkeypatch)
    dastra.expire_tokens()
    work(provider, "second")
    assert [call.status for call in dastra.calls] == [200, 401, 200]
    assert names(dastra) == ["first", "second"]


def test_neither_an_export_nor_its_token_request_makes_a_span(
    dastra: DastraStandIn, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(provider, "first")
    let_a_minute_pass(monkeypatch)
    dastra.expire_tokens()
    work(provider, "second")
    work(provider, "third")
    assert len(dastra.token_requests) == 2
    assert names(dastra) == ["first", "second", "third"]


def test_spans_of_instrumented_calls_show_no_header_with_a_credential(
    dastra: DastraStandIn, dtz: DtzStandIn, provider: TracerProvider
) -> None:
    work(provider)
    requests.get("https://api.dastra.eu/v1/workspaces", auth=DastraClientCredentials.from_env())
    requests.get("https://api.dtz.rocks/v1/me", auth=DtzApiKey.from_env())
    assert provider.force_flush()
    assert names(dastra) == ["work", "GET", "GET"]
    assert dtz.calls[0].header("X-API-KEY") == dtz.api_key
    told = b"".join(call.body for call in dastra.calls)
    assert b"https://api.dtz.rocks/v1/me" in told
    secrets = {dastra.private_key, *dastra.tokens_in_force, dtz.api_key}
    assert not any(secret.encode() in told for secret in secrets)


def test_the_exporters_of_all_signals_share_one_token(
    dastra: DastraStandIn, collector: str
) -> None:
    spans = OTLPSpanExporter(f"{collector}/v1/traces", session=dastra_session())
    metrics = OTLPMetricExporter(f"{collector}/v1/metrics", session=dastra_session())
    logs = OTLPLogExporter(f"{collector}/v1/logs", session=dastra_session())
    results = [spans.export([]), metrics.export(MetricsData([])), logs.export([])]
    for exporter in (spans, metrics, logs):
        exporter.shutdown()
    assert [result.name for result in results] == ["SUCCESS"] * 3
    assert [call.status for call in dastra.calls] == [200] * 3
    assert len(dastra.token_requests) == 1
