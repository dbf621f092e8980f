// Everything that this product's back end says to FluxStudio.

import { createHmac } from "node:crypto";

import { Webhook } from "standardwebhooks";

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export class Flux {
  constructor({ url, key, jwtSecret, webhookSecret }) {
    this.url = url;
    this.key = key;
    this.jwtSecret = jwtSecret;
    this.webhooks = webhookSecret ? new Webhook(webhookSecret) : null;
  }

  /** A ten-minute token for <flux-integrations>, made with this product's API key. */
  async embedToken(user) {
    const answer = await fetch(`${this.url}/api/embed-tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.key}`, "content-type": "application/json" },
      body: JSON.stringify({ userId: user.id }),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${body.code}: ${body.message}`);
    return body.token;
  }

  /** A signed token (JWT, HS256) that says who is calling, for five minutes. */
  userToken(user) {
    const claims = { sub: user.id, name: user.name, exp: Math.floor(Date.now() / 1000) + 300 };
    const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
    return `${signed}.${createHmac("sha256", this.jwtSecret).update(signed).digest("base64url")}`;
  }

  /** What a webhook says. Throws for one that FluxStudio did not sign, or that is too old. */
  message(body, headers) {
    if (!this.webhooks) throw new Error("FLUX_WEBHOOK_SECRET is not set.");
    return this.webhooks.verify(body, headers);
  }
}
