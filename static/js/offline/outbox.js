// What was entered and is not on the server yet. Pure: values in, values out; no clock, no storage, no network.
export const WAITING = "waiting";
export const SENDING = "sending";
export const REJECTED = "rejected";

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
const SIGN_IN_PAUSE_MS = 60_000;
const MOST_STUMBLES = 6;

/**
 * @typedef {{id: string, order: number, owner: string, route: string, fields: [string, string][], recordedAt: number,
 *   state: string, version: number, tries: number, stumbles: number, notBefore: number, words: string[], reason: string | null,
 *   madeFrom?: string}} Entry   madeFrom: the version that the server has, where a change met another one
 * @typedef {{status: number, json: any, retryAfterMs?: number} | null} Answer   what came back; null: nothing came
 * @typedef {{kind: "accepted" | "rejected" | "later" | "sign-in", words?: string[], reason?: string | null, madeFrom?: string, waitMs?: number,
 *   stop?: boolean, stumbled?: boolean}} Verdict   stumbled: our server failed on this very entry
 */

/** One entry as it is kept. The fields say when it was made and how wrong the clock was known to be, and never change by sending. */
export function newEntry({ id, order, owner, route, fields, recordedAt, skewMs = null }) {
  const said = fields.filter(([name]) => !CLOCK_FIELDS.has(name));
  const clock = [["client_id", id], ["recorded_at", String(Math.round(recordedAt))]];
  if (skewMs !== null) clock.push(["clock_skew_ms", String(Math.round(skewMs))]);
  const state = { state: WAITING, version: 1, tries: 0, stumbles: 0, notBefore: 0, words: [], reason: null };
  return { id, order, owner, route, fields: [...said, ...clock], recordedAt, ...state };
}

const CLOCK_FIELDS = new Set(["client_id", "recorded_at", "clock_skew_ms"]);

/** What a person typed, without what the phone added. @param {Entry} entry */
export function saidIn(entry) {
  return entry.fields.filter(([name]) => !CLOCK_FIELDS.has(name));
}

/**
 * Only JSON that names this very entry takes it off the phone. A page of a hotel's network, an error page, a redirect
 * or silence is no answer; what our server refuses in words stays, with the words.
 * @param {Entry} entry @param {Answer} answer @returns {Verdict}
 */
export function judge(entry, answer) {
  if (answer === null) return { kind: "later", stop: true };
  const { status, json } = answer;
  const waitMs = answer.retryAfterMs ?? 0;
  if (status >= 200 && status < 300 && json?.client_id === entry.id && typeof json.id === "string") return { kind: "accepted" };
  const isOurs = typeof json?.error === "string" && json.status === status;
  if (!isOurs) return { kind: "later", waitMs, stop: !(status >= 400 && status < 500) };
  if (status === 401) return { kind: "sign-in", stop: true };
  if (json.reason === "other_account") return { kind: "sign-in" };
  if (status === 503 || status === 429) return { kind: "later", waitMs, stop: true };
  if (status >= 500) return { kind: "later", waitMs, stumbled: true };
  return { kind: "rejected", words: wordsOf(json), reason: json.reason ?? null, madeFrom: json.made_from };
}

function wordsOf(json) {
  const fields = Array.isArray(json.fields) ? json.fields.map((one) => one.message).filter((one) => typeof one === "string") : [];
  return fields.length ? fields : [json.error, json.advice].filter((one) => typeof one === "string");
}

/** The entry while it is under way. @param {Entry} entry */
export function sending(entry) {
  return { ...entry, state: SENDING, tries: entry.tries + 1 };
}

/**
 * The entry after an answer about one version of it; null takes it off the phone. What was changed meanwhile stays.
 * @param {Entry} entry @param {number} version @param {Verdict} verdict @param {number} now
 */
export function settled(entry, version, verdict, now) {
  if (entry.version !== version) return { ...entry, state: WAITING };
  if (verdict.kind === "accepted") return null;
  if (verdict.kind === "rejected") return { ...entry, state: REJECTED, words: verdict.words ?? [], reason: verdict.reason ?? null, madeFrom: verdict.madeFrom ?? entry.madeFrom };
  if (entry.state === REJECTED) return entry;
  const stumbles = entry.stumbles + (verdict.stumbled ? 1 : 0);
  if (stumbles >= MOST_STUMBLES) return { ...entry, state: REJECTED, words: [], reason: "not_taken" };
  const pause = verdict.kind === "sign-in" ? SIGN_IN_PAUSE_MS : Math.max(verdict.waitMs ?? 0, pauseAfter(entry.tries));
  return { ...entry, stumbles, state: WAITING, notBefore: now + Math.min(pause, LONGEST_PAUSE_MS) };
}

/** 5 s, 10 s, 20 s, up to a quarter of an hour. @param {number} tries */
export function pauseAfter(tries) {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, tries - 1), LONGEST_PAUSE_MS);
}

/** Whoever was sending it is gone: the tab was closed, the phone died. @param {Entry} entry */
export function recovered(entry) {
  return entry.state === SENDING ? { ...entry, state: WAITING } : entry;
}

/**
 * The next one to send: the oldest that is due and was not tried in this round. One that waits holds nobody up. A pause
 * longer than any we set comes from a clock that was wrong, and is over.
 * @param {Entry[]} entries @param {{owner: string | null, now: number, tried: Set<string>, force?: boolean}} round
 */
export function nextDue(entries, { owner, now, tried, force = false }) {
  const isDue = (one) => force || one.notBefore <= now || one.notBefore > now + LONGEST_PAUSE_MS;
  return inOrder(entries).find((one) => one.state === WAITING && (!owner || one.owner === owner) && !tried.has(one.id) && isDue(one)) ?? null;
}

/** @param {Entry[]} entries */
export function inOrder(entries) {
  return [...entries].sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
}

/**
 * The entry with other answers. Its key stays, so that the server takes one version only; where it told us that it has
 * another version, this one becomes a new entry. @param {Entry} entry @param {[string, string][]} fields @param {string} freshId
 */
export function changed(entry, fields, freshId) {
  const clock = entry.fields.filter(([name]) => name === "recorded_at" || name === "clock_skew_ms");
  const id = entry.reason === "other_body" ? freshId : entry.id;
  const said = fields.filter(([name]) => !CLOCK_FIELDS.has(name));
  const state = { state: WAITING, version: entry.version + 1, tries: 0, stumbles: 0, notBefore: 0, words: [], reason: null };
  return { ...entry, id, fields: [...said, ["client_id", id], ...clock], ...state };
}

/** The entry once more, as if it had never been sent: the server was put back to an older day. @param {Entry} entry */
export function again(entry) {
  return { ...entry, state: WAITING, version: entry.version + 1, tries: 0, stumbles: 0, notBefore: 0, words: [], reason: null };
}

/** How many wait, how many need a look, and how many belong to somebody else. @param {Entry[]} entries @param {string | null} owner */
export function counted(entries, owner) {
  const mine = entries.filter((one) => !owner || one.owner === owner);
  const refused = mine.filter((one) => one.state === REJECTED).length;
  return { waiting: mine.length - refused, refused, others: entries.length - mine.length };
}
