// An OpenID provider, by `oidc-provider`, as strict as providers may be: PKCE or nothing, access tokens of three
// seconds without a moment's grace, refresh tokens that rotate and whose reuse ends the whole family.
// It runs in the folder that npm installed into, says its address on standard output, and allows whoever asks.
import { createServer } from "node:http";

import Provider from "oidc-provider";

const PERSON = { sub: "p-ada", name: "Ada Park", ...JSON.parse(process.env.PERSON ?? "{}") };
const TOLD = [
  "access_token.destroyed",
  "refresh_token.consumed",
  "refresh_token.destroyed",
  "grant.success",
  "grant.error",
  "grant.revoked",
  "end_session.success",
];

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const events = [];

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: process.env.CLIENT_ID,
      client_secret: process.env.CLIENT_SECRET,
      redirect_uris: [process.env.REDIRECT_URI],
      post_logout_redirect_uris: process.env.SIGNED_OUT_URI ? [process.env.SIGNED_OUT_URI] : [],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_basic",
      // A native client may come back to any port of this machine.
      application_type: process.env.APPLICATION_TYPE ?? "web",
    },
  ],
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
  scopes: ["openid", "offline_access", "groups"],
  clockTolerance: 0,
  findAccount: (context, sub) => ({ accountId: sub, claims: () => PERSON }),
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  interactions: { url: (context, interaction) => `/allow/${interaction.uid}` },
  issueRefreshToken: () => true,
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: { AccessToken: 3, AuthorizationCode: 60, Grant: 3600, IdToken: 3600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
});
for (const name of TOLD) {
  provider.on(name, () => events.push(name));
}

async function allow(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: PERSON.sub, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  await provider.interactionFinished(request, response, { login: { accountId: PERSON.sub }, consent });
}

const answer = provider.callback();
server.on("request", (request, response) => {
  if (request.url.startsWith("/allow/")) {
    allow(request, response);
  } else if (request.url === "/events") {
    response.setHeader("content-type", "application/json").end(JSON.stringify(events));
  } else {
    answer(request, response);
  }
});
console.log(JSON.stringify({ issuer }));
