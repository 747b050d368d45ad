// Says what a form waits for, once that takes longer than a moment: a sentence with a moving bar, and the button's word.

const PATIENCE_MS = 400;
const waiting = new Map();

function begin(form) {
  const note = form.querySelector?.("[data-busy]");
  if (!note || waiting.has(form)) return;
  form.setAttribute("aria-busy", "true");
  waiting.set(form, setTimeout(() => {
    note.hidden = false;
    for (const button of form.querySelectorAll("[data-doing]")) {
      button.dataset.before = button.innerHTML;
      button.textContent = button.dataset.doing;
      button.setAttribute("aria-disabled", "true");
    }
  }, PATIENCE_MS));
}

function end(form) {
  if (!waiting.has(form)) return;
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  form.removeAttribute("aria-busy");
  form.querySelector("[data-busy]").hidden = true;
  for (const button of form.querySelectorAll("[data-doing][aria-disabled]")) {
    button.innerHTML = button.dataset.before;
    button.removeAttribute("aria-disabled");
  }
}

// What htmx sends is prevented by now, and told by its own events.
document.addEventListener("submit", (event) => { if (!event.defaultPrevented) begin(event.target); });
document.addEventListener("htmx:beforeRequest", (event) => begin(event.detail.elt));
document.addEventListener("htmx:afterRequest", (event) => end(event.detail.elt));
// A page come back to waits for nothing.
window.addEventListener("pageshow", () => { for (const form of [...waiting.keys()]) end(form); });
