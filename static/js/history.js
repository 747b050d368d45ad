// A preset and dates exclude each other: who takes the one lets go of the other, before the form is read.

document.addEventListener("change", (event) => {
  const form = event.target.closest("#history-filter");
  if (!form) return;
  const { days, since, until } = form.elements;
  if (event.target === days && days.value !== "dates") since.value = until.value = "";
  if (event.target === since || event.target === until) days.value = since.value || until.value ? "dates" : "30";
}, true);
