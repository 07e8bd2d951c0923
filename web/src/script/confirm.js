// Asks before what cannot be undone: data-confirm on a button.
import { ask, word } from "./page.js";

const agreed = new WeakSet();

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  const question = button?.dataset.confirm;
  if (!question || agreed.has(button) || !window.HTMLDialogElement) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await ask(question, [["", word("cancel")], ["yes", button.textContent.trim() || word("confirm"), "btn-primary"]]) !== "yes") {
    button.focus();
    return;
  }
  agreed.add(button);
  event.target.requestSubmit(button);
  agreed.delete(button);
}, true);
