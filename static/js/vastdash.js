// Small manners of every page: theme switch, local times, copying, and saying when the live socket is gone.


function labelTheme() {
  const names = { auto: "as the system", light: "light", dark: "dark" };
  document.getElementById("theme-switch")?.setAttribute("aria-label", `Theme: ${names[window.vastdashTheme.choice()]}`);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#theme-switch")) {
    window.vastdashTheme.next();
    labelTheme();
  }
  const copy = event.target.closest("[data-copy-from]");
  if (copy) copyText(copy, async () => {
    const response = await fetch(copy.dataset.copyFrom, { credentials: "same-origin" });
    if (!response.ok) throw new Error(String(response.status));
    return response.text();
  }, "Not copied: use Download");
  const shown = event.target.closest("[data-copy-text]");
  if (shown) copyText(shown, async () => document.querySelector(shown.dataset.copyText).textContent, "Not copied: select it");
});

async function copyText(button, read, otherwise) {
  const said = button.querySelector("[data-said]") || button;
  const before = said.textContent;
  try {
    await navigator.clipboard.writeText(await read());
    said.textContent = "Copied";
  } catch {
    said.textContent = otherwise;
  }
  setTimeout(() => { said.textContent = before; }, 2000);
}

function localTimes(scope) {
  for (const time of scope.querySelectorAll("time[datetime]:not([data-local])")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const year = moment.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
    time.textContent = moment.toLocaleString(undefined, { year, month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
    time.dataset.local = "";
  }
}

document.addEventListener("DOMContentLoaded", () => {
  labelTheme();
  localTimes(document);
});
document.addEventListener("htmx:afterSettle", (event) => localTimes(event.target));

// The live socket comes back quickly: a viewer of a running session should not wait half a minute for news.
if (window.htmx) {
  window.htmx.config.wsReconnectDelay = (tries) => Math.min(250 * 2 ** tries, 3000) * (0.5 + Math.random() / 2);
}
document.addEventListener("htmx:wsClose", () => document.body.classList.add("socket-lost"));
document.addEventListener("htmx:wsOpen", () => document.body.classList.remove("socket-lost"));
