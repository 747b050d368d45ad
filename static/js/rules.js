// The length of the ad says itself while it is dragged; fields that are refused as they are typed say so to everybody.

function sayLength() {
  const range = document.getElementById("length");
  if (!range) return;
  range.setAttribute("aria-valuetext", `${range.value} seconds`);
  document.getElementById("length-said").textContent = `${range.value} s`;
}

document.addEventListener("input", (event) => {
  if (event.target.id === "length") sayLength();
});

// A usual length moves the control, which asks for the picture; without this script the button asks itself.
document.addEventListener("click", (event) => {
  const stop = event.target.closest("[data-length]");
  if (!stop) return;
  event.preventDefault();
  const range = document.getElementById("length");
  range.value = stop.dataset.length;
  range.dispatchEvent(new Event("input", { bubbles: true }));
});

function markRefused() {
  for (const place of document.querySelectorAll("#rules-form .field-error")) {
    const field = document.querySelector(`[aria-describedby~="${place.id}"]`);
    if (!field) continue;
    if (place.textContent.trim()) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}

document.addEventListener("htmx:afterSettle", markRefused);
document.addEventListener("DOMContentLoaded", markRefused);
