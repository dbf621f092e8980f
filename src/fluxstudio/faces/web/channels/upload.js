// A file that is dropped or chosen is named, and how much of it has been sent is shown while it is on its way.

const INTERRUPTED = "The upload was interrupted. Check your connection, then share again.";
const TOO_LARGE = "This file is too large. Share one of up to 64 MB.";
const REFUSED = "The file couldn’t be shared. Load the page again, then retry.";

function nameFile(form) {
  const [file] = form.querySelector(".drop-input").files;
  form.querySelector(".drop-name").textContent = file ? file.name : "Choose a file";
}

function showProgress(form, percent) {
  const progress = form.querySelector(".upload-progress");
  progress.hidden = percent === null;
  progress.querySelector("progress").value = percent ?? 0;
  progress.querySelector(".upload-percent").textContent = percent === null ? "" : `${percent} %`;
}

function fail(form, words) {
  showProgress(form, null);
  form.removeAttribute("data-busy");
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  form.querySelector(".upload-result").textContent = words;
}

// The answer is the page: its form takes this one's place, with the file still chosen where it was not shared.
function take(form, answer) {
  const next = answer?.querySelector("[data-upload]");
  if (!next) return fail(form, REFUSED);
  const { files } = form.querySelector(".drop-input");
  form.replaceWith(next);
  if (next.querySelector(".field-error, .result-bad")) next.querySelector(".drop-input").files = files;
  bind(next);
  nameFile(next);
  next.querySelector("[aria-invalid], [type=submit]").focus();
}

function send(form) {
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    showProgress(form, Math.round((100 * loaded) / total));
  });
  request.addEventListener("error", () => fail(form, INTERRUPTED));
  request.addEventListener("load", () => {
    if (request.status <= 400) take(form, request.response);
    else fail(form, request.status === 413 ? TOO_LARGE : REFUSED);
  });
  request.send(new FormData(form));
}

function bind(form) {
  const drop = form.querySelector(".drop");
  const over = (is) => (event) => {
    event.preventDefault();
    drop.classList.toggle("drop-over", is);
  };
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, over(true));
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, over(false));
  drop.addEventListener("drop", ({ dataTransfer }) => {
    if (!dataTransfer.files.length) return;
    form.querySelector(".drop-input").files = dataTransfer.files;
    nameFile(form);
  });
  form.addEventListener("change", () => nameFile(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

for (const form of document.querySelectorAll("[data-upload]")) bind(form);
