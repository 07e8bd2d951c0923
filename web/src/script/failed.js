// What a part of a page asked for and did not get is said aloud: the page itself
// does not change.
import { toast, word } from "./page.js";

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.requestConfig?.verb === "get") return; // a part that asks by itself tries again
  let said = "";
  try {
    said = JSON.parse(event.detail.xhr.responseText).detail;
  } catch {
    // No problem+json: a proxy answered.
  }
  toast(said || word("failed"));
});
document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.requestConfig?.verb !== "get") toast(word("offline"));
});
