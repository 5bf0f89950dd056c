/* Keeps what is public: static files, the offline page, the emergency page and the articles.
   Pages of the cache are fetched without cookies, so nothing personal can enter it. `HOUSE` is written above this line by the
   server, and `OUTBOX`, the scripts of js/offline that send what waits: the same ones that pages use. */
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
  else if (event.request.mode === "navigate") event.respondWith(fromNetwork(event.request, url));
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

/* The pages for the time without a connection are the same for everyone and come from the phone itself. Whoever signed out
   here sees nothing personal before the server knows of it. */
async function fromNetwork(request, { pathname: path, search }) {
  const own = (path === HOUSE.offline || path.startsWith(`${HOUSE.offline}/`)) && !search;
  if (own || (!isPublic(path) && !(await hasLeft()))) return (await keptPage(HOUSE.offline)) ?? fetch(request);
  const kept = async () => (await keptPage(path)) ?? (await keptPage(HOUSE.offline));
  try {
    const response = await fetch(request);
    return (await isOurs(response)) ? response : (await kept()) ?? response;
  } catch {
    return (await kept()) ?? Response.error();
  }
}

/* The page of a hotel's network, or of a gateway whose server is away, lacks the policy that each page of ours has. Where the
   pages kept here lack it too, something on the way takes it off, and nothing can be told from it. */
async function isOurs(response) {
  const isPage = response.headers.get("Content-Type")?.startsWith("text/html");
  if (!isPage || response.headers.has("Content-Security-Policy")) return true;
  return !(await keptPage(HOUSE.offline))?.headers.has("Content-Security-Policy");
}

async function keptPage(path) {
  return (await caches.open(PAGES)).match(path);
}

/* Whether no sign-out waits to be told, or it could be told now. */
async function hasLeft() {
  let store = null;
  try {
    store = await OUTBOX.openStore();
    return await inTime(OUTBOX.finishLeaving(store));
  } catch {
    return true;
  } finally {
    store?.database.close();
  }
}

function inTime(promise) {
  return Promise.race([promise, new Promise((resolve) => { setTimeout(() => resolve(false), ANSWER_MS); })]);
}

/* The browser says that there is a connection again, also when no page is open. What could not be sent is tried later. */
self.addEventListener("sync", (event) => {
  if (event.tag === "outbox") event.waitUntil(sendWhatWaits());
});

async function sendWhatWaits() {
  const store = await OUTBOX.openStore();
  if (!(await OUTBOX.finishLeaving(store))) throw new Error("not signed out yet");
  const lock = navigator.locks ? OUTBOX.webLock("companion-outbox") : (work) => work();
  const send = OUTBOX.transport({ clock: Date.now });
  const sync = new OUTBOX.Sync({ store, send, lock, clock: Date.now });
  await sync.flush({ force: true });
  new BroadcastChannel("companion-outbox").postMessage("changed");
  const waits = (await store.entries()).some((entry) => entry.state === OUTBOX.WAITING);
  if (waits && !sync.needsSignIn) throw new Error("some still wait");
}

/* A page says where it is and in which language: then its public copy, and the two that are always needed, are kept in that language. */
self.addEventListener("message", (event) => {
  const { visited, language, activate, articles } = event.data ?? {};
  if (activate === true) event.waitUntil(self.skipWaiting());
  if (articles === true && typeof language === "string") event.waitUntil(keepArticles(language).catch(() => {}));
  if (typeof visited !== "string" || typeof language !== "string") return;
  const paths = isPublic(visited) ? [visited, ...ALWAYS] : ALWAYS;
  event.waitUntil(Promise.allSettled(paths.map((path) => keepOnce(path, language))));
});

function isPublic(path) {
  return HOUSE.public.some((root) => path === root || path.startsWith(`${root}/`));
}

/* All of them, so that one that was never opened is there in a lift too; one after the other, on a line that others need. */
async function keepArticles(language) {
  await keepOnce(HOUSE.articles, language);
  const list = await (await keptPage(HOUSE.articles)).text();
  const paths = [...list.matchAll(/href="([^"?#]+)"/g)].map(([, path]) => path).filter((path) => path.startsWith(`${HOUSE.articles}/`));
  for (const path of new Set(paths)) await keepOnce(path, language);
}

async function keepOnce(path, language) {
  const pages = await caches.open(PAGES);
  const kept = await pages.match(path);
  if (kept?.headers.get("X-Kept") !== stamp(language)) await keep(path, language);
}

async function keep(path, language) {
  const response = await fetch(path, { credentials: "omit", redirect: "error", headers: { "Accept-Language": language, Accept: "text/html" } });
  if (!response.ok || !(await isOurs(response))) throw new Error(`${path}: ${response.status}`);
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

/* Messages. A phone may take the permission back from a worker that shows nothing, so something is shown for each one,
   also when it cannot be read. What was shown is then told to the server, without cookies: a service that takes a
   message over does not know whether anybody sees it. */
const ACK_AGAIN_MS = 3000;
const ANSWER_MS = 4000;

self.addEventListener("push", (event) => {
  event.waitUntil(showAndTell(event));
});

async function showAndTell(event) {
  const message = messageOf(event);
  try {
    await self.registration.showNotification(message.title, message.options);
  } catch {
    await self.registration.showNotification(message.title, { tag: message.options.tag, data: message.options.data });
  }
  if (message.ack) await acknowledge(message.ack);
}

/* Browsers that read the message themselves hand it over as `event.notification`. */
function messageOf(event) {
  let given = null;
  try {
    given = event.data.json().notification;
  } catch {
    given = event.notification ?? null;
  }
  if (typeof given?.title !== "string" || given.title === "") given = { title: wordsIn(navigator.language).reminder };
  const { title, body, lang, tag } = given;
  const data = given.data ?? {};
  const actions = Array.isArray(given.actions) ? given.actions.map(({ action, title: word }) => ({ action, title: word })) : [];
  const shown = { body, lang, tag, actions, icon: HOUSE.icon, data: { navigate: given.navigate ?? data.navigate, lang } };
  return { title, ack: typeof data.ack === "string" ? data.ack : "", options: present(shown) };
}

function present(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null));
}

function wordsIn(lang) {
  return HOUSE.words[String(lang ?? "").startsWith("zh") ? "zh" : "en"];
}

async function acknowledge(ack) {
  if (await told(ack)) return;
  await new Promise((resolve) => { setTimeout(resolve, ACK_AGAIN_MS); });
  await told(ack);
}

async function told(ack) {
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(HOUSE.ack, { method: "POST", credentials: "omit", headers, body: JSON.stringify({ ack }) });
    return response.ok;
  } catch {
    return false;
  }
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(follow(event.notification, event.action));
});

async function follow(notification, action) {
  const page = ownPage(notification.data?.navigate);
  if (action === "done" && isAnswer(page) && (await sayDone(notification, page))) return;
  if (action === "later" && isAnswer(page)) page.searchParams.set("step", "later");
  try {
    await open(page.href);
  } catch {
    await say(notification, wordsIn(notification.lang).unsaved, page.href);
  }
}

/* An address elsewhere leads home instead. */
function ownPage(address) {
  const home = new URL("/", self.location.origin);
  try {
    const page = new URL(address ?? "/", home);
    return page.origin === home.origin ? page : home;
  } catch {
    return home;
  }
}

function isAnswer(page) {
  return page.pathname.startsWith(HOUSE.answers);
}

/* The page of an answer says in its address which change it shows; without one nothing was saved, and the page tells why. */
async function sayDone(notification, page) {
  try {
    const body = new URLSearchParams({ answer: "done" });
    const response = await fetch(page.pathname, { method: "POST", credentials: "omit", body, signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok || !new URL(response.url).searchParams.has("change")) return false;
    await say(notification, wordsIn(notification.lang).saved, response.url);
    return true;
  } catch {
    return false;
  }
}

function say(notification, title, navigate) {
  const { lang, tag } = notification;
  return self.registration.showNotification(title, present({ lang, tag: tag || undefined, icon: HOUSE.icon, data: { navigate, lang } }));
}

async function open(address) {
  const windows = await self.clients.matchAll({ type: "window" });
  const shown = windows.find((one) => one.url === address);
  return shown ? shown.focus() : self.clients.openWindow(address);
}

/* The browser has a new address. It proves itself by its old one where the session is over. */
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event.oldSubscription?.toJSON(), event.newSubscription));
});

async function renew(old, given) {
  const { key } = await (await fetch(HOUSE.pushKey, { credentials: "omit" })).json();
  const fresh = given ?? (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) }));
  const { endpoint, keys } = fresh.toJSON();
  const proof = old && { endpoint: old.endpoint, auth: old.keys?.auth };
  const body = JSON.stringify({ endpoint, p256dh: keys.p256dh, auth: keys.auth, vapid_public: key, old: proof });
  await fetch(HOUSE.renewals, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body });
}

function bytes(base64url) {
  const letters = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}
