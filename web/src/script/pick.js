// A list that one types into: makes a select[data-pick] an accessible combobox
// (ARIA 1.2 pattern). data-pick="list" looks through its own options, by their
// text and by how it is said, in pinyin or initials (data-said); an address
// is asked with ?q= and answers JSON [{id, title, note}]. An input[data-pick]
// is turned into such a select; without this script it stays a plain field.
import { make, onEach, word } from "./page.js";

let count = 0;
const most = 50;

onEach("input[data-pick]", (input) => {
  const select = make("select", { name: input.name, id: input.id, "data-pick": input.dataset.pick, multiple: input.multiple, required: input.required, "aria-describedby": input.getAttribute("aria-describedby") });
  select.append(make("option", { value: "" }));
  if (input.value) select.append(new Option(input.dataset.label || input.value, input.value, true, true));
  input.replaceWith(select);
  pick(select);
});
onEach("select[data-pick]", pick);

function pick(select) {
  if (select.dataset.picked) return;
  select.dataset.picked = "yes";
  const id = select.id || `pick-${++count}`;
  const remote = select.dataset.pick.startsWith("/") ? select.dataset.pick : "";
  const label = document.querySelector(`label[for="${CSS.escape(id)}"]`);
  const list = make("ul", { class: "pick-list", role: "listbox", id: `${id}-list`, hidden: true, "aria-label": label?.textContent.trim() });
  const input = make("input", {
    class: select.className.replace("form-select", "form-control"), type: "text", id, role: "combobox", autocomplete: "off",
    "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list", placeholder: word("choose"),
    "aria-describedby": select.getAttribute("aria-describedby"), "aria-invalid": select.getAttribute("aria-invalid"), "aria-required": select.required ? "true" : null,
  });
  const chosen = make("ul", { class: "pick-chosen" });
  const box = make("div", { class: "pick" }, select.multiple ? chosen : null, input, list);
  const required = select.required;
  select.removeAttribute("id");
  select.required = false;
  select.hidden = true;
  select.after(box);

  let found = [];
  let at = -1;
  let asked = 0;
  const optionOf = (value) => [...select.options].find((o) => o.value === value);

  function showChosen() {
    if (!select.multiple) {
      input.value = select.selectedOptions[0]?.value ? select.selectedOptions[0].text : "";
    } else {
      chosen.replaceChildren(...[...select.selectedOptions].map((o) => {
        const button = make("button", { type: "button", "aria-label": `${word("remove")} ${o.text}` }, o.text, " ×");
        button.addEventListener("click", () => { o.selected = false; changed(); input.focus(); });
        return make("li", {}, button);
      }));
    }
    input.required = required && !select.selectedOptions[0]?.value;
  }
  function changed() {
    showChosen();
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async function look() {
    const q = input.value.trim();
    const mine = ++asked;
    if (remote) {
      const url = remote + (remote.includes("?") ? "&" : "?") + "q=" + encodeURIComponent(q);
      try {
        const answer = await fetch(url, { headers: { Accept: "application/json" } });
        if (mine !== asked) return;
        found = answer.ok ? (await answer.json()).slice(0, most) : [];
      } catch {
        found = [];
      }
    } else {
      const all = [...select.options].filter((o) => o.value && !o.disabled);
      const shown = select.selectedOptions[0]?.text === q && !select.multiple;
      const typed = q.toLowerCase().replaceAll(" ", "");
      const means = (o) => o.text.toLowerCase().includes(q.toLowerCase()) || typed.length > 1 && (o.dataset.said || "").split(" ").some((w) => w.includes(typed));
      found = all.filter((o) => shown || means(o)).slice(0, most)
        .map((o) => ({ id: o.value, title: o.text, note: o.parentElement.label || "" }));
    }
    if (document.activeElement !== input) return;
    at = found.length && q ? 0 : -1;
    draw();
  }

  function draw() {
    list.replaceChildren(...found.map((f, i) => make("li", { role: "option", id: `${list.id}-${i}`, "aria-selected": String(i === at) }, f.title, f.note ? make("small", {}, f.note) : null)));
    if (!found.length) list.append(make("li", { "aria-disabled": "true", role: "option", "aria-selected": "false" }, word("noMatch")));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (at >= 0) {
      input.setAttribute("aria-activedescendant", `${list.id}-${at}`);
      list.children[at].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }
  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function take(i) {
    const f = found[i];
    if (!f) return;
    let option = optionOf(f.id);
    if (!option) select.append((option = new Option(f.title, f.id)));
    option.selected = true;
    if (select.multiple) input.value = "";
    close();
    changed();
  }

  let timer = 0;
  input.addEventListener("input", (event) => {
    event.stopPropagation(); // the text looked for is not what the form says
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(look, remote ? 200 : 0);
  });
  input.addEventListener("compositionend", () => { clearTimeout(timer); timer = setTimeout(look, remote ? 200 : 0); });
  input.addEventListener("click", look);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return look();
      if (found.length) at = (at + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
      draw();
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      take(at);
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      close();
      showChosen();
    } else if (event.key === "Backspace" && !input.value && select.multiple && select.selectedOptions.length) {
      select.selectedOptions[select.selectedOptions.length - 1].selected = false;
      changed();
    }
  });
  // Enter picks; it never sends the form from here.
  input.addEventListener("keypress", (event) => { if (event.key === "Enter") event.preventDefault(); });
  input.addEventListener("blur", () => setTimeout(() => {
    close();
    if (!select.multiple && !input.value && select.value) {
      select.value = "";
      changed();
    }
    showChosen();
    if (select.multiple) input.value = "";
  }, 150));
  list.addEventListener("mousedown", (event) => {
    event.preventDefault(); // keeps the focus in the field
    const li = event.target.closest("li");
    take([...list.children].indexOf(li));
  });
  select.addEventListener("change", showChosen);
  showChosen();
}
