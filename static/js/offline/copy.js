import { serverTime } from "./transport.js";
import { picked } from "./tree.js";

const FRESH_MS = 10 * 60_000;
const PATIENCE_MS = 20_000;
const OLDEST_MS = 30 * 24 * 3_600_000;

/** Fetches the small copy of what this reader may see, and the check-in forms as the server draws them, for later. */
export async function refreshCopy(store, owner, { clock = Date.now, always = false, page = "" } = {}) {
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
  const response = await fetch("/offline/snapshot", { headers, credentials: "same-origin", cache: "no-store", redirect: "error" });
  if (response.status === 304) return void (await store.setFlag("copied_at", clock()));
  if (!response.ok || !response.headers.get("Content-Type")?.startsWith("application/json")) return;
  const { seal, ...copy } = await response.json();
  if (copy.account !== owner) return;
  const skewMs = serverTime({ date: response.headers.get("Date") }, sentAt, clock());
  if (skewMs !== null) await store.setFlag("skew_ms", skewMs);
  if (!copy.keeps) return void (await store.forgetValues());
  if (seal) await store.learnSeal(owner, seal);
  const forms = await Promise.all(copy.circles.filter((one) => one.rights.includes("write_check_ins")).map((one) => formOf(one.id, owner)));
  await store.setValue("copy", { ...copy, keptAt: clock(), forms: Object.fromEntries(forms.filter(Boolean)) });
  await store.setFlag("drawn_by", drawnBy);
  await store.setFlag("etag", response.headers.get("ETag"));
  await store.setFlag("copied_at", clock());
}

/** The copy, unless nobody has come by for a month. */
export async function keptCopy(store, clock = Date.now) {
  const copy = await store.value("copy");
  if (copy && clock() - copy.keptAt > OLDEST_MS) return null;
  return copy;
}

/** The empty form of one circle: a document that XMLHttpRequest reads runs no script. */
async function formOf(circle, owner) {
  try {
    const page = await documentAt(`/check-ins/new?circle=${encodeURIComponent(circle)}`);
    const isOurs = page?.querySelector("meta[name=companion-account]")?.content === owner;
    const form = isOurs && page.querySelector("form#check-in[data-module~=queue]");
    return form ? [circle, picked(form)] : null;
  } catch {
    return null;
  }
}

function documentAt(address) {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("GET", address);
    asked.responseType = "document";
    asked.timeout = PATIENCE_MS;
    asked.onload = () => resolve(asked.status === 200 ? asked.response : null);
    asked.onerror = asked.ontimeout = () => reject(new Error("no answer"));
    asked.send();
  });
}
