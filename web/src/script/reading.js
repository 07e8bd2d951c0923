// Deciding about the figures of a report by keyboard: j k move, Enter confirms,
// e corrects, x drops. The figure that one is at shows in the text too.
import { onEach } from "./page.js";

const items = () => [...document.querySelectorAll(".figure-list [data-figure]")];
const current = () => document.querySelector(".figure-list .here");
const markOf = (item) => document.getElementById(`t${item.dataset.figure}`);

function show(item, quietly) {
  for (const e of document.querySelectorAll(".reading .here")) e.classList.remove("here");
  item.classList.add("here");
  const mark = markOf(item);
  if (mark) {
    mark.classList.add("here");
    const pane = mark.closest(".reading-text");
    pane.scrollTop += mark.getBoundingClientRect().top - pane.getBoundingClientRect().top - pane.clientHeight / 3;
  }
  if (quietly) return;
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = items();
  if (!all.length) return;
  const at = all.indexOf(current());
  show(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))]);
}

const press = (css) => current()?.querySelector(css)?.click();

const bindings = {
  j: () => move(1),
  k: () => move(-1),
  e: () => press("[data-do=edit]"),
  x: () => press("button[value=drop]"),
  Enter: () => press("button[value=confirm]"),
};

onEach("[data-reading]", (reading) => {
  // Who comes for one figure sees it in the text at once.
  const asked = /^#f\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
  if (asked) show(asked);
  document.addEventListener("keydown", (event) => {
    if (!reading.isConnected || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    // Enter on a link or button is theirs.
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    const run = bindings[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
  reading.addEventListener("click", (event) => {
    const item = event.target.closest("[data-figure]");
    if (item) show(item, true);
    const mark = event.target.closest(".text-mark");
    const of = mark && document.getElementById(mark.hash.slice(1));
    if (of) { event.preventDefault(); show(of); }
    const quote = event.target.closest(".figure-quote a");
    if (quote) event.preventDefault();
  });
});

// After a decision the figure is drawn anew: the text follows, and so does who
// works by keyboard, on to the next one that waits.
let decided = "";
document.addEventListener("htmx:beforeRequest", (event) => {
  const item = event.target.closest?.("[data-figure]");
  if (item) decided = event.detail.requestConfig.verb === "get" ? "" : item.dataset.figure;
});

onEach("[data-figure]", (item) => {
  const mark = markOf(item);
  if (!mark) return;
  mark.className = `text-mark ${item.dataset.markClass}`;
  const form = item.querySelector(".figure-edit");
  if (form) {
    show(item, true);
    form.querySelector("[role=combobox], input:not([type=hidden]), select")?.focus();
  } else if (decided === item.dataset.figure) {
    decided = "";
    const all = items();
    const next = item.querySelector(".alert-danger") ? item : all.slice(all.indexOf(item)).find((i) => i.querySelector("button[value=confirm]"));
    show(next || item);
  }
});
