// Small things: menus close when one clicks elsewhere, summaries of errors take
// the focus, buttons copy and print, paper shows what is folded.
import { onEach, toast, word } from "./page.js";

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-drop][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const copy = event.target.closest?.("[data-copy]");
  if (copy) copyText(copy.dataset.copy);
  if (event.target.closest?.("[data-print]")) window.print();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-drop][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (location.hash === "#menu") location.hash = "#main";
});

onEach("[data-focus]", (element) => element.focus());

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https there is no clipboard: the old way.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(word("copied"));
}

let folded = [...document.querySelectorAll("main details:not([open])")].filter((d) => !d.closest(".actions"));
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("main details:not([open])")].filter((d) => !d.closest(".actions"));
  for (const d of folded) d.open = true;
});
window.addEventListener("afterprint", () => {
  for (const d of folded) d.open = false;
});
