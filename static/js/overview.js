// What runs now asks for itself; when it hears nothing, it says since when what is shown is old.

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id !== "running") return;
  const lost = !event.detail.successful;
  const said = document.getElementById("running-stale");
  document.getElementById("running-card").classList.toggle("running-lost", lost);
  const text = lost ? `Not refreshed since ${document.getElementById("running-as-of")?.textContent ?? "it was opened"} UTC; reload the page` : "";
  if (said.textContent !== text) said.textContent = text;
});
// A refusal is no list of sessions: the last one stays.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id === "running" && event.detail.xhr.status >= 400) event.detail.shouldSwap = false;
});
