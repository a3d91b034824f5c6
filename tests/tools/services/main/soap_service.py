"""A SOAP service at ``https://api.dastra.eu/soap``, played by the stand-in."""

from dtz_dastra_auth.testing import DastraStandIn, Recorded

ADDRESS = "https://api.dastra.eu/soap"
XML = "text/xml; charset=utf-8"
WSDL = """\
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:t="urn:greet" targetNamespace="urn:greet">
  <types>
    <schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:greet">
      <element name="Greet" type="string"/>
      <element name="Greeting" type="string"/>
    </schema>
  </types>
  <message name="In"><part name="name" element="t:Greet"/></message>
  <message name="Out"><part name="greeting" element="t:Greeting"/></message>
  <portType name="Port">
    <operation name="Greet"><input message="t:In"/><output message="t:Out"/></operation>
  </portType>
  <binding name="Binding" type="t:Port">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="Greet">
      <soap:operation soapAction="greet"/>
      <input><soap:body use="literal"/></input>
      <output><soap:body use="literal"/></output>
    </operation>
  </binding>
  <service name="Service">
    <port name="Port" binding="t:Binding"><soap:address location="%s"/></port>
  </service>
</definitions>
"""
ANSWER = """\
<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/">
  <Body><Greeting xmlns="urn:greet">Hello!</Greeting></Body>
</Envelope>
"""


def is_soap(call: Recorded) -> bool:
    return call.path == "/soap"


def answer_wsdl(dastra: DastraStandIn, address: str = ADDRESS) -> None:
    dastra.fail(200, body=(WSDL % address).encode(), content_type=XML, on=is_soap)


def answer_greeting(dastra: DastraStandIn) -> None:
    dastra.fail(200, body=ANSWER.encode(), content_type=XML, on=is_soap)
