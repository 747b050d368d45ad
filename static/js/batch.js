// Says so while a batch that runs can no longer be asked how far it is, and takes it back once it answers.
const asksProgress = event => event.detail.elt?.id === "progress";
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, event => { if (asksProgress(event)) document.body.classList.add("socket-lost"); });
}
document.addEventListener("htmx:afterOnLoad", event => { if (asksProgress(event) && event.detail.xhr.status < 400) document.body.classList.remove("socket-lost"); });
