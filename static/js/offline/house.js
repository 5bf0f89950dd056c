import { openStore } from "./store.js";
import { Sync, leaseLock, webLock } from "./sync.js";
import { transport } from "./transport.js";

const LOCK = "companion-outbox";
let opened = null;

/** The store and the outbox of this page, opened once. Fails where this browser keeps nothing. */
export function house() {
  opened ??= build();
  return opened;
}

/** The account that this page was drawn for; nothing on public copies and while nobody is signed in. */
export function ownerOfPage() {
  return document.querySelector("meta[name=companion-account]")?.content ?? null;
}

async function build() {
  const store = await openStore();
  const owner = await ownerFor(store);
  const sync = new Sync({ store, owner, clock: Date.now, lock: lockFor(store), send: sendFor(store), onChange: tell });
  channel?.addEventListener("message", ({ data }) => {
    if (data === "left") window.location.replace("/");
    else document.dispatchEvent(new Event("companion:outbox"));
  });
  return { store, sync, owner };
}

/** Whoever the page was drawn for; what somebody else kept here is forgotten at once. */
async function ownerFor(store) {
  const [here, known] = [ownerOfPage(), (await store.flag("owner")) ?? null];
  if (here) await keepLook(store);
  if (!here || here === known) return known;
  await store.forgetValues();
  await store.setFlag("copied_at", null);
  await store.setFlag("owner", here);
  return here;
}

/** How large this person wants the keys, at which thumb, in which colours: for our page that is the same for everyone. */
async function keepLook(store) {
  const look = { ...document.documentElement.dataset };
  if (JSON.stringify(look) !== JSON.stringify(await store.flag("look"))) await store.setFlag("look", look);
}

export function sendFor(store, opensPage = false) {
  return transport({ clock: Date.now, opensPage, onServerTime: (skewMs) => store.setFlag("skew_ms", skewMs) });
}

export function lockFor(store) {
  if (navigator.locks) return webLock(LOCK);
  const tab = crypto.randomUUID?.() ?? String(Math.random());
  return leaseLock({ clock: Date.now, take: (now, leaseMs) => store.takeLease(tab, now, leaseMs), release: () => store.releaseLease(tab) });
}

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("companion-outbox") : null;

export function tell() {
  document.dispatchEvent(new Event("companion:outbox"));
  channel?.postMessage("changed");
}

/** Somebody signed out in this tab: the others show nothing personal any more. */
export function tellLeft() {
  channel?.postMessage("left");
}

/** A random key as the server makes them: 22 characters, 128 bits. */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
