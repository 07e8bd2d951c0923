// Texts that are being written, kept in the browser until the server has them.
// One entry per form and person: {path, title, fields, version, at, saved, sent}.
const prefix = "draft|";
const owner = () => document.body.dataset.person || "";

/** draftKey names the entry of a form. */
export const draftKey = (url) => prefix + owner() + "|" + url;

export function readDraft(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null; // storage is forbidden or the entry is broken: as if there were none
  }
}

/** writeDraft reports whether the browser took the text. */
export function writeDraft(key, entry) {
  try {
    localStorage.setItem(key, JSON.stringify(entry));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // storage is forbidden: there is nothing to drop
  }
}

/** drafts lists the entries of this person, all of them where nobody is known. */
export function drafts() {
  const found = [];
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i);
      if (!key.startsWith(prefix + (owner() ? owner() + "|" : ""))) continue;
      const entry = readDraft(key);
      if (entry) found.push({ key, ...entry });
    }
  } catch {
    // storage is forbidden: there are none
  }
  return found;
}
