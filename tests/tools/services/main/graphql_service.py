"""A GraphQL service at ``https://api.dastra.eu/graphql``, played by the stand-in."""

from graphql import build_schema, introspection_from_schema

from dtz_dastra_auth.testing import DastraStandIn, Recorded

SCHEMA = "type Workspace { label: String! } type Query { workspaces: [Workspace!]! }"
LABELS = ["My data company"]


def is_graphql(call: Recorded) -> bool:
    return call.path == "/graphql"


def answer_schema(dastra: DastraStandIn) -> None:
    schema = introspection_from_schema(build_schema(SCHEMA))
    dastra.answer({"data": schema}, on=is_graphql)


def answer_workspaces(dastra: DastraStandIn) -> None:
    dastra.answer({"data": {"workspaces": [{"label": each} for each in LABELS]}}, on=is_graphql)
