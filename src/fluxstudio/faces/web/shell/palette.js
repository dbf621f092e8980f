// The command palette: a combobox whose options the server ranks. Without it the opener leads to /search.

const PALETTE_AFTER_MS = 90;
const palette = document.getElementById("palette");
const paletteInput = palette?.querySelector(".palette-input");
const paletteList = palette?.querySelector("[role=listbox]");
const paletteNotes = palette?.querySelector("[data-palette-notes]");
let paletteTimer = 0;
let paletteAsking = null;
// Whoever types and presses Enter means what they have typed, not what was listed before.
let paletteBehind = false;
let paletteFollows = false;

const paletteOptions = () => [...paletteList.querySelectorAll("[role=option]")];
const paletteChosen = () => paletteList.querySelector("[aria-selected=true]");

function choosePaletteOption(option) {
  paletteChosen()?.setAttribute("aria-selected", "false");
  if (!option) return paletteInput.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  paletteInput.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function movePalette(by) {
  const options = paletteOptions();
  if (!options.length) return;
  const at = options.indexOf(paletteChosen());
  choosePaletteOption(options[(at + by + options.length) % options.length]);
}

function showPaletteResults(html) {
  const typed = paletteInput.value.trim();
  paletteList.innerHTML = html;
  // What is no option is said below the list.
  paletteNotes.replaceChildren(...paletteList.querySelectorAll("[data-palette-note]"));
  const options = paletteOptions();
  paletteList.hidden = !options.length;
  paletteInput.setAttribute("aria-expanded", String(options.length > 0));
  choosePaletteOption(options[0]);
  const count = options.length === 1 ? "1 result" : `${options.length} results`;
  palette.querySelector("[data-palette-status]").textContent = typed ? count : "";
}

async function askPalette() {
  paletteAsking?.abort();
  const asking = (paletteAsking = new AbortController());
  paletteList.setAttribute("aria-busy", "true");
  try {
    const query = new URLSearchParams({ q: paletteInput.value });
    const answer = await fetch(`/search/options?${query}`, { signal: asking.signal });
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    showPaletteResults(await answer.text());
    paletteBehind = paletteInput.value !== query.get("q");
    if (paletteFollows && !paletteBehind) followPaletteOption(paletteChosen(), false);
  } catch (error) {
    if (error.name === "AbortError") return;
    showPaletteResults("");
    paletteNotes.textContent = "Search isn’t available right now. Try again in a moment.";
  } finally {
    if (paletteAsking === asking && !paletteBehind) {
      paletteFollows = false;
      paletteList.removeAttribute("aria-busy");
    }
  }
}

function openPalette() {
  if (palette.open || document.querySelector("dialog[open]")) return;
  for (const menu of all(".menu[open]")) menu.open = false;
  palette.showModal();
  paletteInput.select();
  askPalette();
}

function followPaletteOption(option, elsewhere) {
  if (!option) return;
  if (option.hasAttribute("data-submits")) {
    [...document.forms].find((form) => form.getAttribute("action") === option.getAttribute("href"))?.requestSubmit();
  } else if (elsewhere) {
    window.open(option.href, "_blank", "noopener");
  } else {
    palette.close();
    location.assign(option.href);
  }
}

if (palette) {
  const onApple = /Mac|iPhone|iPad/.test(navigator.platform);
  for (const key of all("[data-palette-key]")) key.textContent = onApple ? "⌘K" : "Ctrl K";

  document.addEventListener("keydown", (event) => {
    const writes = event.target.closest?.("input, textarea, select, [contenteditable]");
    const byLetter = (event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k";
    const bySlash = event.key === "/" && !writes && !event.metaKey && !event.ctrlKey && !event.altKey;
    if (!byLetter && !bySlash) return;
    event.preventDefault();
    if (byLetter && palette.open) palette.close();
    else openPalette();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-palette]");
    if (!opener || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    openPalette();
  });

  palette.querySelector("[data-palette-close]").addEventListener("click", () => palette.close());

  paletteInput.addEventListener("input", () => {
    paletteBehind = true;
    clearTimeout(paletteTimer);
    paletteTimer = setTimeout(askPalette, PALETTE_AFTER_MS);
  });

  paletteInput.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.isComposing) return;
    if (event.key in steps) {
      event.preventDefault();
      movePalette(steps[event.key]);
    } else if (event.key === "Enter" && paletteBehind) {
      event.preventDefault();
      paletteFollows = true;
    } else if (event.key === "Enter" && paletteChosen()) {
      event.preventDefault();
      followPaletteOption(paletteChosen(), event.metaKey || event.ctrlKey);
    }
  });

  paletteList.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== paletteChosen()) choosePaletteOption(option);
  });

  // The caret stays in the field.
  paletteList.addEventListener("pointerdown", (event) => event.preventDefault());

  paletteList.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    followPaletteOption(option, false);
  });
}
