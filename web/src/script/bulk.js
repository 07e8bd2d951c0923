// Tables whose rows can be selected: all at once, a range with Shift, the count
// in the bar, and no bar while nothing is selected.
import { onEach, word } from "./page.js";

onEach("form[data-bulk]", (form) => {
  const all = form.querySelector("[data-select-all]");
  const boxes = () => [...form.querySelectorAll('tbody input[name="id"]')];
  let last = null;

  const show = () => {
    const list = boxes();
    const count = list.filter((b) => b.checked).length;
    if (all) {
      all.checked = count > 0 && count === list.length;
      all.indeterminate = count > 0 && count < list.length;
    }
    form.querySelector("[data-selected]").textContent = `${word("selected")} ${count}`;
    form.querySelector(".bulk").hidden = count === 0;
  };

  form.addEventListener("click", (event) => {
    const box = event.target;
    if (box === all) for (const b of boxes()) b.checked = all.checked;
    else if (box.name === "id") {
      const list = boxes();
      if (event.shiftKey && last) {
        const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
        for (const b of list.slice(from, to + 1)) b.checked = box.checked;
      }
      last = box;
    } else return;
    show();
  });
  form.addEventListener("change", show);
  show();
});
