// Betters the pages of automations: forms that follow a choice, and a log that grows while one watches.

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-looks]")) return;
  const form = event.target.form;
  form.requestSubmit(form.querySelector("button[value=look]"));
});

// Runs

// What somebody reads, points at or is about to press stays where it is, and is looked up a little later.
const LATER_MS = 2000;
const reads = (part) => part.dataset.runs !== "one" && part.querySelector("details[open]");
const used = (part) => reads(part) || part.matches(":hover") || part.contains(document.activeElement);
const shownRuns = (root) => root.querySelector("[data-runs]");
let waiting = null;
let looks = 0;

async function look() {
  clearTimeout(waiting);
  const { runsHref } = shownRuns(document).dataset;
  if (used(shownRuns(document))) return later();
  looks += 1;
  const turn = looks;
  try {
    const answer = await fetch(runsHref, { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    // An answer that took long must not cover a newer one.
    if (turn === looks) show(shownRuns(fresh));
  } catch {
    // The stream comes back by itself, and looks again when it does.
  }
}

function later() {
  waiting = setTimeout(look, LATER_MS);
}

function show(fresh) {
  const part = shownRuns(document);
  if (!fresh) return;
  if (used(part)) return later();
  part.replaceWith(document.importNode(fresh, true));
  refreshTimes();
}

function follow() {
  const stream = openStream();
  // What ran before the stream was open is looked up once it is.
  for (const kind of ["open", "run", "reset"]) stream.addEventListener(kind, look);
  window.addEventListener("pagehide", () => stream.close());
}

if (shownRuns(document)) follow();
