// Says so when the live news of a page have stopped: its socket is lost, was never opened, or is silent though something
// runs. A page includes _stale.html; who gets news otherwise than over the socket calls window.vastdashNews.heard().

const SILENT_AFTER_SEC = 3;
// What rests is told again now and then (the server: every 5 s).
const SILENT_AT_REST_AFTER_SEC = 12;
// Codes of our own, after which nobody reconnects: not allowed, unknown.
const REFUSED = new Set([4403, 4404]);

const news = { at: performance.now(), any: false, socket: "opening" };

function trouble(notice) {
  const { expected, slow } = notice.dataset;
  if (!document.querySelector(expected)) return "";
  if (news.socket === "refused") return "Live news have ended: you may have been signed out.";
  if (news.socket === "lost") return "The live connection is lost. Trying to reconnect…";
  const patience = slow && document.querySelector(slow) ? SILENT_AT_REST_AFTER_SEC : SILENT_AFTER_SEC;
  if (age() < patience) return "";
  return news.socket === "open" ? "No live news have come, though this is running." : "This page gets no live news: its connection was not made.";
}

function age() {
  return (performance.now() - news.at) / 1000;
}

function look() {
  const notice = document.querySelector(".stale");
  if (!notice) return;
  const said = trouble(notice);
  notice.hidden = !said;
  const words = notice.querySelector("[data-said]");
  if (words.textContent !== said) words.textContent = said;
  notice.querySelector("[data-age]").textContent = `${news.any ? "Last news" : "As of"} ${Math.round(age())} s ago.`;
}

function heard() {
  news.at = performance.now();
  news.any = true;
}

function socketIs(state) {
  news.socket = state;
  look();
}

document.addEventListener("htmx:wsBeforeMessage", heard);
document.addEventListener("htmx:wsOpen", () => socketIs("open"));
document.addEventListener("htmx:wsClose", (event) => socketIs(REFUSED.has(event.detail.event?.code) ? "refused" : "lost"));
document.addEventListener("visibilitychange", look);
setInterval(look, 1000);

window.vastdashNews = { heard };
