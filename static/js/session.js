// Keeps the creative of the ad that plays within 0.3 s of the session's playhead, and the log at its newest line.
// News of what this page does not show, or shows already, change nothing under the hand or the eye that is there.

// Ahead or behind by more, the video jumps; by less, it runs a little slower or faster until it is in step.
const JUMP_SEC = 0.2;
const REST_SEC = 0.02;
const FASTEST = 16;
const STEP_MS = 100;

// The playhead as it was told, and when; between two news it has moved on at its speed.
const head = { offset: 0, at: 0, speed: 1, moving: false, ad: "1", from: 0, to: 0 };

function readHead() {
  const told = document.getElementById("live-head")?.dataset;
  if (!told) return;
  const offset = Number(told.offset);
  const speed = Number(told.speed);
  const moving = told.status === "running" && !told.paused && speed > 0;
  if (offset !== head.offset || moving !== head.moving) head.at = performance.now();
  Object.assign(head, { offset, speed, moving, ad: told.ad, from: Number(told.from), to: Number(told.to) });
}

function playhead() {
  const since = head.moving ? (performance.now() - head.at) / 1000 * head.speed : 0;
  return Math.min(head.offset + since, Math.max(head.to, head.offset));
}

// Why the video of an ad is not shown, if it is not, stands beside its address; what the browser finds is added here.
const unplayable = new Map();

function whyNot(entry, video) {
  const rule = entry?.querySelector("[data-why]");
  if (!entry || rule) return rule ? rule.textContent : "Nothing is known of this ad's media.";
  const { source, type } = entry.dataset;
  if (type && !video.canPlayType(type)) return `Not shown: this browser does not play ${type}.`;
  return unplayable.get(source) ?? "";
}

function showCreative(video) {
  const entry = document.querySelector(`#creatives [data-ad="${head.ad}"]`);
  const why = whyNot(entry, video);
  const said = document.getElementById("creative-said");
  const text = why && head.ad !== "1" ? `Ad ${head.ad}: ${why}` : why;
  if (said.textContent !== text) said.textContent = text;
  said.hidden = !why;
  video.hidden = Boolean(why);
  if (why) {
    video.pause();
    return false;
  }
  if (video.getAttribute("src") !== entry.dataset.source) video.src = entry.dataset.source;
  return true;
}

function follow() {
  const video = document.getElementById("creative");
  if (!video || !document.getElementById("creatives") || !showCreative(video) || video.readyState === 0) return;
  const place = Math.max(playhead() - head.from, 0);
  const target = Math.min(place, video.duration || place);
  const ahead = video.currentTime - target;
  if (!head.moving || place >= video.duration) {
    video.pause();
    if (Math.abs(ahead) > REST_SEC) video.currentTime = target;
    return;
  }
  if (Math.abs(ahead) > JUMP_SEC && !video.seeking) video.currentTime = target;
  const rate = Math.min(Math.max(head.speed - (Math.abs(ahead) > JUMP_SEC ? 0 : ahead), head.speed / 2), FASTEST);
  if (Math.abs(video.playbackRate - rate) > 0.02) video.playbackRate = rate;
  if (video.paused) video.play().catch(() => {});
}

function step() {
  readHead();
  follow();
  showSeek();
}
setInterval(follow, STEP_MS);

document.addEventListener("error", event => {
  if (event.target.id !== "creative" || !event.target.getAttribute("src")) return;
  unplayable.set(event.target.getAttribute("src"), "Not shown: the file could not be loaded or played.");
  follow();
}, true);
document.addEventListener("loadedmetadata", event => { if (event.target.id === "creative") follow(); }, true);

// A reader who scrolled back in the log stays there; one at its end sees what is new. Where the reader is, is noted as
// it changes: asked for at every message, it would lay out the page as often.
let readsTheEnd = true;
let toNewest = false;

document.addEventListener("scroll", event => {
  const log = event.target;
  if (log.classList?.contains("log-scroll")) readsTheEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
}, { capture: true, passive: true });

function newest(log) {
  log.scrollTop = log.scrollHeight;
}

function showNewest() {
  if (!readsTheEnd || toNewest) return;
  toNewest = true;
  requestAnimationFrame(() => {
    toNewest = false;
    newest(document.querySelector(".log-scroll"));
  });
}
document.addEventListener("htmx:wsAfterMessage", step);

// All is told again now and then: what would stay the same stays, and what is not on the page (the whole ledger, while
// it is narrowed down) is not looked for. The log and the ledger grow by blocks of rows, each told whole.
const BLOCK = /^(live-events|live-ledger)-(\d+)$/;

document.addEventListener("htmx:wsBeforeMessage", event => {
  const news = document.createElement("template");
  news.innerHTML = event.detail.message;
  const told = news.content.firstElementChild;
  if (!told) return;
  const here = document.getElementById(told.id);
  const isBlock = BLOCK.test(told.id);
  if (here && !isBlock && !told.isEqualNode(here)) return;
  event.preventDefault();
  if (!isBlock) return;
  if (here) patch(here, told);
  else addBlock(told);
  if (told.id.startsWith("live-events")) showNewest();
});

// Of a block only the rows that are another are replaced: the rest keeps its layout, its selection and the keyboard.
function patch(here, told) {
  const rows = [...told.children];
  rows.forEach((row, number) => {
    const old = here.children[number];
    if (!old && number) here.lastElementChild.after(row);
    else if (!old) here.prepend(row);
    else if (!row.isEqualNode(old)) replace(old, row);
  });
  while (here.children.length > rows.length) here.lastElementChild.remove();
}

function replace(old, row) {
  const held = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(row);
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}

function addBlock(told) {
  const [, place, number] = told.id.match(BLOCK) ?? [];
  const list = document.getElementById(place);
  if (!list) return;
  const next = [...list.children].find(child => Number(child.id.match(BLOCK)?.[2] ?? -1) > Number(number));
  list.insertBefore(told, next ?? null);
}

// Buttons that are replaced leave the keyboard at the one in the same place: at Stop where it was at Stop. A link that
// is replaced leaves it at the link of the same name.
let at = -1;
let name = "";
const buttons = () => [...document.querySelectorAll("#live-controls button")];
document.addEventListener("htmx:wsBeforeMessage", () => {
  at = buttons().indexOf(document.activeElement);
  name = document.activeElement?.closest("#ledger-table") ? document.activeElement.id : "";
});
document.addEventListener("htmx:wsAfterMessage", () => {
  if (at >= 0 && !buttons().includes(document.activeElement)) (buttons()[at] ?? buttons()[0])?.focus();
  if (name && document.activeElement === document.body) document.getElementById(name)?.focus({ preventScroll: true });
});

// The place to seek to follows the playhead, unless a hand is on it.
let seeking = false;

function showSeek() {
  const form = document.getElementById("seek");
  if (!form) return;
  const running = document.getElementById("live-head")?.dataset.status === "running";
  form.hidden = !running;
  const field = form.elements.to_sec;
  if (seeking || !running) return;
  field.min = head.from.toFixed(1);
  field.max = head.to.toFixed(1);
  place(field, head.offset);
}

function place(field, seconds) {
  field.value = seconds.toFixed(1);
  const said = `${Number(field.value).toFixed(1)} s`;
  field.setAttribute("aria-valuetext", said);
  field.form.querySelector("output").textContent = said;
}

function seekBy(seconds) {
  const field = document.getElementById("seek-to");
  if (!field || field.form.hidden) return false;
  const last = Math.max(head.to - 0.1, head.from);
  place(field, Math.min(Math.max(playhead() + seconds, head.from), last));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

document.addEventListener("input", event => {
  if (event.target.id !== "seek-to") return;
  seeking = true;
  place(event.target, Number(event.target.value));
});
document.addEventListener("change", event => { if (event.target.id === "seek-to") seeking = false; });

// Keys do what the buttons do; never while something is typed, asked or held down with Control, Alt or Meta.
const SEEKS = { ArrowLeft: -5, ArrowRight: 5 };
const TYPED_IN = "input:not([type=range]), select, textarea, [contenteditable]";
const PRESSED_BY_SPACE = "button, a, summary, video, [tabindex='0']";
const SCROLLED_BY_ARROWS = "[tabindex='0']";

document.addEventListener("keydown", event => {
  const { target, key } = event;
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (target.closest?.(TYPED_IN) || document.querySelector("dialog[open]")) return;
  if (obeyKey(key, target, event.repeat)) event.preventDefault();
});

function obeyKey(key, target, held) {
  if (key in SEEKS) return !target.closest(SCROLLED_BY_ARROWS) && seekBy(SEEKS[key]);
  if (held) return false;
  if (key === "?") return open("shortcuts");
  if (key === " ") return !target.closest(PRESSED_BY_SPACE) && press("k");
  return "ksxc".includes(key) && key.length === 1 && press(key);
}

function button(key) {
  return document.querySelector(`#live-controls [data-key="${key}"]`);
}

function press(key) {
  button(key)?.click();
  return Boolean(button(key));
}

function open(id) {
  const dialog = document.getElementById(id);
  dialog?.showModal();
  return Boolean(dialog);
}

document.addEventListener("click", event => { if (event.target.closest("#shortcuts-open")) open("shortcuts"); });

// Who follows a link to a hop sees what is in it.
function openTarget() {
  const details = document.querySelector(":target > details, details:target");
  if (details) details.open = true;
}
window.addEventListener("hashchange", openTarget);

document.addEventListener("DOMContentLoaded", () => {
  const log = document.querySelector(".log-scroll");
  if (log && document.getElementById("live-head")?.dataset.status === "running") newest(log);
  else readsTheEnd = false;
  step();
  openTarget();
});
