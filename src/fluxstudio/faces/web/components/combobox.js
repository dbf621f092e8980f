// A list to search in, laid over what works without it: a native select, or a text field with a datalist. What is
// below keeps the value and is what the form sends. A text field takes what nobody offered as well.

const SUGGEST_AFTER_MS = 150;
const tell = (control) => ["input", "change"].forEach((name) => control.dispatchEvent(new Event(name, { bubbles: true })));
const matching = (choices, query) => {
  const needle = query.trim().toLowerCase();
  return choices.filter(({ value, words, hint }) => `${words} ${hint ?? ""} ${value}`.toLowerCase().includes(needle));
};

function ofSelect(select) {
  const choices = () => [...select.options].map((option) => ({ value: option.value, words: option.textContent.trim(), index: option.index }));
  return {
    words: () => select.selectedOptions[0]?.textContent.trim() ?? "",
    value: () => select.value,
    offered: (query) => choices().filter(({ words }) => words.toLowerCase().includes(query.trim().toLowerCase())),
    choose({ index }) {
      select.selectedIndex = index;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    },
  };
}

function ofField(field, frame) {
  const came = [...(field.list?.options ?? [])].map((option) => ({ value: option.value, words: option.label || option.value, hint: option.dataset.hint }));
  const wordsOf = new Map(came.map((choice) => [choice.value, choice.words]));
  if (frame.dataset.words) wordsOf.set(field.value, frame.dataset.words);
  let asking = null;

  async function more(query) {
    asking?.abort();
    asking = new AbortController();
    const address = new URL(frame.dataset.suggest, location.href);
    address.searchParams.set("q", query);
    const about = frame.dataset.about && field.form.elements[frame.dataset.about];
    if (about) address.searchParams.set("field", about.value);
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { accept: "application/json" } });
      if (!answer.ok) return null;
      const { suggestions } = await answer.json();
      for (const { value, words } of suggestions) wordsOf.set(value, words);
      return suggestions;
    } catch {
      // What was offered stays, and anything can be typed.
      return null;
    }
  }

  return {
    words: () => wordsOf.get(field.value) ?? field.value,
    value: () => field.value,
    offered: (query) => matching(came, query),
    more: frame.dataset.suggest ? more : undefined,
    choose({ value, words }) {
      wordsOf.set(value, words);
      field.value = value;
      tell(field);
    },
    typed(text) {
      const meant = [...wordsOf].find(([, words]) => words.toLowerCase() === text.trim().toLowerCase());
      field.value = meant ? meant[0] : text;
    },
  };
}

function laidOver(control) {
  const input = document.createElement("input");
  Object.assign(input, { className: "input", type: "text", id: control.id, autocomplete: "off", spellcheck: false, placeholder: control.placeholder ?? "" });
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-autocomplete", "list"], ["aria-controls", `${control.id}-list`]]) {
    input.setAttribute(name, value);
  }
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (control.hasAttribute(name)) input.setAttribute(name, control.getAttribute(name));
  }
  control.removeAttribute("id");
  control.removeAttribute("required");
  if (control.tagName === "INPUT") control.type = "hidden";
  else control.hidden = true;
  control.before(input);
  return input;
}

function listOf(input, label) {
  const list = document.createElement("ul");
  Object.assign(list, { className: "combobox-list", id: `${input.id}-list`, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
  return list;
}

function line(choice, id) {
  const item = document.createElement("li");
  Object.assign(item, { id, textContent: choice.words, choice });
  item.setAttribute("role", "option");
  if (choice.hint) {
    const hint = document.createElement("span");
    Object.assign(hint, { className: "combobox-hint", textContent: choice.hint });
    item.append(hint);
  }
  return item;
}

function combobox(frame) {
  const control = frame.querySelector("select, input[name]");
  const label = frame.closest(".field, .suggested").querySelector("label").textContent;
  const source = control.tagName === "SELECT" ? ofSelect(control) : ofField(control, frame);
  const input = laidOver(control);
  const list = listOf(input, label);
  const options = () => [...list.querySelectorAll("[role=option]")];
  let active = -1;
  let timer = 0;
  input.parentElement.append(list);

  function mark(index) {
    const shown = options();
    active = shown.length && index >= 0 ? index % shown.length : -1;
    shown.forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", shown[active].id);
    shown[active].scrollIntoView({ block: "nearest" });
  }

  function show(choices, query) {
    list.replaceChildren(...choices.map((choice, at) => line(choice, `${list.id}-${at}`)));
    if (!choices.length && !source.typed) {
      const none = document.createElement("li");
      Object.assign(none, { className: "combobox-none", textContent: `Nothing matches “${query.trim()}”` });
      list.append(none);
    }
    list.hidden = !list.childElementCount;
    input.setAttribute("aria-expanded", String(!list.hidden));
    const current = choices.findIndex((choice) => choice.value === source.value());
    mark(query.trim() ? 0 : source.typed ? current : Math.max(0, current));
  }

  function open(query) {
    show(source.offered(query), query);
    clearTimeout(timer);
    if (!source.more) return;
    timer = setTimeout(async () => {
      const choices = await source.more(query);
      if (choices && document.activeElement === input) show(choices, query);
    }, query ? SUGGEST_AFTER_MS : 0);
  }

  function close() {
    clearTimeout(timer);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    input.value = source.words();
  }

  function choose(option) {
    if (option) source.choose(option.choice);
    close();
  }

  const step = (by) => (list.hidden ? open("") : mark(active < 0 ? (by < 0 ? options().length - 1 : 0) : active + by + options().length));
  const keys = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Enter: () => choose(options()[active]),
    Escape: close,
  };

  input.addEventListener("keydown", (event) => {
    if (!keys[event.key] || (list.hidden && !event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    keys[event.key]();
  });
  input.addEventListener("input", () => {
    source.typed?.(input.value);
    open(input.value);
  });
  input.addEventListener("click", () => list.hidden && open(""));
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", close);
  // Before the blur that would close the list.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    choose(event.target.closest("[role=option]"));
  });
  // A script that fills in the field below is shown here.
  control.addEventListener("filled", close);
  input.value = source.words();
}

function comboboxes() {
  for (const frame of document.querySelectorAll("[data-combobox]:not([data-laid])")) {
    frame.dataset.laid = "";
    combobox(frame);
  }
}

comboboxes();
document.addEventListener("htmx:after:swap", comboboxes);
