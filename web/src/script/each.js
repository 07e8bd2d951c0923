// Several files are sent one after the other, each with its own progress and
// outcome, so that a bad one does not hide what became of the rest.
import { make, newKey, onEach, word } from "./page.js";

onEach("[data-upload-each]", (box) => {
  // Before the form's own listeners: one file goes the ordinary way.
  box.addEventListener("submit", (event) => {
    const form = event.target;
    const input = form.querySelector("input[type=file]");
    if (!input || input.files.length < 2 || form.elements.text?.value.trim()) return;
    event.preventDefault();
    event.stopPropagation();
    send(box, form, [...input.files]);
  }, true);
});

async function send(box, form, files) {
  const list = make("ul", { class: "reading-outcomes", role: "status" });
  const lines = files.map((file) => {
    const bar = make("progress", { max: "100", value: "0", "aria-label": file.name });
    const line = make("li", {}, make("strong", {}, file.name), " ", bar);
    list.append(line);
    return { file, bar, line };
  });
  form.querySelectorAll("button").forEach((b) => (b.disabled = true));
  form.before(list);
  list.scrollIntoView({ block: "nearest" });
  for (const { file, bar, line } of lines) {
    const { id, problem } = await one(box.dataset.uploadEach, form, file, bar);
    bar.remove();
    if (id) line.replaceChildren(make("span", { class: "badge badge-success" }, box.dataset.done), " ", make("a", { href: `/readings/${id}` }, file.name));
    else line.replaceChildren(make("span", { class: "badge badge-danger" }, box.dataset.failed), " ", make("strong", {}, file.name), make("p", {}, problem));
  }
  form.replaceWith(make("p", {}, make("a", { class: "btn btn-primary", href: "/readings" }, box.dataset.all)));
}

function one(url, form, file, bar) {
  return new Promise((resolve) => {
    const body = new FormData();
    for (const name of ["source", "anyway"]) {
      const field = form.elements[name];
      if (field?.type === "checkbox" ? field.checked : field?.value) body.append(name, field.type === "checkbox" ? "true" : field.value);
    }
    body.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("Idempotency-Key", newKey());
    request.upload.addEventListener("progress", (e) => {
      if (!e.lengthComputable) return;
      bar.value = (100 * e.loaded) / e.total;
      if (e.loaded === e.total) bar.removeAttribute("value"); // it is being read
    });
    request.addEventListener("error", () => resolve({ problem: word("offline") }));
    request.addEventListener("load", () => {
      const said = request.response || {};
      resolve(request.status < 300 ? { id: said.id } : { problem: said.errors?.[0]?.message || said.detail || word("failed") });
    });
    request.send(body);
  });
}
