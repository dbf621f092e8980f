// This product's own page: the element, a button of its own, and what the back end was told.

const FLUX = document.querySelector("script[data-flux]").dataset.flux;
const element = document.querySelector("flux-integrations");
const outcome = document.querySelector("#outcome");

const own = async (path) => (await fetch(path)).json();

// The element: it asks for a token now, and again whenever one has expired.
element.getToken = async () => (await own("/api/embed-token")).token;
element.setAttribute("token", await element.getToken());
for (const name of ["flux-connected", "flux-disconnected"]) element.addEventListener(name, () => showMessages());

// A button of your own, with FluxStudio's API and this product's tokens.
async function begin(query) {
  const { token } = await own("/api/user-token");
  const answer = await fetch(`${FLUX}/api/integrations/github/auth?${new URLSearchParams(query)}`, {
    credentials: "include",
    headers: { authorization: `Bearer ${token}` },
  });
  const begun = await answer.json();
  if (!answer.ok) throw new Error(begun.message);
  return begun.authorizationUrl;
}

let popup = null;

document.querySelector("#popup").addEventListener("click", async () => {
  outcome.textContent = "";
  popup = window.open("", "_blank", "popup,width=520,height=720");
  popup.location = await begin({ display: "popup" });
  const closed = setInterval(() => {
    if (!popup.closed) return;
    clearInterval(closed);
    outcome.textContent ||= "Cancelled.";
  }, 500);
});

document.querySelector("#redirect").addEventListener("click", async () => {
  location.assign(await begin({ returnTo: location.origin + "/" }));
});

window.addEventListener("message", ({ origin, source, data }) => {
  if (origin !== FLUX || source !== popup || data?.type !== "oauth-callback") return;
  say(data.success ? `GitHub is connected to ${data.data.accountName}.` : data.error.message);
});

const back = new URLSearchParams(location.search);
if (back.has("status")) {
  say(back.get("status") === "success" ? "GitHub is connected." : `GitHub wasn’t connected (${back.get("code")}).`);
  history.replaceState(null, "", "/");
}

function say(words) {
  outcome.textContent = words;
  element.refresh();
  showMessages();
}

async function showMessages() {
  const { messages } = await own("/api/messages");
  const lines = messages.map(({ type, data }) => {
    const line = document.createElement("li");
    line.textContent = `${type}: ${data.provider} ${data.accountName ?? ""}`;
    return line;
  });
  document.querySelector("#messages").replaceChildren(...lines);
}

showMessages();
setInterval(showMessages, 2000);
