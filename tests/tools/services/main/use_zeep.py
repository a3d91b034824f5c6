"""zeep's `Transport` takes a session of requests: set the object as the session's ``auth``.

The service's address is made up: put in yours, and its origin into ``DASTRA_ORIGINS``.
"""

import requests
import zeep
from zeep.transports import Transport

from dtz_dastra_auth import DastraClientCredentials

WSDL = "https://api.dastra.eu/soap?wsdl"


def greet(name: str) -> str:
    """Load the WSDL and call the operation that it describes."""
    with requests.Session() as session:
        session.auth = DastraClientCredentials.from_env()
        client = zeep.Client(WSDL, transport=Transport(session=session))
        return str(client.service.Greet(name))
