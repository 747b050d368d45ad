// Runs before the first paint: the theme follows the system unless the reader chose one.
(() => {
  const media = matchMedia("(prefers-color-scheme: dark)");
  const choice = () => localStorage.getItem("theme") || "auto";
  const apply = () => {
    const chosen = choice();
    const dark = chosen === "dark" || (chosen === "auto" && media.matches);
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
    document.documentElement.dataset.themeChoice = chosen;
  };
  apply();
  media.addEventListener("change", apply);
  // Paper is white.
  addEventListener("beforeprint", () => { document.documentElement.dataset.bsTheme = "light"; });
  addEventListener("afterprint", apply);
  window.vastdashTheme = {
    choice,
    next() {
      const order = ["auto", "light", "dark"];
      localStorage.setItem("theme", order[(order.indexOf(choice()) + 1) % order.length]);
      apply();
      return choice();
    },
  };
})();
