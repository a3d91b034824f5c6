// An authorization server and a resource server on one loopback port, over TLS.
//
//     node server.mjs DIRECTORY_WITH_NODE_MODULES PEM_WITH_KEY_AND_CERTIFICATE
//
// The first and only line on standard output is the port. The server ends when its standard input
// does, so that it cannot outlive a test run that was killed.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';

import { PERSONS, askForConsent, record, signInPage, takeTime } from './persons.mjs';

const [modules, pem] = process.argv.slice(2);

// The provider announces itself with console.info; standard output is for the port alone.
console.info = console.error;

// Dependencies are installed outside the source tree, where a plain import would not look.
const { Provider } = createRequire(`${modules}/`)('oidc-provider');

// A secret of client_secret_basic is form-encoded before it is put into the header (RFC 6749
// §2.3.1): the first pair is the same bytes either way, the second is refused unless encoded.
const KEY_PAIRS = {
  plainPublicKey1: 'plainPrivateKey1',
  'public +%&:/= key%20+': 'private +%&:/= key%20+=',
};

const PROVIDER = {
  ...PERSONS,
  clients: Object.entries(KEY_PAIRS).map(([client_id, client_secret]) => ({
    client_id,
    client_secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: 'api1',
    token_endpoint_auth_method: 'client_secret_basic',
  })),
  features: {
    ...PERSONS.features,
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
  },
  routes: {
    ...PERSONS.routes,
    token: '/connect/token',
    introspection: '/connect/introspect',
  },
  scopes: ['api1', 'offline_access'],
  // It counts in whole seconds of the clock: `expires_in: 2` lives between one second and two, so a
  // client meets both a renewal ahead of time and a 401 that comes earlier than announced.
  ttl: { ...PERSONS.ttl, ClientCredentials: 2 },
};

const WORKSPACES = { items: [{ id: 1, label: 'My data company', state: 'Active' }], total: 1 };

const tokenRequests = {};
const calls = {};
let grants;

function count(table, key, status) {
  table[key] ??= {};
  table[key][status] = (table[key][status] ?? 0) + 1;
}

async function countTokenRequests(ctx, next) {
  await next();
  if (ctx.path === PROVIDER.routes.token) {
    // An unknown client has no entity here; a wrong secret of a known one has.
    count(tokenRequests, ctx.oidc?.entities?.Client?.clientId ?? '', ctx.status);
  }
}

async function resourceServer(ctx, next) {
  if (ctx.path !== '/v1/workspaces') {
    return next();
  }
  const [, value] = /^Bearer ([^ ]+)$/.exec(ctx.get('Authorization')) ?? [];
  const { AccessToken, ClientCredentials } = ctx.app;
  const token = value && ((await ClientCredentials.find(value)) ?? (await AccessToken.find(value)));
  const allowed = Boolean(token?.isValid && token.scopes.has('api1'));
  ctx.status = allowed ? 200 : 401;
  ctx.body = allowed ? WORKSPACES : '';
  count(calls, ctx.query.caller ?? '', ctx.status);
}

async function report(ctx, next) {
  if (ctx.path !== '/counts') {
    return next();
  }
  ctx.body = { tokenRequests, calls, grants };
}

// The issuer holds the port, so the provider is made when the port is known.
let provider;
const tls = readFileSync(pem);
const server = createServer({ key: tls, cert: tls }, (request, response) =>
  provider(request, response),
);
// After the usual five seconds it would at times close a connection on which a request is coming.
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const app = new Provider(`https://127.0.0.1:${port}`, PROVIDER);
  grants = record(app);
  app.use(report);
  app.use(resourceServer);
  app.use(takeTime);
  app.use(countTokenRequests);
  app.use(askForConsent);
  app.use(signInPage);
  provider = app.callback();
  console.log(port);
});

process.stdin.on('end', () => process.exit(0)).resume();
