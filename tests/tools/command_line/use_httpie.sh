# The types come with the package, once it is in the same environment as HTTPie: `dastra`,
# `dastra-key`, `dtz-key`, `dtz-bearer`, `dtz-basic`, `dtz-cookie`, `dtz-query` and `dtz-login`. The
# credential is what `-a` says, or else what the environment says, as for `from_env()`;
# `DASTRA_ORIGINS`, `DTZ_CONTEXT_ID` and the other optional variables count either way.

http --auth-type=dastra -a "$DASTRA_PUBLIC_KEY:$DASTRA_PRIVATE_KEY" https://api.dastra.eu/v1/workspaces
http --auth-type=dastra https://api.dastra.eu/v1/workspaces
https --auth-type=dtz-key api.dtz.rocks/v1/me

# A session of HTTPie keeps the type, and the credential if `-a` named it (in plain text).
http --session=dtz --auth-type=dtz-login https://api.dtz.rocks/v1/me
http --session=dtz https://api.dtz.rocks/v1/me

# Nothing is sent, no token request either: `TOKEN` stands in the place of a token.
http --offline --auth-type=dastra https://api.dastra.eu/v1/workspaces

http --download --output=workspaces.json --auth-type=dastra https://api.dastra.eu/v1/workspaces
