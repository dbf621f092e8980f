// <flux-integrations token="…">: a person's connected accounts, in the page of a host product.
//
// Attributes: token (of POST /api/embed-tokens), provider (some of them, with commas), theme (light, dark; else the
// system's), mode ("redirect" leads the whole page away instead of opening a pop-up), base (where FluxStudio answers).
// Property: getToken, an async function that fetches a new token when one has expired.
// Events, all with `detail`: flux-ready, flux-connected, flux-cancelled, flux-disconnected, flux-error, flux-token-expired.

const FILE = "/embed/flux-integrations.js";
const script = document.currentScript ?? document.querySelector(`script[src*="${FILE}"]`);
const HOME = script ? new URL(script.src).origin : location.origin;
const LOOK_EVERY_MS = 400;
const ASK_EVERY_MS = 700;
// After the window has closed; a provider may have cut it off from this page, so its end is asked for.
const ASK_FOR_MS = 2000;
const POPUP = { width: 520, height: 720 };

const ICONS = {
  good: "M3 8.5l3.2 3.2L13 5",
  warn: "M8 5v4M8 11.5v.01M8 1.8l6.5 12.4h-13z",
  bad: "M8 5v4M8 11.5v.01M8 1.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13z",
};
const SHEET = new CSSStyleSheet();
SHEET.replaceSync(STYLE);

class FluxIntegrations extends HTMLElement {
  static observedAttributes = ["token", "provider", "base"];

  #root = this.attachShadow({ mode: "open" });
  #list = make("div", { class: "cards", part: "cards", "aria-busy": "true" });
  #live = make("p", { class: "hidden", role: "status", "aria-live": "polite" });
  #providers = [];
  #connections = [];
  #notes = new Map();
  #busy = new Map();
  #asking = null;
  #problem = "";
  #loading = 0;
  getToken = null;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [SHEET];
    this.#root.append(this.#list, this.#live);
  }

  connectedCallback() {
    window.addEventListener("focus", this.#look);
    void this.refresh();
  }

  disconnectedCallback() {
    window.removeEventListener("focus", this.#look);
  }

  attributeChangedCallback(name, before, after) {
    if (this.isConnected && before !== after) void this.refresh();
  }

  /** Load everything again. */
  async refresh() {
    const turn = ++this.#loading;
    if (!this.getAttribute("token") && !this.getToken) return;
    try {
      const [{ providers }, { integrations }] = await Promise.all([
        this.#call("GET", "/api/providers"),
        this.#call("GET", "/api/integrations"),
      ]);
      if (turn !== this.#loading) return;
      const wanted = (this.getAttribute("provider") ?? "").split(",").map((id) => id.trim()).filter(Boolean);
      const first = !this.#providers.length;
      this.#providers = providers.filter((entry) => !wanted.length || wanted.includes(entry.id));
      this.#connections = integrations.filter((entry) => entry.status !== "disconnected");
      this.#problem = "";
      this.#draw();
      if (first) this.#tell("flux-ready", { providers: this.#providers.map((entry) => entry.id) });
    } catch (error) {
      if (turn !== this.#loading) return;
      this.#problem = error.message;
      this.#draw();
      this.#tell("flux-error", { code: error.code, message: error.message });
    }
  }

  get #base() {
    return (this.getAttribute("base") || HOME).replace(/\/$/, "");
  }

  #look = () => {
    if (!this.#busy.size && !this.#asking && this.#providers.length) void this.refresh();
  };

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }

  async #call(method, path, again = true) {
    let answer;
    try {
      answer = await fetch(this.#base + path, {
        method,
        credentials: "include",
        headers: { authorization: `Bearer ${this.getAttribute("token") ?? ""}` },
      });
    } catch {
      throw Object.assign(new Error("FluxStudio can’t be reached. Check your connection, then try again."), {
        code: "UNREACHABLE",
      });
    }
    if (answer.status === 401 && again) {
      this.#tell("flux-token-expired", {});
      const token = await this.getToken?.();
      if (token) {
        this.setAttribute("token", token);
        return this.#call(method, path, false);
      }
    }
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return body;
    const words = answer.status === 401 ? "Your session here has expired. Reload the page." : body.message;
    throw Object.assign(new Error(words ?? "Something went wrong. Try again."), { code: body.code ?? "INTERNAL" });
  }

  // What a person does

  async #connect(provider, { connection, scopes } = {}) {
    if (this.#busy.has(provider.id)) return this.#busy.get(provider.id).focus();
    const query = new URLSearchParams();
    if (connection) query.set("connection", connection);
    if (scopes?.length) query.set("scopes", scopes.join(","));
    const left = Math.max(0, window.screenX + (window.outerWidth - POPUP.width) / 2);
    const top = Math.max(0, window.screenY + (window.outerHeight - POPUP.height) / 2);
    const place = `popup,width=${POPUP.width},height=${POPUP.height},left=${left},top=${top}`;
    // At once, while the browser still knows that a person has asked for it.
    const popup = this.getAttribute("mode") === "redirect" ? null : window.open("", "_blank", place);
    if (popup) query.set("display", "popup");
    else query.set("returnTo", location.href);
    const stop = new AbortController();
    this.#busy.set(provider.id, { focus: () => popup?.focus(), stop: () => stop.abort() });
    this.#note(provider.id, "", `Waiting for ${provider.name}`);
    let ended;
    try {
      const begun = await this.#call("GET", `/api/integrations/${provider.id}/auth?${query}`);
      if (!popup) return location.assign(begun.authorizationUrl);
      popup.location = begun.authorizationUrl;
      ended = await this.#ended(provider, popup, stop.signal);
    } catch (error) {
      popup?.close();
      ended = { success: false, error: { code: error.code, message: error.message } };
    }
    this.#busy.delete(provider.id);
    await this.#after(provider, ended);
  }

  async #after(provider, ended) {
    if (ended.success) {
      this.#note(provider.id, "", `${provider.name} is connected to ${ended.data.accountName}`);
      await this.refresh();
      this.#tell("flux-connected", { ...ended.data });
    } else if (ended.error.code === "CLOSED" || ended.error.code === "ACCESS_DENIED") {
      this.#note(provider.id, "Connection cancelled. Nothing changed.");
      this.#tell("flux-cancelled", { provider: provider.id, code: ended.error.code });
    } else {
      this.#note(provider.id, ended.error.message, "", "bad");
      this.#tell("flux-error", { provider: provider.id, ...ended.error });
    }
    this.#focus(provider.id);
  }

  /** How a connect ends: as the window says, or as it is found out once that is closed. */
  async #ended(provider, popup, stopped) {
    let message = null;
    const hear = ({ origin, source, data }) => {
      const ours = origin === new URL(this.#base).origin && source === popup && data?.type === "oauth-callback";
      if (ours && data.provider === provider.id) message = data;
    };
    const before = Date.now() - 1000;
    window.addEventListener("message", hear);
    try {
      while (!message && !popup.closed && !stopped.aborted) await rest(LOOK_EVERY_MS);
      const until = Date.now() + (stopped.aborted ? 0 : ASK_FOR_MS);
      while (!message && Date.now() < until) {
        const attempt = await this.#attempt(provider, before);
        if (attempt) return attempt;
        await rest(ASK_EVERY_MS);
      }
    } finally {
      window.removeEventListener("message", hear);
      if (stopped.aborted) popup.close();
    }
    return message ?? { success: false, error: { code: "CLOSED", message: "The window was closed." } };
  }

  async #attempt(provider, since) {
    const { attempts } = await this.#call("GET", `/api/integrations/${provider.id}/attempts`).catch(() => ({ attempts: [] }));
    const latest = attempts[0];
    if (!latest || Date.parse(latest.startedAt) < since - 60000 || latest.outcome === "waiting") return null;
    if (latest.outcome !== "connected") {
      return { success: false, error: { code: latest.code, message: `${latest.cause ?? ""} ${latest.mend ?? ""}`.trim() } };
    }
    const { integrations } = await this.#call("GET", "/api/integrations");
    const mine = integrations.filter((entry) => entry.provider === provider.id && entry.connected);
    const newest = mine.sort((a, b) => Date.parse(b.connectedAt) - Date.parse(a.connectedAt))[0];
    if (!newest) return null;
    return {
      success: true,
      data: { provider: provider.id, connectionId: newest.id, accountName: newest.metadata.accountName, permissions: newest.scopes },
    };
  }

  async #disconnect(provider, entry) {
    this.#asking = null;
    try {
      const done = await this.#call("DELETE", `/api/integrations/${provider.id}?connection=${entry.id}`);
      this.#note(provider.id, "", done.message);
      await this.refresh();
      this.#tell("flux-disconnected", { provider: provider.id, connectionId: entry.id, revoked: done.revoked });
    } catch (error) {
      this.#note(provider.id, error.message, "", "bad");
      this.#tell("flux-error", { provider: provider.id, code: error.code, message: error.message });
    }
    this.#focus(provider.id);
  }

  // What is shown

  #note(id, text, spoken = "", tone = "quiet") {
    if (text) this.#notes.set(id, { text, tone });
    else this.#notes.delete(id);
    this.#live.textContent = spoken || text;
    this.#draw();
  }

  #focus(id, key = "connect") {
    const card = this.#root.getElementById(`card-${id}`);
    (card?.querySelector(`[data-key="${key}"]`) ?? card?.querySelector("button"))?.focus();
  }

  #draw() {
    const held = this.#root.activeElement;
    const place = held && [held.closest(".card")?.id, held.dataset.key];
    this.#list.setAttribute("aria-busy", String(!this.#providers.length && !this.#problem));
    if (this.#problem) {
      const retry = make("button", { type: "button", "data-key": "retry", onclick: () => void this.refresh() }, "Try again");
      const words = make("p", { class: "note bad", role: "alert" }, this.#problem);
      this.#list.replaceChildren(make("section", { class: "card", part: "card" }, words, make("div", { class: "actions" }, retry)));
      return;
    }
    this.#list.replaceChildren(...this.#providers.map((provider) => this.#card(provider)));
    if (place?.[0]) {
      const card = this.#root.getElementById(place[0]);
      [...(card?.querySelectorAll("[data-key]") ?? [])].find((node) => node.dataset.key === place[1])?.focus();
    }
  }

  #card(provider) {
    const mine = this.#connections.filter((entry) => entry.provider === provider.id);
    const note = this.#notes.get(provider.id);
    const heading = `name-${provider.id}`;
    return make(
      "section",
      { class: "card", part: "card", id: `card-${provider.id}`, "aria-labelledby": heading },
      make(
        "div",
        { class: "head" },
        make("span", { class: "mark" }, drawing(provider.icon)),
        make("div", { class: "words" }, make("h3", { id: heading, part: "name" }, provider.name), make("p", { class: "quiet small" }, provider.tagline)),
        this.#main(provider, mine),
      ),
      !mine.length && this.#scopes(provider),
      mine.length > 0 && make("ul", {}, mine.map((entry) => this.#account(provider, entry))),
      note && make("p", { class: `note small ${note.tone}` }, note.text),
    );
  }

  #main(provider, mine) {
    if (this.#busy.has(provider.id)) {
      const focus = () => this.#busy.get(provider.id)?.focus();
      return make(
        "div",
        { class: "actions" },
        make("button", { type: "button", "data-key": "connect", part: "button", onclick: focus }, "Waiting… show window"),
        make("button", { type: "button", "data-key": "stop", part: "button", onclick: () => this.#busy.get(provider.id)?.stop() }, "Cancel"),
      );
    }
    if (!provider.configured) return make("p", { class: "quiet small" }, "Not set up yet");
    const words = mine.length ? `Add another ${provider.noun ?? "account"}` : `Connect ${provider.name}`;
    const attributes = { type: "button", "data-key": "connect", part: mine.length ? "button" : "button primary" };
    return make("button", { ...attributes, class: mine.length ? "" : "primary", onclick: () => void this.#connect(provider) }, words);
  }

  #scopes(provider) {
    const asked = provider.scopes.filter((scope) => !scope.optional);
    if (!asked.length) return null;
    const lines = asked.map((scope) => make("li", {}, scope.means[0].toUpperCase() + scope.means.slice(1)));
    return make("details", { class: "small" }, make("summary", { class: "quiet", "data-key": "scopes" }, "What it can do"), make("ul", {}, lines));
  }

  #account(provider, entry) {
    const name = entry.metadata.accountName;
    const broken = entry.status !== "connected";
    const missing = broken ? [] : entry.missingScopes;
    const [tone, word] = broken ? ["bad", "Needs reconnecting"] : missing.length ? ["warn", "Some access missing"] : ["good", "Connected"];
    const used = entry.lastUsed ? `used ${ago(entry.lastUsed)}` : `connected ${ago(entry.connectedAt)}`;
    const renew = { connection: entry.id, scopes: missing };
    const act = (key, label, onclick, kind = "") =>
      make("button", { type: "button", class: kind, part: "button", "data-key": `${key}-${entry.id}`, "aria-label": `${label} ${name}`, onclick }, label);
    const asks = this.#asking === entry.id;
    const ask = (state, key) => () => {
      this.#asking = state;
      this.#draw();
      this.#focus(provider.id, `${key}-${entry.id}`);
    };
    return make(
      "li",
      { class: "account", part: "account" },
      make(
        "div",
        { class: "row" },
        make("div", { class: "words" }, make("p", { class: "name" }, name), make("p", { class: "quiet small" }, used)),
        make("span", { class: `status ${tone}`, part: `status ${tone}` }, icon(ICONS[tone]), word),
      ),
      broken && make("p", { class: "small" }, entry.metadata.problem?.message ?? `${provider.name} access has expired. Reconnect to continue.`),
      asks
        ? make(
            "div",
            { class: "row", role: "group", "aria-label": `Disconnect ${name}` },
            make("p", { class: "words" }, `Disconnect ${name}? You can reconnect any time.`),
            make("div", { class: "actions" }, act("yes", "Disconnect", () => void this.#disconnect(provider, entry), "danger"), act("no", "Keep", ask(null, "end"))),
          )
        : make(
            "div",
            { class: "actions" },
            broken && act("renew", "Reconnect", () => void this.#connect(provider, renew), "primary"),
            missing.length > 0 && act("grant", "Grant access", () => void this.#connect(provider, renew)),
            act("end", "Disconnect", ask(entry.id, "no")),
          ),
    );
  }
}

if (!customElements.get("flux-integrations")) customElements.define("flux-integrations", FluxIntegrations);
