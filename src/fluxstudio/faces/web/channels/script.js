// "Send a test" beside a channel fills the composer in place; without JavaScript it is a link that does.

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-compose]");
  const composer = document.getElementById("composer");
  if (!link || !composer || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  composer.open = true;
  composer.querySelector("[name=channel]").value = link.dataset.compose;
  document.getElementById("composer-result").replaceChildren();
  const text = composer.querySelector("textarea");
  text.focus({ preventScroll: true });
  text.select();
  composer.scrollIntoView({ block: "nearest" });
});
