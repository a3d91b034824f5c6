"""What a type checker must accept and refuse where OpenTelemetry's exporters are installed.

Never run: checked with ``mypy --strict`` and with pyright.
"""

# Not strict: there every use of an unknown type is an error, and would pass for a refusal.
# pyright: standard, reportUnnecessaryTypeIgnoreComment=true

import requests
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from dtz_dastra_auth import (
    DastraApiKey,
    DastraClientCredentials,
    DtzApiKey,
    DtzBasic,
    DtzBearer,
    DtzCookie,
    DtzLogin,
    DtzQueryKey,
)


def a_session_takes_every_class(session: requests.Session) -> None:
    session.auth = DastraClientCredentials("public", "private")
    session.auth = DastraApiKey("private")
    session.auth = DtzApiKey("apikey-1")
    session.auth = DtzBearer("token")
    session.auth = DtzBasic("apikey", "apikey-1")
    session.auth = DtzCookie("token")
    session.auth = DtzQueryKey("apikey-1")


def a_session_takes_what_the_environment_makes(session: requests.Session) -> None:
    session.auth = DastraClientCredentials.from_env()
    session.auth = DastraApiKey.from_env()
    session.auth = DtzApiKey.from_env()
    session.auth = DtzBearer.from_env()
    session.auth = DtzBasic.from_env()
    session.auth = DtzCookie.from_env()
    session.auth = DtzQueryKey.from_env()


def an_exporter_of_each_signal_takes_the_session(session: requests.Session) -> None:
    OTLPSpanExporter(session=session)
    OTLPMetricExporter(session=session)
    OTLPLogExporter(session=session)


def a_source_is_not_an_auth(session: requests.Session) -> None:
    session.auth = DtzLogin("user", "password")  # type: ignore[assignment]


def an_auth_is_not_a_session(auth: DastraClientCredentials) -> None:
    OTLPMetricExporter(session=auth)  # type: ignore[call-overload]
