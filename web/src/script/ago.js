// Beside an instant: how long ago it is, in the page's language.
import { onEach } from "./page.js";

const units = [["day", 86400], ["hour", 3600], ["minute", 60]];

onEach("time[data-ago]", (time) => {
  const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) || ["second", 1];
  if (!(Math.abs(seconds) < 31 * 86400)) return;
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const span = document.createElement("span");
  span.className = "ago";
  span.textContent = unit === "second" ? format.format(0, "second") : format.format(Math.round(seconds / size), unit);
  time.after(span);
});
