// Moments in the reader's own zone, or in UTC to the second: one switch, on every page, for keyboard and touch alike.
(() => {
  const utcWanted = () => localStorage.getItem("zone") === "utc";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "your zone";
  const two = (number) => String(number).padStart(2, "0");

  function inUtc(moment) {
    return moment.toISOString().slice(0, 19).replace("T", " ");
  }
  function inFull(moment) {
    const day = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join("-");
    return `${day} ${[moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(":")}`;
  }
  function short(moment) {
    const year = moment.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
    return moment.toLocaleString(undefined, { year, month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
  }

  function tell(time) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) return;
    time.title = `${inFull(moment)} ${zone} · ${inUtc(moment)} UTC`;
    time.textContent = utcWanted() ? inUtc(moment) : short(moment);
    time.dataset.local = "";
  }
  function tellAll(scope, which = "time[datetime]:not([data-local])") {
    if (scope.matches?.(which)) tell(scope);
    for (const time of scope.querySelectorAll(which)) tell(time);
  }

  function labelZone() {
    for (const place of document.querySelectorAll("[data-zone]")) place.textContent = utcWanted() ? "UTC" : zone;
    for (const button of document.querySelectorAll("[data-zone-switch]")) {
      button.hidden = false;
      button.textContent = utcWanted() ? `Show them in ${zone}` : "Show them in UTC, to the second";
    }
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-zone-switch]")) return;
    localStorage.setItem("zone", utcWanted() ? "local" : "utc");
    labelZone();
    tellAll(document, "time[datetime]");
  });
  document.addEventListener("DOMContentLoaded", () => {
    labelZone();
    tellAll(document);
    // Whatever brings new rows, a swap or the socket: their moments are told the same way.
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) {
        for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) tellAll(node);
      }
    }).observe(document.body, { childList: true, subtree: true });
  });
})();
