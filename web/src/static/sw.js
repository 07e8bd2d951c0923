// Keeps styles, script and one page for when there is no network. Pages
// themselves are never kept: they are for the person who is signed in only.
const cacheName = "shell-{{app.css}}{{app.js}}{{icons.svg}}";
const shell = ["{{app.css}}", "{{app.js}}", "{{icons.svg}}", "{{mark.svg}}", "{{offline.html}}"];
const offline = "{{offline.html}}";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(shell)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (shell.includes(url.pathname)) {
    event.respondWith(caches.match(request.url).then((kept) => kept || fetch(request)));
  } else if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(offline)));
  }
});
