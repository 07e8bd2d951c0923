// What makes the pages comfortable. Everything works without it.
import htmx from "htmx.org";
import { enhance } from "./page.js";
import "./ago.js";
import "./autosave.js";
import "./bulk.js";
import "./confirm.js";
import "./count.js";
import "./drop.js";
import "./each.js";
import "./failed.js";
import "./keys.js";
import "./offline.js";
import "./pick.js";
import "./preferences.js";
import "./reading.js";
import "./redact.js";
import "./show.js";
import "./submit.js";
import "./suggest.js";
import "./upload.js";

htmx.onLoad((root) => enhance(root));
