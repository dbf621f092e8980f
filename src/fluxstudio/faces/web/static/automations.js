// Betters the pages of automations: forms that follow a choice, and a log that grows while one watches.

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-looks]")) return;
  const form = event.target.form;
  form.requestSubmit(form.querySelector("button[value=look]"));
});

// Runs

const reading = (runs) => runs.querySelector("details[open]") || runs.contains(document.activeElement);

function look() {
  const runs = document.querySelector("[data-runs]");
  if (runs && !reading(runs)) htmx.trigger(runs, "runs");
}

function follow() {
  const stream = new EventSource("/api/events/stream");
  // What ran before the stream was open is looked up once it is.
  for (const kind of ["open", "run", "reset"]) stream.addEventListener(kind, look);
  window.addEventListener("pagehide", () => stream.close());
}

if (document.querySelector("[data-runs]")) follow();
