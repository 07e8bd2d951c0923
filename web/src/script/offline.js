// The app outside a page of the server: the worker that keeps an offline page,
// and that page, which shows what is still to be saved.
import { make, onEach } from "./page.js";
import { drafts } from "./drafts.js";

const texts = {
  "zh-Hans": ["网络不通", "现在连不上服务器。您写的内容都在本机，联网后自动上传。", "再试一次", "还没有保存的草稿"],
  "zh-Hant": ["網絡不通", "現在連不上伺服器。您寫的內容都在本機，聯網後自動上傳。", "再試一次", "還沒有保存的草稿"],
  en: ["No network", "The server cannot be reached now. What you wrote is on this device and is sent as soon as there is a network.", "Try again", "Drafts not saved yet"],
};

onEach("body:not([data-offline])", () => {
  try {
    localStorage.setItem("lang", document.documentElement.lang);
  } catch {
    // storage is forbidden: the offline page will be in Chinese
  }
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {}); // comfort only
});

onEach("body[data-offline]", (body) => {
  let lang = "zh-Hans";
  try {
    lang = localStorage.getItem("lang") || lang;
  } catch {
    // storage is forbidden: Chinese then
  }
  const [title, text, again, unsaved] = texts[lang] || texts["zh-Hans"];
  document.documentElement.lang = lang;
  document.title = title;
  body.querySelector("[data-offline-title]").textContent = title;
  body.querySelector("[data-offline-text]").textContent = text;
  body.querySelector("[data-offline-again]").textContent = again;
  const open = drafts().filter((d) => !d.saved);
  if (open.length) {
    const list = make("ul", {}, ...open.map((d) => make("li", {}, `${d.title || d.path}（${new Date(d.at).toLocaleString(lang)}）`)));
    body.querySelector("[data-drafts]").append(make("h2", {}, unsaved), list);
  }
  window.addEventListener("online", () => location.reload());
});
