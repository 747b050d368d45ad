// Steps through a session: buttons, keys and the picture move the slider, which asks for the step it stands at.

const slider = () => document.getElementById("at");

function goTo(number) {
  const range = slider();
  if (!range) return;
  const wanted = Math.min(Math.max(number, 0), Number(range.max));
  if (wanted === Number(range.value)) return;
  range.value = wanted;
  range.dispatchEvent(new Event("input", { bubbles: true }));
}

const MOVES = {
  first: () => 0,
  back: () => Number(slider().value) - 1,
  on: () => Number(slider().value) + 1,
  last: () => Number(slider().max),
};
const KEYS = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "last" };

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const button = event.target.closest("#steps [data-step]");
  const near = event.target.closest(".near [data-at]");
  if (button) goTo(MOVES[button.dataset.step]());
  if (near) goTo(Number(near.dataset.at));
  if (button || near) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const move = KEYS[event.key];
  const busy = event.target.closest("input, select, textarea, [contenteditable], .table-responsive");
  if (!move || busy || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !slider()) return;
  event.preventDefault();
  goTo(MOVES[move]());
});

// The step nearest to the pointer, by where it lies in the picture.
function scrub(event) {
  const picture = event.target.closest(".lanes.walk");
  if (!picture || (event.type === "pointermove" && event.buttons !== 1)) return;
  const box = picture.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * 1000;
  const ticks = [...picture.querySelectorAll("[data-at]")];
  const distance = (tick) => Math.abs(Number(tick.getAttribute("x1")) - x);
  const nearest = ticks.reduce((best, tick) => (distance(tick) < distance(best) ? tick : best), ticks[0]);
  if (nearest) goTo(Number(nearest.dataset.at));
}
document.addEventListener("pointerdown", scrub);
document.addEventListener("pointermove", scrub);

function told() {
  const step = document.getElementById("step");
  const range = slider();
  if (step && range) range.setAttribute("aria-valuetext", step.dataset.title);
}
document.addEventListener("htmx:afterSettle", told);
