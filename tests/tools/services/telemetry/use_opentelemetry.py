"""The OTLP exporters over HTTP take a session of requests, and the session takes the object.

A program that is set up by its environment needs no code:
``OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER`` chooses one of the package's sessions by
name, ``dastra``, ``dastra-key``, ``dtz-key`` or ``dtz-bearer``, with the variables that
``from_env()`` reads. ``DASTRA_ORIGINS`` (or ``DTZ_ORIGINS``) names the collector either way.
"""

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from dtz_dastra_auth import DastraClientCredentials


def dastra_session() -> requests.Session:
    """Make a session; ``DASTRA_ORIGINS`` names the collector, so that the token may go there."""
    session = requests.Session()
    session.auth = DastraClientCredentials.from_env()
    return session


def tracer_provider(endpoint: str) -> TracerProvider:
    """Export spans to a collector, such as ``https://collector.example.org/v1/traces``."""
    provider = TracerProvider()
    exporter = OTLPSpanExporter(endpoint, session=dastra_session())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
