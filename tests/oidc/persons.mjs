// How persons sign in: a page with a form, and a record of what becomes of what they granted.

import { setTimeout } from 'node:timers/promises';

// The same one is in `server.py`.
const PASSWORDS = { 'ada@example.com': 'ada has +%&:/= 1 password' };

// An application registers itself (RFC 7591), as its own address is known only once it runs. It may
// say how many seconds its access tokens live, and how many token answers take to arrive.
const LIFETIME = 'access_token_lifetime';
const ANSWER_TIME = 'token_answer_time';

export const PERSONS = {
  clientDefaults: {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: 'api1 offline_access',
    token_endpoint_auth_method: 'client_secret_basic',
  },
  extraClientMetadata: { properties: [LIFETIME, ANSWER_TIME] },
  features: { registration: { enabled: true }, revocation: { enabled: true } },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  routes: {
    authorization: '/connect/authorize',
    registration: '/connect/register',
    revocation: '/connect/revocation',
  },
  ttl: {
    AccessToken: (ctx, token, client) => client[LIFETIME] ?? 2,
    // What is only told to be missing must not be mistaken for what has run out.
    AuthorizationCode: 600,
    Grant: 3600,
    Interaction: 3600,
    RefreshToken: 3600,
    Session: 3600,
  },
};

// OpenID Connect gives offline access to nobody who was not asked for it, and oidc-provider drops
// that scope from a request without `prompt=consent`. Dastra documents none: its page asks anyway,
// as the one below does.
export async function askForConsent(ctx, next) {
  const { scope = '', prompt } = ctx.query;
  const offline = String(scope).split(' ').includes('offline_access');
  if (ctx.path === PERSONS.routes.authorization && offline && !prompt) {
    ctx.query = { ...ctx.query, prompt: 'consent' };
  }
  await next();
}

// The grant is done by then: who does not wait for the answer has lost it.
export async function takeTime(ctx, next) {
  await next();
  await setTimeout(1000 * (ctx.oidc?.client?.[ANSWER_TIME] ?? 0));
}

const page = (complaint) => `<!DOCTYPE html>
<html lang="en">
  <head><meta charset="utf-8"><title>Sign in</title><link rel="icon" href="data:,"></head>
  <body>
    <h1>Sign in</h1>
    <p role="alert">${complaint}</p>
    <form method="post">
      <label>Login <input name="login" autocomplete="username" required></label>
      <label>Password
        <input name="password" type="password" autocomplete="current-password" required>
      </label>
      <button type="submit">Sign in and allow access</button>
    </form>
  </body>
</html>
`;

async function form(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}

// One form for each question the provider has, so that nobody is signed in by a cookie alone.
export async function signInPage(ctx, next) {
  if (!ctx.path.startsWith('/interaction/')) {
    return next();
  }
  const { params } = await ctx.app.interactionDetails(ctx.req, ctx.res);
  const { login, password } = ctx.method === 'POST' ? await form(ctx.req) : {};
  if (!login || PASSWORDS[login] !== password) {
    ctx.status = ctx.method === 'POST' ? 401 : 200;
    ctx.type = 'html';
    ctx.body = page(ctx.method === 'POST' ? 'Wrong login or password' : '');
    return undefined;
  }
  // A grant of its own for each sign-in: revoking one must not end another.
  const grant = new ctx.app.Grant({ accountId: login, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const answer = { login: { accountId: login }, consent: { grantId: await grant.save() } };
  ctx.respond = false;
  return ctx.app.interactionFinished(ctx.req, ctx.res, answer);
}

// What became of the grants, for each client.
export function record(provider) {
  const clients = {};
  const of = (id) => {
    clients[id] ??= { refreshTokens: [], consumed: 0, revoked: 0, refusals: {} };
    return clients[id];
  };
  provider.on('refresh_token.saved', (token) => of(token.clientId).refreshTokens.push(token.jti));
  provider.on('refresh_token.consumed', (token) => {
    of(token.clientId).consumed += 1;
  });
  provider.on('grant.revoked', (ctx) => {
    of(ctx.oidc.client.clientId).revoked += 1;
  });
  provider.on('grant.error', (ctx, error) => {
    if (error.error === 'invalid_grant') {
      // The detail says which of the reasons it is, and is told to nobody else.
      const { refusals } = of(ctx.oidc.client.clientId);
      refusals[error.error_detail] = (refusals[error.error_detail] ?? 0) + 1;
    }
  });
  return clients;
}
