// What may be meant, under a field while one types: makes an input[data-suggest]
// a combobox (ARIA 1.2) whose list comes as options from that address with ?q=.
// Nothing is asked while an input method composes; without this script the field
// is a plain search.
import { make, onEach } from "./page.js";

const pause = 150; // ms

onEach("input[data-suggest]", (input) => {
  if (input.getAttribute("role") === "combobox") return;
  const focused = document.activeElement === input;
  const list = make("div", { class: "pick-list suggest-list", role: "listbox", id: `${input.id}-suggest`, hidden: true, "aria-label": input.labels[0]?.textContent.trim() });
  const state = make("span", { class: "visually-hidden", role: "status" });
  const box = make("div", { class: "pick" });
  input.before(box);
  box.append(input, list, state);
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", list.id], ["aria-autocomplete", "list"]]) input.setAttribute(name, value);
  if (focused) input.focus();

  let options = [];
  let at = -1; // none of them: the field itself
  let timer = 0;
  let asking;
  let asked = ""; // what the list answers

  function show(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    mark(-1);
  }
  function mark(i) {
    at = i;
    options.forEach((o, k) => o.setAttribute("aria-selected", String(k === at)));
    if (at < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", options[at].id);
    options[at].scrollIntoView({ block: "nearest" });
  }
  function close() {
    clearTimeout(timer);
    asking?.abort();
    state.textContent = "";
    show(false);
  }
  async function look() {
    const q = input.value.trim();
    asking?.abort();
    if (!q) return close();
    asking = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(q)}`, { signal: asking.signal });
      if (!answer.ok || answer.redirected) return close();
      const text = await answer.text();
      if (document.activeElement !== input || q !== input.value.trim()) return;
      list.innerHTML = text;
    } catch {
      return; // asked anew, or offline: the plain search is still there
    }
    asked = q;
    options = [...list.querySelectorAll("[role=option]")];
    options.forEach((o, i) => { o.id = `${list.id}-${i}`; });
    state.textContent = list.querySelector("[data-says]")?.dataset.says || "";
    show(options.length > 0);
  }
  function later() {
    clearTimeout(timer);
    timer = setTimeout(look, pause);
  }

  input.addEventListener("input", (event) => { if (!event.isComposing) later(); });
  input.addEventListener("compositionstart", close);
  input.addEventListener("compositionend", later);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) {
        if (options.length && asked === input.value.trim()) show(true);
        else return look();
      }
      const n = options.length + 1; // the field is one of the places
      mark(((at + 1 + (event.key === "ArrowDown" ? 1 : n - 1)) % n) - 1);
    } else if (event.key === "Enter") {
      if (open && at >= 0) {
        event.preventDefault();
        options[at].click();
      } else close();
    } else if (event.key === "Escape" && open) {
      event.preventDefault(); // which would empty the field
      event.stopPropagation();
      close();
    }
  });
  input.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the field
});
