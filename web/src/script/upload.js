// Files: too large ones are refused before they travel, and the rest shows how
// far it is. The answer takes the page's place as if the form had been sent.
import htmx from "htmx.org";
import { enhance, make, onEach, toast, word } from "./page.js";
import { release } from "./submit.js";

const sizeText = (n) => (n >= 1 << 20 ? `${(n / (1 << 20)).toFixed(1)} MB` : `${Math.ceil(n / 1024)} KB`);

onEach("input[type=file][data-max-bytes]", (input) => {
  input.addEventListener("change", () => {
    const most = Number(input.dataset.maxBytes);
    const large = [...input.files].find((f) => f.size > most);
    input.setCustomValidity(large ? `${large.name}：${word("tooLarge")} ${sizeText(most)}` : "");
    if (large) setTimeout(() => input.reportValidity());
  });
});

onEach("form[data-upload]", (form) => {
  form.addEventListener("submit", (event) => {
    const files = [...form.querySelectorAll("input[type=file]")].some((i) => i.files.length);
    if (!files || event.defaultPrevented) return;
    event.preventDefault();
    const body = new FormData(form);
    const button = event.submitter;
    if (button?.name) body.append(button.name, button.value);
    const bar = make("progress", { max: "100", value: "0" });
    const line = make("div", { class: "upload-line", role: "status" }, make("span", {}, word("uploading")), bar);
    form.append(line);
    if (button) button.disabled = true;

    const failed = (text) => {
      line.remove();
      if (button) button.disabled = false;
      release();
      toast(text);
    };
    const request = new XMLHttpRequest();
    request.open("POST", button?.hasAttribute("formaction") ? button.formAction : form.action);
    request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) bar.value = (100 * e.loaded) / e.total; });
    request.addEventListener("error", () => failed(word("offline")));
    request.addEventListener("load", () => {
      if (!request.getResponseHeader("Content-Type")?.includes("text/html")) return failed(word("failed"));
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      if (request.status < 400) history.pushState(null, "", request.responseURL);
      document.title = page.title;
      document.body.replaceWith(document.adoptNode(page.body));
      htmx.process(document.body);
      enhance(document.body);
      if (!document.activeElement?.matches("[data-focus]")) window.scrollTo(0, 0);
    });
    window.addEventListener("popstate", () => location.reload(), { once: true });
    request.send(body);
  });
});
