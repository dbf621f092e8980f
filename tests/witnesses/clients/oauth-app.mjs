// The tokens of an OAuth app, with GitHub's own `@octokit/oauth-app`; in the layout of Enterprise Server.
import { OAuthApp } from "@octokit/oauth-app";
import { Octokit } from "@octokit/core";

const app = new OAuthApp({
  clientType: "oauth-app",
  clientId: process.env.ID,
  clientSecret: process.env.SECRET,
  Octokit: Octokit.defaults({ baseUrl: process.env.API }),
});
const { url } = app.getWebFlowAuthorizationUrl({ state: "s", scopes: ["repo"], redirectUrl: process.env.REDIRECT });
const allowed = await fetch(url, {
  method: "POST",
  redirect: "manual",
  body: new URLSearchParams({ choice: "ada-park", decision: "allow" }),
});
const code = new URL(allowed.headers.get("location")).searchParams.get("code");
const { authentication } = await app.createToken({ state: "s", code });
const checked = await app.checkToken({ token: authentication.token });
const reset = await app.resetToken({ token: authentication.token });
const old = await app.checkToken({ token: authentication.token }).catch((error) => error.status);
const { data: user } = await new Octokit({ auth: reset.authentication.token, baseUrl: process.env.API }).request("GET /user");
await app.deleteToken({ token: reset.authentication.token });
const ended = await app.checkToken({ token: reset.authentication.token }).catch((error) => error.status);

console.log(JSON.stringify({ scopes: authentication.scopes, login: checked.data.user.login, old, user: user.login, ended }));
