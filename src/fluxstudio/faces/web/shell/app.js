// Betters pages that already work without it. No framework, no eval, no inline styles.

const all = (selector, root = document) => root.querySelectorAll(selector);

// Theme: "system" follows the device and stores nothing.

function chooseTheme(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage may be switched off: the choice then lasts for this page.
  }
}

function showTheme() {
  const theme = document.documentElement.dataset.theme || "system";
  for (const radio of all("[data-theme-choice] input")) radio.checked = radio.value === theme;
}

// Times: the same words as filters.ago.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SPANS = [
  [HOUR, MINUTE, "minute"],
  [DAY, HOUR, "hour"],
  [60 * DAY, DAY, "day"],
  [365 * DAY, 30 * DAY, "month"],
  [Infinity, 365 * DAY, "year"],
];

function ago(moment, now = Date.now()) {
  const seconds = (now - moment) / 1000;
  const size = Math.abs(seconds);
  if (size < MINUTE) return seconds >= 0 ? "just now" : "in a moment";
  const [, unit, name] = SPANS.find(([below]) => size < below);
  const count = Math.floor(size / unit);
  const words = `${count} ${name}${count === 1 ? "" : "s"}`;
  return seconds >= 0 ? `${words} ago` : `in ${words}`;
}

function refreshTimes(root = document) {
  for (const time of all("time[data-ago]", root)) {
    const moment = new Date(time.dateTime);
    const words = ago(moment);
    if (time.textContent !== words) time.textContent = words;
    time.title = moment.toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
  }
}

// Toasts

// One that says what went wrong, or has no `seconds`, stays until it is closed; the others wait while the user is at
// them.
function toast(words, tone = "neutral", { seconds = 8, more = [] } = {}) {
  const piece = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  piece.classList.replace("toast-neutral", `toast-${tone}`);
  const drawing = piece.querySelector("use");
  const icon = { good: "check-circle", bad: "cross-circle" }[tone] || "info";
  drawing.setAttribute("href", drawing.getAttribute("href").replace(/#.*/, `#${icon}`));
  piece.querySelector(".toast-words").textContent = words;
  piece.querySelector("[data-dismiss]").before(...more);
  if (tone === "bad") piece.setAttribute("role", "alert");
  document.getElementById("toasts").append(piece);
  if (tone === "bad" || !seconds) return piece;
  let timer = 0;
  const hold = () => clearTimeout(timer);
  const leave = () => {
    hold();
    timer = setTimeout(() => piece.remove(), seconds * 1000);
  };
  for (const event of ["pointerenter", "focusin"]) piece.addEventListener(event, hold);
  for (const event of ["pointerleave", "focusout"]) piece.addEventListener(event, leave);
  leave();
  return piece;
}

// What happens, as it happens. A page says so while it is cut off for longer than a moment, and once it is back.

const CUT_OFF_AFTER_MS = 3000;

function openStream() {
  const stream = new EventSource("/api/events/stream");
  let timer = 0;
  let notice = null;
  const cutOff = () => {
    const ended = stream.readyState === EventSource.CLOSED;
    notice?.remove();
    notice = toast(ended ? "Live updates have stopped. Reload the page to resume." : "Live updates are paused. Reconnecting…", "neutral", { seconds: 0 });
  };
  stream.addEventListener("error", () => {
    if (!timer) timer = setTimeout(cutOff, CUT_OFF_AFTER_MS);
  });
  stream.addEventListener("open", () => {
    clearTimeout(timer);
    timer = 0;
    if (!notice) return;
    notice.remove();
    notice = null;
    toast("Live updates are back.", "good", { seconds: 4 });
  });
  const close = stream.close.bind(stream);
  stream.close = () => {
    clearTimeout(timer);
    close();
  };
  return stream;
}

// What just happened: said once, beside the page, and not again when it is loaded again.

function showFlashes() {
  const { path, answersForm } = document.body.dataset;
  const banners = all(".column > .banners > *");
  for (const banner of all(".column > .banners > [data-flash]")) {
    const words = [...all(".banner-title, .banner-detail", banner)].map((part) => part.textContent.trim()).join(" ");
    const more = all(".banner-end > form, .banner-end > .button:not(.button-icon)", banner);
    toast(words, banner.dataset.flash, { seconds: more.length ? 12 : 8, more: [...more] });
    banner.remove();
  }
  // A reload and a way back then lead to the page, and not to the form that was sent or to what it came to.
  if (path && (banners.length || answersForm !== undefined)) history.replaceState(null, "", path + location.hash);
}

// The server offers this time zone first.
function keepTimeZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || document.cookie.includes(`zone=${zone}`)) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
}

// Forms: one press, one request.

function busy(form, is) {
  form.toggleAttribute("data-busy", is);
  for (const button of all("button:not([type=button])", form)) {
    if (is) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.hasAttribute("data-busy")) {
    event.preventDefault();
    event.stopImmediatePropagation();
  } else {
    busy(form, true);
  }
}, true);

// A page that comes back from the browser's memory still shows its buttons turning.
window.addEventListener("pageshow", () => all("[data-busy]").forEach((form) => busy(form, false)));

// Presses

const presses = {
  "[data-dialog]": (opener, event) => {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (!dialog || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const menu = opener.closest("details");
    menu?.removeAttribute("open");
    // The focus goes back to what opened it, or to the menu that this was in.
    const back = menu?.querySelector("summary") ?? opener;
    dialog.addEventListener("close", () => back.focus(), { once: true });
    dialog.showModal();
  },
  "[data-dismiss]": (closer, event) => {
    event.preventDefault();
    closer.closest("[data-dismissable]").remove();
    if (closer.href) history.replaceState(null, "", closer.href);
  },
  "[data-copy]": async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      toast("Copied.", "good", { seconds: 3 });
    } catch {
      toast("Your browser blocks copying here. Select the text and copy it.", "bad");
    }
  },
  "[data-reveal]": (button) => {
    const input = document.getElementById(button.dataset.reveal);
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    button.textContent = hidden ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(hidden));
  },
};

document.addEventListener("click", (event) => {
  for (const menu of all(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (event.target.matches("dialog")) event.target.close();
  for (const [selector, act] of Object.entries(presses)) {
    const pressed = event.target.closest(selector);
    if (pressed) act(pressed, event);
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-theme-choice] input")) chooseTheme(event.target.value);
});

// A picture that does not come leaves the initials or the icon below it. `error` does not bubble: capture it.
document.addEventListener("error", (event) => {
  if (event.target.matches?.("img[data-fallback]")) event.target.remove();
}, true);

// htmx: 2 names its events in camel case, 4 with colons; both are heard.

const hear = (names, act) => names.forEach((name) => document.addEventListener(name, act));

hear(["htmx:afterRequest", "htmx:finally:request"], (event) => {
  const form = event.target.closest?.("form[data-once]");
  if (form) busy(form, false);
});

hear(["htmx:afterSwap", "htmx:after:swap"], () => refreshTimes());

hear(["htmx:responseError", "htmx:response:error"], (event) => {
  const status = event.detail.xhr?.status ?? event.detail.ctx?.response?.raw?.status;
  if (status === 400 || status === 422) return;
  if (status === 401) return location.reload();
  if (status === 403) return toast("This page is out of date. Reload it, then try again.", "bad");
  if (status === 429) return toast("Too many requests. Wait a minute, then try again.", "bad");
  const reference = event.detail.ctx?.response?.raw?.headers.get("x-request-id");
  toast(`Something went wrong. Try again, or contact your admin.${reference ? ` Reference: ${reference}` : ""}`, "bad");
});

hear(["htmx:sendError", "htmx:timeout", "htmx:error"], (event) => {
  if (event.detail.ctx?.response) return;
  toast("Can’t reach FluxStudio. Check your connection, then try again.", "bad");
});

// The server may send `HX-Trigger: {"toast": {"words": "…", "tone": "good"}}`.
document.addEventListener("toast", (event) => toast(event.detail.words, event.detail.tone));

showTheme();
showFlashes();
keepTimeZone();
refreshTimes();
setInterval(refreshTimes, 30_000);
