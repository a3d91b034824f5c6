"""A stream returns the object as its `authenticator`, made from the configuration of the tap."""

from singer_sdk import RESTStream, Tap
from singer_sdk.typing import IntegerType, PropertiesList, Property, StringType

from dtz_dastra_auth import DastraClientCredentials


class Workspaces(RESTStream[int]):
    """The workspaces that a key pair of Dastra may see."""

    name = "workspaces"
    path = "/workspaces"
    url_base = "https://api.dastra.eu/v1"
    records_jsonpath = "$.items[*]"
    primary_keys = ("id",)
    schema = PropertiesList(Property("id", IntegerType), Property("label", StringType)).to_dict()

    @property
    def authenticator(self) -> DastraClientCredentials:
        return DastraClientCredentials(self.config["public_key"], self.config["private_key"])


class TapDastra(Tap):
    """Read from Dastra."""

    name = "tap-dastra"
    config_jsonschema = PropertiesList(
        Property("public_key", StringType, required=True),
        Property("private_key", StringType, required=True, secret=True),
    ).to_dict()

    def discover_streams(self) -> list[Workspaces]:
        return [Workspaces(self)]
