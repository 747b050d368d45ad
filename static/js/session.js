// Keeps the creative in step with the session's playhead, within 0.3 s as the news arrive, and the log at its newest line.
// News of what this page does not show, or shows already, change nothing under the hand or the eye that is there.

const CLOSE_ENOUGH_SEC = 0.3;

function follow() {
  const head = document.getElementById("live-head");
  const video = document.getElementById("creative");
  if (!head || !video) return;
  const offset = Number(head.dataset.offset);
  const speed = Number(head.dataset.speed);
  const playing = head.dataset.status === "running" && !head.dataset.paused && speed > 0;
  if (Math.abs(video.currentTime - offset) > CLOSE_ENOUGH_SEC && video.readyState > 0) {
    video.currentTime = Math.min(offset, video.duration || offset);
  }
  // Of a pod the first ad is shown: it rests at its end while the others play.
  if (!playing || offset >= video.duration) {
    video.pause();
    return;
  }
  video.playbackRate = Math.min(speed, 16);
  if (video.paused) video.play().catch(() => {});
}

// A reader who scrolled back in the log stays there; one at its end sees what is new.
let readsTheEnd = false;

function newest(log) {
  log.scrollTop = log.scrollHeight;
}

document.addEventListener("htmx:wsBeforeMessage", () => {
  const log = document.querySelector(".log-scroll");
  readsTheEnd = log !== null && log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
});
function showNewest() {
  if (readsTheEnd) newest(document.querySelector(".log-scroll"));
}
document.addEventListener("htmx:wsAfterMessage", () => {
  follow();
  showNewest();
});
// All is told again now and then: what would stay the same stays, and what is not on the page (the whole ledger, while
// it is narrowed down) is not looked for. The log and the ledger grow by blocks of rows, each told whole.
const BLOCK = /^(live-events|live-ledger)-(\d+)$/;

document.addEventListener("htmx:wsBeforeMessage", event => {
  const news = document.createElement("template");
  news.innerHTML = event.detail.message;
  const told = news.content.firstElementChild;
  if (!told) return;
  const here = document.getElementById(told.id);
  if (here && !told.isEqualNode(here)) return;
  event.preventDefault();
  if (!here) addBlock(told);
});

function addBlock(told) {
  const [, place, number] = told.id.match(BLOCK) ?? [];
  const list = document.getElementById(place);
  if (!list) return;
  const next = [...list.children].find(child => Number(child.id.match(BLOCK)?.[2] ?? -1) > Number(number));
  list.insertBefore(told, next ?? null);
  showNewest();
}

// Buttons that are replaced leave the keyboard at the one in the same place: at Stop where it was at Stop. A link that
// is replaced leaves it at the link of the same name.
let place = -1;
let name = "";
const buttons = () => [...document.querySelectorAll("#live-controls button")];
document.addEventListener("htmx:wsBeforeMessage", () => {
  place = buttons().indexOf(document.activeElement);
  name = document.activeElement?.closest("#ledger-table") ? document.activeElement.id : "";
});
document.addEventListener("htmx:wsAfterMessage", () => {
  if (place >= 0 && !buttons().includes(document.activeElement)) (buttons()[place] ?? buttons()[0])?.focus();
  if (name && document.activeElement === document.body) document.getElementById(name)?.focus({ preventScroll: true });
});

// Who follows a link to a hop sees what is in it.
function openTarget() {
  const details = document.querySelector(":target > details, details:target");
  if (details) details.open = true;
}
window.addEventListener("hashchange", openTarget);

document.addEventListener("DOMContentLoaded", () => {
  const log = document.querySelector(".log-scroll");
  if (log && document.getElementById("live-head")?.dataset.status === "running") newest(log);
  document.getElementById("creative")?.addEventListener("loadedmetadata", follow);
  follow();
  openTarget();
});
