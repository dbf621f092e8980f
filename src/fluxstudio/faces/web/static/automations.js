// Betters the pages of automations: forms that follow a choice, and a log that grows while one watches.

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-looks]")) return;
  const form = event.target.form;
  form.requestSubmit(form.querySelector("button[value=look]"));
});

// Runs

const reading = (runs) => runs.querySelector("details[open]") || runs.contains(document.activeElement);

function follow() {
  const stream = new EventSource("/api/events/stream");
  stream.addEventListener("run", () => {
    const runs = document.querySelector("[data-runs]");
    if (runs && !reading(runs)) htmx.trigger(runs, "runs");
  });
  window.addEventListener("pagehide", () => stream.close());
}

if (document.querySelector("[data-runs]")) follow();
