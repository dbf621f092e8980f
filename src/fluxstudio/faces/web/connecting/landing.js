// Tells the page that opened this window what happened, and goes: closed, or back to where it began.

// Long enough for a message to leave this process.
const CLOSE_AFTER_MS = 60;

const page = document.querySelector("[data-connected]");
const { message, origin, back } = page.dataset;

if (window.opener && origin && message) {
  window.opener.postMessage(JSON.parse(message), origin);
  setTimeout(() => window.close(), CLOSE_AFTER_MS);
} else if (back) {
  window.location.replace(back);
}
