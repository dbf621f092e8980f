// Keeps what happened up to date while a page is open, without moving what somebody points at or reads.

const live = document.querySelector("[data-live]");
const offer = document.querySelector("[data-live-show]");

// One look soon after something happened, and then a rest: much may happen in a second.
const SOON = 250;
const REST = 2000;
const MOST_ROWS = 200;

let stream = null;
let waiting = null;
let lookedAt = 0;
let looks = 0;
let fresh = null;

// Following

function follow() {
  if (stream || document.hidden) return;
  stream = openStream();
  for (const kind of ["arrived", "handled", "failed"]) stream.addEventListener(kind, heard);
  // A run of one's own ended: it changes what became of its event.
  stream.addEventListener("run", lookSoon);
  stream.addEventListener("reset", lookSoon);
  // What happened before the stream was open is looked up once it is.
  stream.addEventListener("open", lookSoon);
}

function leave() {
  stream?.close();
  stream = null;
}

function heard(event) {
  const { id, provider } = JSON.parse(event.data);
  const { liveEvent, liveOnly } = live.dataset;
  if (liveEvent ? liveEvent === id : !liveOnly || liveOnly === provider) lookSoon();
}

function lookSoon() {
  if (waiting) return;
  waiting = setTimeout(look, Math.max(SOON, lookedAt + REST - Date.now()));
}

async function look() {
  waiting = null;
  lookedAt = Date.now();
  looks += 1;
  const turn = looks;
  try {
    const answer = await fetch(live.dataset.live, { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) return leave();
    const text = await answer.text();
    // An answer that took long must not cover a newer one.
    if (turn !== looks) return;
    fresh = new DOMParser().parseFromString(text, "text/html");
    show();
  } catch {
    // The stream comes back by itself, and looks again when it does.
  }
}

// Showing

const rows = (root) => new Map([...all("[data-event]", root)].map((row) => [row.dataset.event, row]));
const used = (part) => part.matches(":hover") || part.contains(document.activeElement);
const read = () => document.querySelector("dialog[open]") || !getSelection().isCollapsed;

function show() {
  for (const part of all("[data-live-part]")) replacePart(part);
  if (live.dataset.liveEvent) return;
  const now = rows(live);
  const then = rows(fresh);
  for (const [id, row] of now) if (then.has(id)) mend(row, then.get(id));
  const arrived = [...then.keys()].filter((id) => !now.has(id));
  const left = [...now.keys()].filter((id) => !then.has(id) && mayStandIn(id, then));
  if (!arrived.length && !left.length) return say("");
  if (used(live) || read() || scrollY > live.offsetTop) return say(wordsFor(arrived.length));
  update(now, then, arrived, left);
}

function replacePart(part) {
  const other = fresh.querySelector(`[data-live-part="${part.dataset.livePart}"]`);
  if (!other || used(part) || read() || part.innerHTML === other.innerHTML) return;
  part.replaceChildren(...document.importNode(other, true).childNodes);
  refreshTimes(part);
}

function mend(row, other) {
  if (row.dataset.state === other.dataset.state) return;
  row.dataset.state = other.dataset.state;
  if (used(row)) row.querySelector(".badge").replaceWith(document.importNode(other.querySelector(".badge"), true));
  else row.replaceChildren(...document.importNode(other, true).childNodes);
  refreshTimes(row);
}

// Ids rise with time: a row below the last one of a full page has only been pushed off it.
function mayStandIn(id, then) {
  const last = [...then.keys()].at(-1);
  return !fresh.querySelector("[data-live-older]") || id > last;
}

function update(now, then, arrived, left) {
  const list = live.querySelector("[data-live-list]");
  const gap = !arrived.some((id) => now.has(id)) && arrived.length === then.size;
  if (!list || gap || !then.size || now.size > MOST_ROWS) {
    live.replaceChildren(...document.importNode(fresh.querySelector("[data-live]"), true).childNodes);
  } else {
    for (const id of left) now.get(id).remove();
    for (const id of arrived) insert(list, document.importNode(then.get(id), true));
  }
  refreshTimes(live);
  say("");
}

function insert(list, row) {
  const older = [...list.children].find((other) => other.dataset.event < row.dataset.event);
  row.classList.add("event-new");
  list.insertBefore(row, older || null);
}

function wordsFor(count) {
  if (!count) return "Update the list";
  const more = count === rows(fresh).size && fresh.querySelector("[data-live-older]") ? "+" : "";
  return `${count}${more} new event${count === 1 ? "" : "s"}`;
}

function say(words) {
  offer.hidden = !words;
  const text = offer.querySelector("span");
  if (words && text.textContent !== words) text.textContent = words;
}

offer?.addEventListener("click", () => {
  const now = rows(live);
  const then = rows(fresh);
  const arrived = [...then.keys()].filter((id) => !now.has(id));
  update(now, then, arrived, [...now.keys()].filter((id) => !then.has(id) && mayStandIn(id, then)));
  live.scrollIntoView({ block: "nearest" });
  live.querySelector("[data-event] a")?.focus();
});

document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
window.addEventListener("pagehide", leave);
window.addEventListener("pageshow", follow);
follow();

// On a phone the chosen one of the tabs may lie beside the screen.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
