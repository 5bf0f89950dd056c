import { SENDING } from "./outbox.js";
import { serverTime } from "./transport.js";
import { picked } from "./tree.js";

const FRESH_MS = 10 * 60_000;
const PATIENCE_MS = 20_000;
const NEW = "/check-ins/new";
export const PARTS = { movements: "/check-ins/movements", daily_hands: "/check-ins/daily-hands", tapping: "/check-ins/tapping" };
const OLDEST_MS = 30 * 24 * 3_600_000;

/**
 * A circle that takes no check-ins from this reader any more: what waited for it goes. What is under way is answered first.
 * Gives how many went. @param {string} owner @param {string[] | undefined} writes the circles that still do
 */
async function dropClosed(store, owner, writes) {
  if (!writes) return 0;
  const isClosed = (entry) => {
    const circle = entry.fields.find(([name]) => name === "circle")?.[1];
    return entry.owner === owner && entry.state !== SENDING && circle !== undefined && !writes.includes(circle);
  };
  let gone = 0;
  for (const { id } of (await store.entries()).filter(isClosed)) {
    await store.update(id, (entry) => {
      const goes = Boolean(entry) && isClosed(entry);
      gone += goes ? 1 : 0;
      return goes ? null : undefined;
    });
  }
  return gone;
}

/** Fetches the small copy of what this reader may see, and the check-in forms as the server draws them, for later. */
export async function refreshCopy(store, owner, { clock = Date.now, always = false, page = "", onForgotten = () => {}, onClosed = () => {} } = {}) {
  const drawnBy = `${owner} ${page} ${import.meta.url}`;
  if ((await store.flag("drawn_by")) !== drawnBy) {
    await store.setFlag("etag", null);
    await store.setFlag("copied_at", null);
  }
  const copiedAt = (await store.flag("copied_at")) ?? 0;
  const age = clock() - copiedAt;
  if (!always && age >= 0 && age < FRESH_MS) return;
  const sentAt = clock();
  const headers = { Accept: "application/json" };
  const etag = await store.flag("etag");
  if (etag) headers["If-None-Match"] = etag;
  const sent = (await store.remembered()).map((one) => one.id).join(",");
  const response = await fetch(`/offline/snapshot${sent && `?sent=${encodeURIComponent(sent)}`}`, { headers, credentials: "same-origin", cache: "no-store", redirect: "error" });
  if (response.status === 304) {
    const same = await store.value("copy");
    if (same) await store.setValue("copy", { ...same, keptAt: clock() });
    onClosed(await dropClosed(store, owner, same?.writes));
    return void (await store.setFlag("copied_at", clock()));
  }
  if (!response.ok || !response.headers.get("Content-Type")?.startsWith("application/json")) return;
  const { seal, forgotten, ...copy } = await response.json();
  if (copy.account !== owner) return;
  const skewMs = serverTime({ date: response.headers.get("Date") }, sentAt, clock());
  if (skewMs !== null) await store.setFlag("skew_ms", skewMs);
  if (!copy.keeps) return void (await store.forgetValues());
  if (seal) await store.learnSeal(owner, seal);
  if (forgotten?.length) await onForgotten(forgotten);
  const writing = copy.circles.filter((one) => one.rights.includes("write_check_ins"));
  const forms = await Promise.all(writing.map(async ({ id }) => [id, await formOf(NEW, id, owner)]));
  const { parts: known, partsBy } = (await store.value("copy")) ?? {};
  const parts = Object.fromEntries(Object.entries(known ?? {}).filter(([id]) => writing.some((one) => one.id === id)));
  await store.setValue("copy", { ...copy, keptAt: clock(), forms: Object.fromEntries(forms.filter(([, form]) => form)), parts, partsBy });
  await store.setFlag("lock_minutes", copy.lock_minutes ?? null);
  await store.setFlag("drawn_by", drawnBy);
  await store.setFlag("etag", response.headers.get("ETag"));
  await store.setFlag("copied_at", clock());
  onClosed(await dropClosed(store, owner, copy.writes));
}

/**
 * The forms that are asked for now and then, with the keys below them. They change with the day and the settings alone, and
 * nobody waits for them: so they come later than the rest, and once a day.
 */
export async function refreshParts(store, owner, { clock = Date.now, page = "" } = {}) {
  const copy = await store.value("copy");
  const wanted = (copy?.circles ?? []).flatMap((one) => (one.parts ?? []).filter((part) => PARTS[part]).map((part) => [one.id, part]));
  const partsBy = JSON.stringify([owner, page, import.meta.url, new Date(clock()).toDateString(), wanted]);
  if (!copy || copy.partsBy === partsBy) return;
  const parts = {};
  for (const [circle, part] of wanted) (parts[circle] ??= {})[part] = await formOf(PARTS[part], circle, owner);
  const isWhole = wanted.every(([circle, part]) => parts[circle][part]);
  const now = await store.value("copy");
  if (now && (await store.flag("owner")) === owner) await store.setValue("copy", { ...now, parts, partsBy: isWhole ? partsBy : null });
}

/** The copy, unless nobody has come by for a month. */
export async function keptCopy(store, clock = Date.now) {
  const copy = await store.value("copy");
  if (copy && clock() - copy.keptAt > OLDEST_MS) return null;
  return copy;
}

/** An empty form of one circle, and the keys below it: a document that XMLHttpRequest reads runs no script. */
async function formOf(path, circle, owner) {
  try {
    const page = await documentAt(`${path}?circle=${encodeURIComponent(circle)}`);
    const isOurs = page?.querySelector("meta[name=companion-account]")?.content === owner;
    const form = isOurs && page.querySelector("main form[id][data-module~=queue]");
    if (!form) return null;
    return path === NEW ? picked(form) : { form: picked(form), dock: picked(page.querySelector(".dock")) };
  } catch {
    return null;
  }
}

function documentAt(address) {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("GET", address);
    asked.setRequestHeader("X-Form-Only", "1");
    asked.responseType = "document";
    asked.timeout = PATIENCE_MS;
    asked.onload = () => resolve(asked.status === 200 ? asked.response : null);
    asked.onerror = asked.ontimeout = () => reject(new Error("no answer"));
    asked.send();
  });
}
