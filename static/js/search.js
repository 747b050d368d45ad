// The search of every page: "/" leads to it, what is found drops down, arrow keys walk through it, Escape leads back.

const form = document.querySelector(".site-search");
const field = document.getElementById("search");
const found = document.getElementById("search-found");
const TYPED_INTO = "input, textarea, select, [contenteditable]";

function open() {
  form.classList.add("is-open");
  field.focus();
  field.select();
}

function clear() {
  found.textContent = "";
}

function step(event, by) {
  const stops = [field, ...found.querySelectorAll("a")];
  const place = stops.indexOf(document.activeElement);
  const next = stops[place + by];
  if (place < 0 || stops.length < 2) return;
  event.preventDefault();
  next?.focus();
}

function leave() {
  const was = found.textContent.trim();
  clear();
  if (was) return field.focus();
  form.classList.remove("is-open");
  return field.blur();
}

const KEYS = {
  ArrowDown: (event) => step(event, 1),
  ArrowUp: (event) => step(event, -1),
  Escape: (event) => { event.preventDefault(); leave(); },
};

if (form) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPED_INTO)) return;
    event.preventDefault();
    open();
  });
  form.addEventListener("keydown", (event) => KEYS[event.key]?.(event));
  form.querySelector(".search-open").addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
  // Somewhere else was pressed or tabbed to: on a phone the field makes room again.
  form.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !form.contains(event.relatedTarget)) form.classList.remove("is-open");
  });
}
