// Fields that count only when another has a value: data-show-when="kind=joint",
// "kind=joint,collective", "kind!=joint", or "kind" for any value. What is hidden
// is not sent and not required.
import { onEach } from "./page.js";

onEach("[data-show-when]", (part) => {
  const form = part.closest("form");
  const [, name, not, wanted] = part.dataset.showWhen.match(/^([^!=]+)(!?)=?(.*)$/);
  const show = () => {
    const values = new FormData(form).getAll(name);
    const hit = wanted === "" ? values.some(Boolean) : values.some((v) => wanted.split(",").includes(v));
    part.hidden = hit === Boolean(not);
    for (const field of part.querySelectorAll("input, select, textarea")) field.disabled = part.hidden;
  };
  form.addEventListener("change", show);
  show();
});
