// How an entry travels: the same POST to the same route as its form, once per key. What comes back is told, not judged.
const PATIENCE_MS = 20_000;

/**
 * @param {{clock: () => number, onServerTime?: (skewMs: number) => void, opensPage?: boolean}} settings
 * @returns {(entry: import("./outbox.js").Entry) => Promise<import("./outbox.js").Answer>}
 */
export function transport({ clock, onServerTime = () => {}, opensPage = false }) {
  return async (entry) => {
    const sentAt = clock();
    const headers = { Accept: "application/json", "X-Sent-At": String(Math.round(sentAt)), "X-Account": entry.owner };
    if (opensPage) headers["X-Opens-Page"] = "1";
    const answer = await post(entry.route, new URLSearchParams(entry.fields), headers);
    const skewMs = answer?.json ? serverTime(answer, sentAt, clock()) : null;
    if (skewMs !== null) onServerTime(skewMs);
    return answer;
  };
}

/** One POST; null where nothing comes back in time. Only JSON is read: any other page counts as no words at all. */
export async function post(address, body, headers) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), PATIENCE_MS);
  try {
    const response = await fetch(address, { method: "POST", body, headers, redirect: "manual", credentials: "same-origin", signal: control.signal });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    const retryAfterMs = 1000 * Number(response.headers.get("Retry-After") ?? 0) || 0;
    return { status: response.status, date: response.headers.get("Date"), retryAfterMs, json: isJson ? await response.json() : null };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** How far the server is ahead of this device, from the date of an answer. */
export function serverTime({ date }, sentAt, receivedAt) {
  const told = Date.parse(date ?? "");
  return Number.isFinite(told) ? Math.round(told + 500 - (sentAt + receivedAt) / 2) : null;
}
