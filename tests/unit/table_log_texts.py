"""Texts of log records: with a credential, and how it is masked; and without one."""

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl_-0"
UUID = "0b0e0f6c-1f2d-4c7e-9f53-5b1c3d2e4f60"

MASKED = [
    # Lines of hpack, as its versions write them.
    ("Adding b'x-api-key'=b'pr1v' to the table", "Adding b'x-api-key'=b'***' to the table"),
    ("Adding (b'x-api-key', b'pr1v') to the table", "Adding (b'x-api-key', b'***') to the table"),
    ("Adding (b'authorization', b'Basic abc') to", "Adding (b'authorization', b'***') to"),
    (
        "Evicting b'x-api-key': b'pr1v' from the header table",
        "Evicting b'x-api-key': b'***' from the header table",
    ),
    (
        "Decoded (b'x-api-key', b\"p'r1v\"), consumed 1",
        "Decoded (b'x-api-key', b\"***\"), consumed 1",
    ),
    (
        f"Adding b':path'=b'/v1/me?apiKey=apikey-{UUID}' to",
        "Adding b':path'=b'/v1/me?apiKey=***' to",
    ),
    ("Adding b'cookie'=b'dtz-auth=t0ken' to", "Adding b'cookie'=b'dtz-auth=***' to"),
    # Headers in other forms.
    ("{'X-API-KEY': 'pr1v', 'Accept': '*/*'}", "{'X-API-KEY': '***', 'Accept': '*/*'}"),
    ("Headers([('x-api-key', 'pr1v'), ('a', 'b')])", "Headers([('x-api-key', '***'), ('a', 'b')])"),
    ("X-API-KEY: p\"r'1)v\nHost: x", "X-API-KEY: ***\nHost: x"),
    ("curl -H 'X-API-KEY: pr1v' https://x/", "curl -H 'X-API-KEY: ***' https://x/"),
    ("HTTP_X_API_KEY=pr1v", "HTTP_X_API_KEY=***"),
    ("Authorization: Bearer word", "Authorization: Bearer ***"),
    ("{'Authorization': 'Other word'}", "{'Authorization': '***'}"),
    ("{'Authorization': 'Bearer word'}", "{'Authorization': '***'}"),
    ("sent Bearer 0paque.t0ken, got 401", "sent Bearer ***, got 401"),
    ("sent bearer%200paque.t0ken", "sent bearer%20***"),
    ("Proxy said: Basic dXNlcjpwYXNz.", "Proxy said: Basic ***."),
    # Cookies.
    ("[(b'Set-Cookie', b'dtz-auth=t0k; Path=/')]", "[(b'Set-Cookie', b'dtz-auth=***; Path=/')]"),
    ("<Cookie dtz-auth=t0k for api.dtz.rocks/>", "<Cookie dtz-auth=*** for api.dtz.rocks/>"),
    (
        "Cookie(name='dtz-auth', value='t0k', port=None)",
        "Cookie(name='dtz-auth', value='***', port=None)",
    ),
    ("cookies: a=1; dtz-auth=t0k; b=2", "cookies: a=1; dtz-auth=***; b=2"),
    # Keys and tokens wherever they are.
    (f"the key (apikey-{UUID}) is refused", "the key (apikey-***) is refused"),
    (f"rd=https%3A%2F%2Fx%3FapiKey%3Dapikey-{UUID}", "rd=https%3A%2F%2Fx%3FapiKey%3Dapikey-***"),
    ("apikey%2D12%2634 and apikey%252d12", "apikey%2D*** and apikey%252d***"),
    (f"token={JWT}&next=1", "token=***&next=1"),
    (f"in a fragment%23{JWT}", "in a fragment%23***"),
    (f"b'first line\\n{JWT}'", "b'first line\\n***'"),
    ("YXBpa2V5OmFwaWtleS0xMjM0", "***"),
    ("ABhcGlrZXktMTIz=", "AB***"),
    ("FwaWtleSx", "***"),
    ("YmVhcmVyOng=", "***"),
    # URLs.
    (
        'https://x:443 "GET /v1?a=1&apiKey=k%2Cey&b=2 HTTP/1.1" 200',
        'https://x:443 "GET /v1?a=1&apiKey=***&b=2 HTTP/1.1" 200',
    ),
    ("Retry: /v1/me?apiKey=k", "Retry: /v1/me?apiKey=***"),
    (
        "Failed to parse headers (url=https://x/?apiKey=k): []",
        "Failed to parse headers (url=https://x/?apiKey=***): []",
    ),
    # Token requests and answers.
    ('{"username":"u","password":"p\\"w"}', '{"username":"u","password":"***"}'),
    (
        'b\'{"access_token": "t", "expires_in": 60}\'',
        'b\'{"access_token": "***", "expires_in": 60}\'',
    ),
    ("{'refresh_token': 't', 'id_token': 't'}", "{'refresh_token': '***', 'id_token': '***'}"),
    ('"{\\"client_secret\\": \\"s\\"}"', '"{\\"client_secret\\": \\"***"'),
    (
        "grant_type=password&client_secret=s%26&scope=a",
        "grant_type=password&client_secret=***&scope=a",
    ),
    ("DtzLogin(username='u', password='p')", "DtzLogin(username='u', password='***')"),
    ("f('public', private_key='p')", "f('public', private_key='***')"),
    ("data=[('password', 'p'), ('x', 'y')]", "data=[('password', '***'), ('x', 'y')]"),
    ("code_verifier=v-1~&x=1", "code_verifier=***&x=1"),
    # Codes of a sign-in, as clients and servers write them.
    (
        'https://shop.example:443 "GET /callback?code=c-1_&state=s HTTP/1.1" 302 None',
        'https://shop.example:443 "GET /callback?code=***&state=s HTTP/1.1" 302 None',
    ),
    (
        '127.0.0.1:5 - "GET /callback?state=s&iss=i&code=c%2B1 HTTP/1.1" 302',
        '127.0.0.1:5 - "GET /callback?state=s&iss=i&code=*** HTTP/1.1" 302',
    ),
    (
        "[(b'Location', b'https://x/callback?a=1&code=c&state=s#f')]",
        "[(b'Location', b'https://x/callback?a=1&code=***&state=s#f')]",
    ),
    (
        "back at (https://x/callback?code=c&state=s).",
        "back at (https://x/callback?code=***&state=s).",
    ),
    ("Adding b':path'=b'/cb?code=c&state=s' to", "Adding b':path'=b'/cb?code=***&state=s' to"),
    ("href='/cb?code=c&amp;state=s'", "href='/cb?code=***&amp;state=s'"),
    ("in a fragment: https://x/cb#code=c&state=s", "in a fragment: https://x/cb#code=***&state=s"),
    (
        "grant_type=authorization_code&code=c%26&redirect_uri=https%3A%2F%2Fx",
        "grant_type=authorization_code&code=***&redirect_uri=https%3A%2F%2Fx",
    ),
    ("code=c&redirect_uri=u&code_verifier=v", "code=***&redirect_uri=u&code_verifier=***"),
    (
        "/login/?rd=https%3A%2F%2Fx%2Fcb%3Fcode%3Dc%26state%3Ds&a=1",
        "/login/?rd=https%3A%2F%2Fx%2Fcb%3Fcode%3D***%26state%3Ds&a=1",
    ),
    (
        "/login/?rd=https%253A%252F%252Fx%253Fstate%253Ds%2526code%253Dc",
        "/login/?rd=https%253A%252F%252Fx%253Fstate%253Ds%2526code%253D***",
    ),
    (
        "{'grant_type': 'authorization_code', 'code': 'c', 'redirect_uri': 'u'}",
        "{'grant_type': 'authorization_code', 'code': '***', 'redirect_uri': 'u'}",
    ),
    ('{"code":"c","code_verifier":"v"}', '{"code":"***","code_verifier":"***"}'),
    (
        "[('grant_type', 'authorization_code'), ('code', 'c')]",
        "[('grant_type', 'authorization_code'), ('code', '***')]",
    ),
    ("sign_in(code='c', code_verifier='v')", "sign_in(code='***', code_verifier='***')"),
    # Cut off in the middle.
    ("Adding b'x-api-key'=b'pr1", "Adding b'x-api-key'=b'***"),
    ('{"password": "p', '{"password": "***'),
]

ORDINARY = [
    "",
    'https://api.dastra.eu:443 "GET /v1/workspaces?page=1 HTTP/1.1" 200 None',
    "Basic authentication is not offered",
    "Bearer token missing",
    "The Bearer scheme; Basic, too. BASIC AUTH.",
    'WWW-Authenticate: Basic realm="account.dastra.eu"',
    'WWW-Authenticate: Bearer error="invalid_token"',
    "api_key: a DTZ API key starts with 'apikey-'",
    "(apikey-) `apikey-` apikey- apikey-...",
    "password: is empty",
    "private_key: expected a str, got int",
    "the X-API-KEY header, or apiKey in the query",
    "access_token is missing, so is dtz-auth",
    "authorization failed: 401",
    "grant_type=password&scope=api1",
    "Adding b':path'=b'/v1/me' to the table, sensitive:False",
    "Adding b'x-dtz-context'=b'context-1' to the table",
    # Codes of something else.
    'https://shops.example:443 "GET /countries?code=DE&page=2 HTTP/1.1" 200 None',
    "status code=200 state=open",
    "{'code': 'not_found', 'state': 'open'}",
    "/areas?zipcode=90001&state=CA",
    "/areas?country_code=US&postcode%3D90001&state=CA",
    "https://x.example/?state=CA and https://x.example/?code=US",
    "the callback has no code, or another state",
    "/callback?code=&state=s",
    "/callback?error=access_denied&state=s",
    "/connect/authorize?response_type=code&redirect_uri=https%3A%2F%2Fx&state=s&code_challenge=E9",
    "grant_type=authorization_code is not allowed",
    "a file eyJournal.txt and eyJ",
    "100 % of %s and {}",
    "Encoded header block to b'\\x82\\x87'",
]
