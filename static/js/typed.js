// What was typed outlives a sign-in that ran out meanwhile. It is kept in this tab while the page is left, and put back
// when signing in again, as the same person, leads to that page. Whichever other page comes first forgets it.

const KEPT = "typed";
const PAGE = location.pathname + location.search;
const NOT_TYPED = ["file", "password", "submit", "button"];

const person = () => document.querySelector(".who span")?.textContent;
const formsHere = () => [...document.querySelectorAll("main form[method=post]")];
const ticked = (field) => field.type === "checkbox" || field.type === "radio";

function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && field.name !== "csrfmiddlewaretoken" && !NOT_TYPED.includes(field.type));
}

function isChanged(field) {
  if (ticked(field)) return field.checked !== field.defaultChecked;
  if (!field.options) return field.value !== field.defaultValue;
  const first = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
  return field.value !== first?.value;
}

// A form that came back refused holds what was typed as its defaults; sent again, it counts as typed.
function typedInto(form) {
  const fields = fieldsOf(form);
  const said = fields.some(isChanged) || ("sent" in form.dataset && fields.some((field) => field.type !== "hidden"));
  return said ? fields.map((field) => [field.name, field.value, Boolean(field.checked)]) : null;
}

window.addEventListener("pagehide", () => {
  if (!person()) return;
  sessionStorage.removeItem(KEPT);
  const forms = formsHere().map(typedInto);
  try {
    if (forms.some(Boolean)) sessionStorage.setItem(KEPT, JSON.stringify({ page: PAGE, person: person(), forms }));
  } catch {
    // More than a browser keeps for a tab: a bid response of megabytes has to be pasted again.
  }
});

function putBack(form, typed) {
  for (const [name, value, checked] of typed) {
    for (const field of fieldsOf(form)) {
      if (field.name !== name || (ticked(field) && field.value !== value)) continue;
      if (ticked(field)) field.checked = checked;
      else if (!field.options || [...field.options].some((option) => option.value === value)) field.value = value;
      if (!isChanged(field)) continue;
      field.closest("details")?.setAttribute("open", "");
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (!kept) return;
  const signIn = document.querySelector(".sign-in form");
  if (signIn && signIn.elements.next.value === kept.page) {
    sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, signedOut: true }));
    document.getElementById("typed-kept").hidden = false;
  } else if (signIn || person()) {
    sessionStorage.removeItem(KEPT);
  }
  if (!kept.signedOut || kept.page !== PAGE || kept.person !== person()) return;
  formsHere().forEach((form, place) => {
    if (!kept.forms[place]) return;
    putBack(form, kept.forms[place]);
    document.getElementById("typed-back").hidden = false;
  });
});
