// Builds web/dist: one style sheet, one script, one sprite of icons, and what
// makes the pages an app that can be installed. Run by `npm run build`.
//
// What no page uses is left out: classes and icons are looked for in the
// templates and Go files, so build again after using a new one.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import postcss from "postcss";
import { PurgeCSS } from "purgecss";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const internal = join(here, "..", "internal");
// Browsers of office machines that get no updates any more.
const target = ["chrome86", "firefox91", "safari14.1"];

/** sources returns the texts of the templates and Go files, without generated files. */
function sources() {
  return readdirSync(internal, { recursive: true })
    .filter((name) => /\.(templ|go)$/.test(name) && !/_templ\.go$/.test(name))
    .map((name) => ({ name, raw: readFileSync(join(internal, name), "utf8") }));
}

/** followSystem repeats the dark rules for data-bs-theme="auto" where the device is dark. */
const followSystem = {
  postcssPlugin: "follow-system",
  OnceExit(root, { AtRule }) {
    const media = new AtRule({ name: "media", params: "(prefers-color-scheme: dark)" });
    root.walkRules((rule) => {
      const dark = rule.selectors.filter((s) => s.includes("[data-bs-theme=dark]"));
      if (dark.length === 0 || rule.parent.type !== "root") return;
      media.append(rule.clone({ selectors: dark.map((s) => s.replaceAll("[data-bs-theme=dark]", "[data-bs-theme=auto]")) }));
    });
    root.append(media);
  },
};

async function styles(texts) {
  const { css } = sass.compile(join(here, "src/style/app.scss"), {
    loadPaths: [join(here, "node_modules")],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
  });
  // Attribute values lose their quotes first, so that one pattern finds them.
  const plain = css.replace(/\[data-bs-theme="(\w+)"\]/g, "[data-bs-theme=$1]");
  const themed = await postcss([followSystem]).process(plain, { from: undefined });
  const scripts = readdirSync(join(here, "src/script")).map((name) => ({ raw: readFileSync(join(here, "src/script", name), "utf8"), extension: "js" }));
  const [purged] = await new PurgeCSS().purge({
    css: [{ raw: themed.css }],
    content: [...texts.map(({ raw }) => ({ raw, extension: "go" })), ...scripts, { raw: readFileSync(join(here, "src/static/offline.html"), "utf8"), extension: "html" }],
    // Classes that are put together from a kind's name.
    safelist: { standard: [/^(badge|alert|history|clock|bar|stat|chart)-/, "html", "body"], variables: [] },
    dynamicAttributes: ["data-bs-theme", "data-size", "aria-current", "aria-sort", "aria-pressed", "aria-selected", "aria-busy", "open", "hidden", "type"],
    variables: true,
    keyframes: true,
  });
  return (await esbuild.transform(purged.css, { loader: "css", minify: true, target })).code;
}

async function script() {
  const out = await esbuild.build({
    entryPoints: [join(here, "src/script/main.js")],
    bundle: true,
    minify: true,
    format: "iife",
    target,
    write: false,
    legalComments: "none",
  });
  return out.outputFiles[0].text;
}

/** icons makes the sprite of every icon whose name stands in a source as a literal. */
function icons(texts) {
  const folder = join(here, "node_modules/@tabler/icons/icons/outline");
  const known = new Set(readdirSync(folder).map((name) => name.replace(/\.svg$/, "")));
  const used = new Set();
  for (const { name, raw } of texts) {
    for (const [, icon] of raw.matchAll(/"([a-z][a-z0-9-]*)"/g)) if (known.has(icon)) used.add(icon);
    for (const [, icon] of raw.matchAll(/\bIcon(?:\(|:\s*)"([a-z0-9-]+)"/g)) {
      if (!known.has(icon)) throw new Error(`${name}: there is no icon "${icon}" in @tabler/icons`);
    }
  }
  const symbols = [...used].sort().map((icon) => {
    const svg = readFileSync(join(folder, `${icon}.svg`), "utf8").replace(/<!--[^]*?-->/g, "");
    const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="${icon}" viewBox="0 0 24 24" stroke-linecap="round" stroke-linejoin="round">${body.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  return { count: symbols.length, svg: `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>` };
}

/** address is what the Go side makes of a file: see URL in assets.go. */
const address = (name, text) => `/assets/${createHash("sha256").update(text).digest("hex").slice(0, 12)}/${name}`;

const texts = sources();
const sprite = icons(texts);
const files = {
  "app.css": await styles(texts),
  "app.js": await script(),
  "icons.svg": sprite.svg,
  "mark.svg": readFileSync(join(here, "src/static/mark.svg"), "utf8"),
};
const urls = () => Object.fromEntries(Object.entries(files).map(([name, text]) => [name, address(name, text)]));
/** fill replaces {{name}} by the address of a file built before. */
const fill = (name) => readFileSync(join(here, "src/static", name), "utf8").replace(/\{\{([\w.]+)\}\}/g, (_, file) => {
  const url = urls()[file];
  if (!url) throw new Error(`${name}: nothing called ${file} was built`);
  return url;
});
files["app.webmanifest"] = fill("app.webmanifest");
files["offline.html"] = fill("offline.html");
files["sw.js"] = fill("sw.js");

mkdirSync(dist, { recursive: true });
for (const old of readdirSync(dist)) if (old !== ".keep") rmSync(join(dist, old), { recursive: true });
let first = 0;
for (const [name, text] of Object.entries(files)) {
  const bytes = Buffer.from(text);
  writeFileSync(join(dist, name), bytes);
  if (bytes.length > 1024) {
    writeFileSync(join(dist, `${name}.br`), brotliCompressSync(bytes));
    writeFileSync(join(dist, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
  const packed = gzipSync(bytes, { level: 9 }).length;
  if (/^(app\.(css|js)|icons\.svg|mark\.svg)$/.test(name)) first += packed;
  console.log(`${name.padEnd(16)} ${String(bytes.length).padStart(8)} bytes ${String(packed).padStart(7)} compressed`);
}
console.log(`${sprite.count} icons; a first page loads ${(first / 1024).toFixed(1)} KB besides its HTML`);
if (first > 120 * 1024) throw new Error("a first page must stay under 150 KB: the assets alone are over 120 KB");
