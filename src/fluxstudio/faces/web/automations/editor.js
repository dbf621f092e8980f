// Betters the editor of automations: variables by a press, and conditions that go away at once.

const TEMPLATED = "[data-templated]";
const VARIABLE = /\{\{.*?\}\}/gs;

// Variables go where the user typed last; else at the end of the longest text.

let latest = null;

document.addEventListener("focusin", (event) => {
  if (event.target.matches(TEMPLATED)) latest = event.target;
});

document.addEventListener("click", (event) => {
  const variable = event.target.closest("[data-insert]");
  if (!variable) return;
  const form = variable.closest("form");
  const field = latest?.form === form ? latest : form.querySelector(`textarea${TEMPLATED}`) ?? form.querySelector(TEMPLATED);
  if (!field) return;
  const at = field === latest ? [field.selectionStart, field.selectionEnd] : [field.value.length, field.value.length];
  field.focus();
  field.setRangeText(variable.dataset.insert, ...at, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// The same text lies behind the field, with its variables on a ground of their own.

function drawVariables(field) {
  const behind = field.previousElementSibling;
  const pieces = [];
  let end = 0;
  for (const match of field.value.matchAll(VARIABLE)) {
    const pill = document.createElement("mark");
    pill.textContent = match[0];
    pieces.push(field.value.slice(end, match.index), pill);
    end = match.index + match[0].length;
  }
  // A last empty line takes room only where something follows it.
  behind.replaceChildren(...pieces, `${field.value.slice(end)}\u200b`);
  behind.scrollTop = field.scrollTop;
}

for (const field of document.querySelectorAll(`textarea${TEMPLATED}`)) {
  const frame = document.createElement("div");
  const behind = document.createElement("div");
  frame.className = "templated";
  behind.className = "input templated-behind";
  behind.setAttribute("aria-hidden", "true");
  field.before(frame);
  frame.append(behind, field);
  field.addEventListener("input", () => drawVariables(field));
  field.addEventListener("scroll", () => (behind.scrollTop = field.scrollTop));
  drawVariables(field);
}

// Conditions

document.addEventListener("click", (event) => {
  const remove = event.target.closest("[data-remove]");
  if (!remove) return;
  event.preventDefault();
  const row = remove.closest(".condition");
  const form = row.closest("form");
  const next = row.nextElementSibling;
  row.remove();
  (next?.querySelector("input:not([type=hidden])") ?? next)?.focus();
  form.dispatchEvent(new Event("change", { bubbles: true }));
});
