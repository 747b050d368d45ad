// Keeps the creative in step with the session's playhead, within 0.3 s as the news arrive, and the log at its newest line.

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
  if (!playing) {
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
document.addEventListener("htmx:wsAfterMessage", () => {
  follow();
  if (readsTheEnd) newest(document.querySelector(".log-scroll"));
});
// All is told again now and then; buttons that would stay the same stay under the hand that is about to press them.
document.addEventListener("htmx:wsBeforeMessage", event => {
  if (!event.detail.message.includes('id="live-controls"')) return;
  const news = document.createElement("template");
  news.innerHTML = event.detail.message;
  if (news.content.firstElementChild?.isEqualNode(document.getElementById("live-controls"))) event.preventDefault();
});

// Buttons that are replaced leave the keyboard at the one in the same place: at Stop where it was at Stop.
let place = -1;
const buttons = () => [...document.querySelectorAll("#live-controls button")];
document.addEventListener("htmx:wsBeforeMessage", () => {
  place = buttons().indexOf(document.activeElement);
});
document.addEventListener("htmx:wsAfterMessage", () => {
  if (place >= 0 && !buttons().includes(document.activeElement)) (buttons()[place] ?? buttons()[0])?.focus();
});

document.addEventListener("DOMContentLoaded", () => {
  const log = document.querySelector(".log-scroll");
  if (log && document.getElementById("live-head")?.dataset.status === "running") newest(log);
  document.getElementById("creative")?.addEventListener("loadedmetadata", follow);
  follow();
});
