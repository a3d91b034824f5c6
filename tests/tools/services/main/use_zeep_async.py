"""zeep's `AsyncTransport` has two clients of httpx: a blocking one for the WSDL, one for the calls.

Give the object to both. The service's address is made up: put in yours, and its origin into
``DASTRA_ORIGINS``.
"""

import httpx
import zeep
from zeep.transports import AsyncTransport

from dtz_dastra_auth import DastraClientCredentials

WSDL = "https://api.dastra.eu/soap?wsdl"


async def greet(name: str) -> str:
    """Load the WSDL and call the operation that it describes."""
    auth = DastraClientCredentials.from_env()
    with httpx.Client(auth=auth) as wsdl_client:
        async with httpx.AsyncClient(auth=auth) as calls:
            transport = AsyncTransport(client=calls, wsdl_client=wsdl_client)
            client = zeep.AsyncClient(WSDL, transport=transport)
            return str(await client.service.Greet(name))
