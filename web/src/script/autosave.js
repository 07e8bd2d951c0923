// Forms that save themselves: at once in the browser, after a pause on the
// server. The server answers a save with JSON {version, url?, action?, path?};
// a 409 with {version, fields?} of what someone else wrote.
import { ask, make, newKey, onEach, toast, word } from "./page.js";
import { draftKey, drafts, dropDraft, readDraft, writeDraft } from "./drafts.js";

const pause = 1500;
const again = 15000;
// Not what a person writes: set by the server for each page.
const technical = new Set(["request_key", "version"]);

/** fieldsOf reads what was typed, as {name: [values]}. */
function fieldsOf(form) {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !technical.has(name)) (fields[name] ||= []).push(value);
  }
  return fields;
}

/** fillIn writes fields back into the form. */
function fillIn(form, fields) {
  for (const element of form.elements) {
    if (!element.name || technical.has(element.name) || ["file", "password", "submit", "button"].includes(element.type)) continue;
    const values = fields[element.name] || [];
    if (element.type === "checkbox" || element.type === "radio") element.checked = values.includes(element.value);
    else if (element.tagName === "SELECT" && element.multiple) for (const o of element.options) o.selected = values.includes(o.value);
    else if (values.length) element.value = values[0];
    element.dispatchEvent(new Event("change", { bubbles: true }));
    element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const clock = () => new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

onEach("form[data-autosave]", (form) => {
  let url = form.dataset.autosave;
  let key = draftKey(url);
  let timer = 0;
  let running = false;
  let stopped = false;
  let sending = null; // the button of a form that waits for a save on its way
  const state = form.querySelector("[data-save-state]") || form.appendChild(make("p", { class: "save-state", role: "status" }));
  const version = () => form.elements.version?.value || "";
  let served = fieldsOf(form);

  const say = (text, bad, ...more) => {
    state.classList.toggle("bad", Boolean(bad));
    state.replaceChildren(text, ...more);
  };
  const keep = (saved) => writeDraft(key, {
    path: location.pathname + location.search,
    title: form.querySelector("[name=title]")?.value || document.querySelector("h1")?.textContent || "",
    fields: fieldsOf(form), version: version(), at: Date.now(), saved,
  });
  const later = (ms) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, ms);
  };

  async function save() {
    if (running) return later(pause);
    const sent = fieldsOf(form);
    const body = new URLSearchParams();
    for (const [name, values] of Object.entries(sent)) for (const v of values) body.append(name, v);
    body.set("version", version());
    body.set("request_key", newKey());
    running = true;
    say(word("saving"));
    try {
      const answer = await fetch(url, { method: "POST", body, redirect: "manual", headers: { Accept: "application/json", "X-Autosave": "1" } });
      if (answer.type === "opaqueredirect" || answer.status === 401) return lost();
      const data = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
      if (answer.status === 409) return await conflict(data, sent);
      if (!answer.ok) return say(data.detail || word("failed"), true);
      adopt(data);
      const rest = fieldsOf(form);
      keep(same(rest, sent));
      say(`${word("saved")} ${clock()}`);
      if (!same(rest, sent)) later(pause);
    } catch {
      say(word("savedHere"), true);
      later(again);
    } finally {
      running = false;
      const button = sending;
      sending = null;
      if (button) form.requestSubmit(button);
    }
  }

  /** adopt takes over what the server says about the draft: a new one has got its own address. */
  function adopt(data) {
    if (data.version && form.elements.version) form.elements.version.value = data.version;
    else if (data.version) form.append(make("input", { type: "hidden", name: "version", value: data.version }));
    if (data.action) form.action = data.action;
    if (data.path) history.replaceState(null, "", data.path);
    if (data.url && data.url !== url) {
      dropDraft(key);
      url = data.url;
      key = draftKey(url);
    }
  }

  function lost() {
    stopped = true;
    say(word("signedOut"), true, " ", make("a", { href: `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}` }, word("signIn")));
  }

  /** conflict shows both texts; nothing is thrown away before the person chose. */
  async function conflict(data, mine) {
    stopped = true;
    sending = null;
    clearTimeout(timer);
    say(word("conflict"), true);
    const theirs = data.fields || {};
    const content = make("div", {}, make("h2", {}, word("conflict")));
    for (const name of Object.keys(theirs)) {
      const other = [].concat(theirs[name]);
      if (same(other, mine[name] || [])) continue;
      content.append(make("div", { class: "two-texts" },
        make("div", {}, make("strong", {}, word("mine")), make("pre", {}, (mine[name] || []).join("\n"))),
        make("div", {}, make("strong", {}, word("theirs")), make("pre", {}, other.join("\n")))));
    }
    const choice = await ask(content, [["theirs", word("theirs")], ["mine", word("mine"), "btn-primary"]]);
    if (choice === "mine" && data.version) {
      adopt({ version: data.version });
      stopped = false;
      later(0);
    } else if (choice === "theirs") {
      if (data.fields) {
        fillIn(form, Object.fromEntries(Object.entries(theirs).map(([name, value]) => [name, [].concat(value)])));
        adopt({ version: data.version });
        keep(true);
        stopped = false;
        say("");
      } else {
        window.open(location.href, "_blank");
      }
    }
  }

  form.addEventListener("input", () => {
    if (!keep(false)) say("");
    if (!stopped) later(pause);
  });
  form.addEventListener("change", () => { keep(false); later(pause); });
  window.addEventListener("online", () => { if (readDraft(key)?.saved === false) later(0); });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (running && event.submitter) { // its answer brings the version that this sending builds on
      event.preventDefault();
      event.stopImmediatePropagation();
      sending = event.submitter;
      return;
    }
    stopped = true;
    const entry = readDraft(key);
    if (entry) writeDraft(key, { ...entry, fields: fieldsOf(form), sent: true });
  });

  const entry = readDraft(key);
  if (entry && !entry.saved && !same(entry.fields, served)) {
    if (entry.version && version() && entry.version !== version()) {
      const other = Object.fromEntries(Object.entries(served).filter(([name]) => !same(served[name], entry.fields[name])));
      fillIn(form, entry.fields);
      conflict({ version: version(), fields: other }, entry.fields);
    } else {
      const before = served;
      fillIn(form, entry.fields);
      const undo = make("button", { class: "btn btn-sm", type: "button" }, word("discard"));
      undo.addEventListener("click", () => { fillIn(form, before); dropDraft(key); say(""); });
      say(word("restored"), false, " ", undo);
      later(pause);
    }
  }
});

// What was sent is dropped once another page of the signed-in person came back;
// the sign-in page instead means that it did not arrive.
onEach("body", (body) => {
  const here = new Set([...document.querySelectorAll("form[data-autosave]")].map((f) => draftKey(f.dataset.autosave)));
  const signedIn = "signedIn" in body.dataset;
  for (const entry of drafts()) {
    if (here.has(entry.key)) continue;
    const { key, ...rest } = entry;
    if (entry.sent && signedIn) dropDraft(key);
    else if (entry.sent) writeDraft(key, { ...rest, sent: false, saved: false });
    else if (entry.saved && Date.now() - entry.at > 7 * 86400e3) dropDraft(key);
    else if (!entry.saved && signedIn && entry.path !== location.pathname + location.search) {
      toast(`${word("unsaved")}：${entry.title}`, { label: word("keyOpen"), run: () => location.assign(entry.path) });
    }
  }
});

// Leaving for good: what the server has need not stay on this machine.
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action") !== "/sign-out") return;
  for (const entry of drafts()) if (entry.saved) dropDraft(entry.key);
});
