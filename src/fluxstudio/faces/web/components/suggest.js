// Fields that offer what they can be filled with: a few letters find others than those that came with the page.

const SUGGEST_AFTER_MS = 150;
let suggestTimer = 0;
let suggesting = null;

async function suggest(frame, input) {
  suggesting?.abort();
  suggesting = new AbortController();
  const address = new URL(frame.dataset.suggest, location.href);
  address.searchParams.set("q", input.value);
  try {
    const answer = await fetch(address, { signal: suggesting.signal, headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const { suggestions } = await answer.json();
    input.list.replaceChildren(...suggestions.map(({ value, words }) => {
      const option = document.createElement("option");
      option.value = value;
      if (words !== value) option.textContent = words;
      return option;
    }));
  } catch {
    // What was offered stays, and anything can be typed.
  }
}

document.addEventListener("input", (event) => {
  const frame = event.target.closest("[data-suggest]");
  if (!frame || !event.target.list) return;
  clearTimeout(suggestTimer);
  suggestTimer = setTimeout(suggest, SUGGEST_AFTER_MS, frame, event.target);
});
