// Counts characters while they are typed: data-count is the most allowed.
// Characters are counted as people do, so 𠮷 is one.
import { make, onEach, word } from "./page.js";

onEach("[data-count]", (field) => {
  const most = Number(field.dataset.count);
  const line = make("p", { class: "field-count", id: `${field.id}-count` });
  field.after(line);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${line.id}`.trim());
  const show = () => {
    const n = [...field.value].length;
    line.textContent = n > most ? `${word("over")} ${n - most} ${word("chars")}` : `${n} / ${most} ${word("chars")}`;
    line.classList.toggle("over", n > most);
  };
  field.addEventListener("input", show);
  show();
});
