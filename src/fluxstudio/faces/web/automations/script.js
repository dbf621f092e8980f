// Betters the pages of automations: forms that follow a choice, and a log that grows while one watches.

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-looks]")) return;
  const form = event.target.form;
  form.requestSubmit(form.querySelector("button[value=look]"));
});

// Runs

// What somebody reads, points at or is about to press stays where it is, and is looked up a little later.
const LATER = 2000;
const reads = (part) => part.dataset.runs !== "one" && part.querySelector("details[open]");
const used = (part) => reads(part) || part.matches(":hover") || part.contains(document.activeElement);
let waiting = null;

function look() {
  const part = document.querySelector("[data-runs]");
  clearTimeout(waiting);
  if (!part) return;
  if (used(part)) waiting = setTimeout(look, LATER);
  else htmx.trigger(part, "runs");
}

function follow() {
  const stream = openStream();
  // What ran before the stream was open is looked up once it is.
  for (const kind of ["open", "run", "reset"]) stream.addEventListener(kind, look);
  window.addEventListener("pagehide", () => stream.close());
}

if (document.querySelector("[data-runs]")) follow();
