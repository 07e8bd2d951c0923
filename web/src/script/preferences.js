// Theme and size change at once; the server is told for the next page.
import { onEach } from "./page.js";

const attribute = { theme: "data-bs-theme", size: "data-size" };

onEach("form[data-preferences]", (form) => {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || !attribute[button.name]) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.documentElement.setAttribute(attribute[button.name], button.value);
    for (const b of form.querySelectorAll("button")) b.setAttribute("aria-pressed", String(b === button));
    const body = new URLSearchParams(new FormData(form));
    body.set(button.name, button.value);
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {}); // it holds for this page at least
  }, true);
});
