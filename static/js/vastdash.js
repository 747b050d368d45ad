// Small manners of every page: theme switch, copying, and a live socket that comes back.


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
    // Whoever has been signed out since is led to the sign-in page: that is not what was to be copied.
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    return response.text();
  }, "Not copied: use Download");
  const shown = event.target.closest("[data-copy-text]");
  if (shown) copyText(shown, async () => document.querySelector(shown.dataset.copyText).textContent, "Not copied: select it");
});

async function copyText(button, read, otherwise) {
  const said = button.querySelector("[data-said]") || button;
  said.dataset.before ??= said.textContent;
  try {
    await navigator.clipboard.writeText(await read());
    said.textContent = "Copied";
  } catch {
    said.textContent = otherwise;
  }
  clearTimeout(said.timer);
  said.timer = setTimeout(() => { said.textContent = said.dataset.before; }, 2000);
}

// What cannot be undone is asked about; without the script the server's own page says what was done.
document.addEventListener("submit", (event) => {
  const asked = event.target.dataset.confirm;
  if (asked && !window.confirm(asked)) event.preventDefault();
});

// A form pressed twice is sent once. What htmx sends is prevented by now; a page come back to may be sent again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("method") !== "post" || event.defaultPrevented) return;
  if ("sent" in form.dataset) event.preventDefault();
  form.dataset.sent = "";
  setTimeout(() => { delete form.dataset.sent; }, 10_000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Signing in in another tab gives every form of this one an old CSRF token; the cookie has the one that counts.
function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}
document.addEventListener("submit", (event) => {
  const field = event.target.elements.namedItem("csrfmiddlewaretoken");
  if (field && csrfToken()) field.value = csrfToken();
}, true);
document.addEventListener("htmx:configRequest", (event) => {
  const { headers, parameters, verb } = event.detail;
  if (verb === "get") return;
  delete parameters.csrfmiddlewaretoken;
  headers["X-CSRFToken"] = csrfToken();
});

document.addEventListener("DOMContentLoaded", () => {
  labelTheme();
  // On a phone the menu is wider than the screen: where one is must be seen in it.
  document.querySelector(".main-nav .active")?.scrollIntoView({ block: "nearest", inline: "nearest" });
});

// The live socket comes back quickly: a viewer of a running session should not wait half a minute for news.
if (window.htmx) {
  window.htmx.config.wsReconnectDelay = (tries) => Math.min(250 * 2 ** tries, 3000) * (0.5 + Math.random() / 2);
}
