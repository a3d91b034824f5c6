# `Create Custom Session` takes the object as its `auth`. Without `verify=${True}` the library does
# not look at certificates.

*** Settings ***
Library          RequestsLibrary
Suite Setup      Create Custom Session    dastra    https://api.dastra.eu    auth=${AUTH}    verify=${True}


*** Variables ***
${AUTH}          ${{ dtz_dastra_auth.DastraClientCredentials.from_env() }}


*** Test Cases ***
There Is A Workspace
    ${response}=    GET On Session    dastra    /v1/workspaces    expected_status=200
    Should Be Equal As Integers    ${response.json()}[total]    1

There Is A Second Page
    GET On Session    dastra    /v1/workspaces    params=page=2    expected_status=200
