// Enhancers: functions that are run on each element of a selector, once, when
// the page or a part of it has been loaded.
const enhancers = [];
const done = new WeakMap();

/** onEach has f run on every element that matches, now and in parts loaded later. */
export function onEach(selector, f) {
  enhancers.push([selector, f]);
}

/** enhance runs the enhancers on root and what is in it. */
export function enhance(root) {
  for (const [selector, f] of enhancers) {
    const found = [...root.querySelectorAll(selector)];
    if (root.matches?.(selector)) found.unshift(root);
    for (const element of found) {
      const seen = done.get(element) || new Set();
      if (seen.has(f)) continue;
      done.set(element, seen.add(f));
      f(element);
    }
  }
}

let table;
/** word returns a text of the interface; the page brings them in its language. */
export function word(name) {
  table ??= JSON.parse(document.getElementById("words")?.textContent || "{}");
  return table[name] || "";
}

/** make creates an element with attributes and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((c) => c != null));
  return element;
}

/** newKey makes a random key, also where pages come by plain http. */
export function newKey() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  return [...b].map((x, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + x.toString(16).padStart(2, "0")).join("");
}

/** toast says something in a corner; action is {label, run}. */
export function toast(text, action) {
  let box = document.querySelector(".toasts");
  if (!box) document.body.append((box = make("div", { class: "toasts", role: "status" })));
  const line = make("div", { class: "toast-line" }, make("span", {}, text));
  if (action) {
    const button = make("button", { class: "btn btn-sm", type: "button" }, action.label);
    button.addEventListener("click", () => { line.remove(); action.run(); });
    line.append(button);
  }
  box.append(line);
  setTimeout(() => line.remove(), action ? 12000 : 4000);
}

/** ask shows a dialog with buttons [[value, label, class]] and resolves with the value chosen, "" if none. */
export function ask(content, buttons) {
  return new Promise((resolve) => {
    const list = make("div", { class: "btn-list" });
    const dialog = make("dialog", { "aria-label": typeof content === "string" ? content : word("confirm") }, typeof content === "string" ? make("p", {}, content) : content, list);
    let chosen = "";
    for (const [value, label, kind] of buttons) {
      const button = make("button", { class: `btn ${kind || ""}`, type: "button" }, label);
      button.addEventListener("click", () => { chosen = value; dialog.close(); });
      list.append(button);
    }
    dialog.addEventListener("close", () => { dialog.remove(); resolve(chosen); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
