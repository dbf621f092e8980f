// A field to search in, laid over a native select. The select keeps the value and stays what the form sends.

function combobox(frame) {
  const select = frame.querySelector("select");
  const input = document.createElement("input");
  const list = document.createElement("ul");
  let active = -1;

  Object.assign(input, { className: "input", type: "text", id: select.id, autocomplete: "off", spellcheck: false });
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-autocomplete", "list"], ["aria-controls", `${select.id}-list`]]) {
    input.setAttribute(name, value);
  }
  if (select.hasAttribute("aria-describedby")) input.setAttribute("aria-describedby", select.getAttribute("aria-describedby"));
  Object.assign(list, { className: "combobox-list", id: `${select.id}-list`, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", frame.parentElement.querySelector("label").textContent);
  select.removeAttribute("id");
  select.hidden = true;
  select.before(input);
  frame.append(list);

  const chosen = () => select.selectedOptions[0]?.textContent.trim() ?? "";
  const options = () => [...list.querySelectorAll("[role=option]")];

  function mark(index) {
    const found = options();
    active = found.length ? (index + found.length) % found.length : -1;
    found.forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", found[active].id);
    found[active].scrollIntoView({ block: "nearest" });
  }

  function open(query) {
    const wanted = query.trim().toLowerCase();
    const found = [...select.options].filter((option) => option.textContent.toLowerCase().includes(wanted));
    list.replaceChildren(...found.map((option) => {
      const item = document.createElement("li");
      Object.assign(item, { id: `${list.id}-${option.index}`, textContent: option.textContent });
      item.setAttribute("role", "option");
      item.dataset.index = option.index;
      return item;
    }));
    if (!found.length) {
      const none = document.createElement("li");
      Object.assign(none, { className: "combobox-none", textContent: `Nothing matches “${query.trim()}”` });
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(wanted ? 0 : Math.max(0, found.findIndex((option) => option.selected)));
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    input.value = chosen();
  }

  function choose(option) {
    if (option) {
      select.selectedIndex = Number(option.dataset.index);
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    close();
  }

  const keys = {
    ArrowDown: () => (list.hidden ? open("") : mark(active + 1)),
    ArrowUp: () => (list.hidden ? open("") : mark(active - 1)),
    Enter: () => !list.hidden && choose(options()[active]),
    Escape: () => !list.hidden && close(),
  };

  input.addEventListener("keydown", (event) => {
    if (!keys[event.key] || (list.hidden && !event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    keys[event.key]();
  });
  input.addEventListener("input", () => open(input.value));
  input.addEventListener("click", () => list.hidden && open(""));
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", close);
  // Before the blur that would close the list.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    choose(event.target.closest("[role=option]"));
  });
  input.value = chosen();
}

for (const frame of document.querySelectorAll("[data-combobox]")) combobox(frame);
