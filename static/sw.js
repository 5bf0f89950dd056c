/* Keeps what is public: static files, the offline page, the emergency page and the articles that were read.
   Pages of the cache are fetched without cookies, so nothing personal can enter it. `HOUSE` is written above this line by the server. */
"use strict";

const FILES = `files-${HOUSE.version}`;
const PAGES = "pages";
const ALWAYS = [HOUSE.offline, HOUSE.emergency];

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

async function install() {
  const files = await caches.open(FILES);
  await files.addAll(HOUSE.files);
  await Promise.all(ALWAYS.map((path) => keep(path, navigator.language)));
  await self.skipWaiting();
}

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldFiles());
});

async function forgetOldFiles() {
  await refreshPages();
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== FILES && name !== PAGES).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/* A page of the last version names files that are about to go. */
async function refreshPages() {
  const pages = await caches.open(PAGES);
  const requests = await pages.keys();
  await Promise.allSettled(requests.map(async (request) => {
    const kept = await pages.match(request);
    await keepOnce(new URL(request.url).pathname, kept.headers.get("X-Kept").split(" ")[1]);
  }));
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith(HOUSE.static)) event.respondWith(fromCache(event.request));
  else if (event.request.mode === "navigate") event.respondWith(fromNetwork(event.request, url.pathname));
});

async function fromCache(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) {
    const files = await caches.open(FILES);
    await files.put(request, response.clone());
  }
  return response;
}

async function fromNetwork(request, path) {
  try {
    return await fetch(request);
  } catch {
    const pages = await caches.open(PAGES);
    return (await pages.match(path)) ?? (await pages.match(HOUSE.offline)) ?? Response.error();
  }
}

/* A page says where it is and in which language: then its public copy, and the two that are always needed, are kept in that language. */
self.addEventListener("message", (event) => {
  const { visited, language } = event.data ?? {};
  if (typeof visited !== "string" || typeof language !== "string") return;
  const paths = isPublic(visited) ? [visited, ...ALWAYS] : ALWAYS;
  event.waitUntil(Promise.allSettled(paths.map((path) => keepOnce(path, language))));
});

function isPublic(path) {
  return HOUSE.public.some((root) => path === root || path.startsWith(`${root}/`));
}

async function keepOnce(path, language) {
  const pages = await caches.open(PAGES);
  const kept = await pages.match(path);
  if (kept?.headers.get("X-Kept") !== stamp(language)) await keep(path, language);
}

async function keep(path, language) {
  const response = await fetch(path, { credentials: "omit", redirect: "error", headers: { "Accept-Language": language, Accept: "text/html" } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const headers = new Headers({ "Content-Type": "text/html; charset=utf-8", "X-Kept": stamp(language) });
  for (const name of ["Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"]) {
    if (response.headers.has(name)) headers.set(name, response.headers.get(name));
  }
  const pages = await caches.open(PAGES);
  await pages.put(path, new Response(await response.blob(), { headers }));
}

function stamp(language) {
  return `${HOUSE.version} ${language}`;
}
