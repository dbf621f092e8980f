// Finds operations as one types, and opens an object that a link leads to.

const find = document.getElementById("find");

find.addEventListener("input", () => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let any = false;
  find.closest(".contents").classList.toggle("contents-finding", words.length > 0);
  for (const group of document.querySelectorAll("[data-findable-group]")) {
    let shown = false;
    for (const item of group.querySelectorAll("[data-findable]")) {
      const text = item.dataset.findable.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      shown ||= !item.hidden;
    }
    group.hidden = !shown;
    any ||= shown;
  }
  document.querySelector(".contents-none").hidden = any;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea")) return;
  event.preventDefault();
  find.focus();
});

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.matches("details")) target.open = true;
}

addEventListener("hashchange", openTarget);
openTarget();
