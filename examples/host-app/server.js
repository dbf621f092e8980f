// A small product with people of its own. FluxStudio keeps their connected accounts; this never sees a provider's token.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

import { Flux } from "./flux.js";

const { PORT = "5180", FLUX_URL = "http://127.0.0.1:8000" } = process.env;
const flux = new Flux({
  url: FLUX_URL,
  key: process.env.FLUX_API_KEY,
  jwtSecret: process.env.FLUX_JWT_SECRET,
  webhookSecret: process.env.FLUX_WEBHOOK_SECRET,
});

const PEOPLE = { mei: { id: "customer-mei", name: "Mei Tan" }, jonah: { id: "customer-jonah", name: "Jonah Reed" } };
const FILES = { "/app.js": "text/javascript", "/style.css": "text/css" };
const MAX_BODY_BYTES = 256 * 1024;
const MAX_KEPT_MESSAGES = 200;
// No page of this product allows anything unsafe; FluxStudio's script and API are named.
const HEADERS = {
  "content-security-policy":
    `default-src 'none'; script-src 'self' ${FLUX_URL}; connect-src 'self' ${FLUX_URL}; style-src 'self'; ` +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  // With `same-origin` a pop-up could not tell this page how it ended.
  "cross-origin-opener-policy": "same-origin-allow-popups",
  "cache-control": "no-store",
};

const sessions = new Map();
const messages = [];

function personOf(request) {
  const cookie = /(?:^|; )host_session=([\w-]+)/.exec(request.headers.cookie ?? "");
  return cookie ? sessions.get(cookie[1]) : undefined;
}

async function bodyOf(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > MAX_BODY_BYTES) throw new Error("too large");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

const json = (value, status = 200) => [status, { "content-type": "application/json" }, JSON.stringify(value)];
const file = async (name, type) => [200, { "content-type": type }, await readFile(new URL(`public/${name}`, import.meta.url))];

const routes = {
  async "POST /sign-in"(request) {
    const person = PEOPLE[new URLSearchParams(await bodyOf(request)).get("person")];
    if (!person) return json({ error: "Nobody here is called that." }, 400);
    const session = randomBytes(24).toString("base64url");
    sessions.set(session, person);
    return [303, { location: "/", "set-cookie": `host_session=${session}; HttpOnly; SameSite=Lax; Path=/` }, ""];
  },

  async "GET /"(request) {
    if (!personOf(request)) return file("sign-in.html", "text/html; charset=utf-8");
    const page = await readFile(new URL("public/index.html", import.meta.url), "utf8");
    return [200, { "content-type": "text/html; charset=utf-8" }, page.replaceAll("{FLUX_URL}", FLUX_URL)];
  },

  async "GET /api/embed-token"(request, person) {
    return json({ token: await flux.embedToken(person) });
  },

  async "GET /api/user-token"(request, person) {
    return json({ token: flux.userToken(person) });
  },

  async "GET /api/messages"(request, person) {
    return json({ messages: messages.filter((message) => message.data.userId === person.id) });
  },

  async "POST /webhooks"(request) {
    const body = await bodyOf(request);
    let message;
    try {
      message = flux.message(body, request.headers);
    } catch {
      return [401, {}, ""];
    }
    // The same message may come again.
    if (!messages.some((entry) => entry.id === request.headers["webhook-id"])) {
      messages.push({ id: request.headers["webhook-id"], ...message });
      messages.splice(0, messages.length - MAX_KEPT_MESSAGES);
    }
    return [204, {}, ""];
  },
};

async function answer(request) {
  const { pathname } = new URL(request.url, "http://host.invalid");
  if (request.method === "GET" && FILES[pathname]) return file(pathname.slice(1), `${FILES[pathname]}; charset=utf-8`);
  const route = routes[`${request.method} ${pathname}`];
  if (!route) return json({ error: "There is nothing here." }, 404);
  const person = personOf(request);
  if (pathname.startsWith("/api/") && !person) return json({ error: "Sign in first." }, 401);
  return route(request, person);
}

const server = createServer(async (request, response) => {
  try {
    const [status, headers, body] = await answer(request);
    response.writeHead(status, { ...HEADERS, ...headers }).end(body);
  } catch (error) {
    console.error(error.message);
    response.writeHead(502, { ...HEADERS, "content-type": "application/json" }).end('{"error":"Something went wrong."}');
  }
});

server.listen(Number(PORT), "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
