// A report is printed in the light theme, whatever is read on the screen; its pictures are redrawn in it before.

const root = document.documentElement;
let theme = null;

window.addEventListener("beforeprint", () => {
  theme ??= root.dataset.bsTheme;
  root.dataset.bsTheme = "light";
});
window.addEventListener("afterprint", () => {
  if (theme) root.dataset.bsTheme = theme;
  theme = null;
});
document.addEventListener("DOMContentLoaded", () => {
  const print = document.getElementById("print");
  print.hidden = false;
  print.addEventListener("click", () => window.print());
});
