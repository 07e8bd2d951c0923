// Keys for those who clear a queue: / search, j k move, x select, Enter open,
// ? help. Silent while one types.
import { ask, make, word } from "./page.js";

const rows = () => [...document.querySelectorAll("[data-list] tbody tr")];

function move(step) {
  const list = rows();
  if (!list.length) return;
  const at = list.findIndex((r) => r.classList.contains("here"));
  const next = list[Math.min(list.length - 1, Math.max(0, at + step))];
  list[at]?.classList.remove("here");
  next.classList.add("here");
  (next.querySelector("a.row-link") || next.querySelector("a, input") || next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function help() {
  const list = make("dl", {});
  for (const [keys, text] of [["/", "keySearch"], ["j k", "keyMove"], ["Enter", "keyOpen"], ["x", "keySelect"], ["?", "keyHelp"]]) {
    list.append(make("dt", {}, ...keys.split(" ").flatMap((k) => [make("kbd", {}, k), " "])), make("dd", {}, word(text)));
  }
  ask(make("div", {}, make("h2", {}, word("keys")), list), [["", word("close")]]);
}

const bindings = {
  "/": () => (document.querySelector("main input[type=search]") || document.getElementById("search"))?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => document.querySelector("[data-list] tr.here input[name=id]")?.click(),
  "?": help,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, dialog, [contenteditable]")) return;
  const run = bindings[event.key];
  if (!run) return;
  event.preventDefault();
  run();
});
