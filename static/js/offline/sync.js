import { WAITING, again, changed, judge, newEntry, nextDue, recovered, sending, settled } from "./outbox.js";

/**
 * Sends what waits, oldest first, one at a time. All that touches the world is handed in, so that the same code runs in a
 * page, in the service worker and in a simulation:
 *   store.entries(), store.add(entry), store.update(id, change) where `change` gets the entry or null and returns the new
 *   entry, null to remove it or undefined to leave it; store.remember(entry, at) and store.remembered() keep what the server
 *   took for a while; send(entry) answers {status, json} or null; lock(work, {wait})
 *   runs work while no other tab does; clock() in milliseconds; owner the account that is signed in here, or null.
 */
export class Sync {
  constructor({ store, send, lock, clock, owner = null, onChange = () => {} }) {
    Object.assign(this, { store, send, lock, clock, owner, onChange });
    this.accepted = new Map();
    this.needsSignIn = false;
  }

  /** Keep one entry. Resolves when it is safely stored, and fails where it cannot be. */
  async add({ id, route, fields, owner = this.owner, skewMs = null }) {
    const order = 1 + Math.max(0, ...(await this.store.entries()).map((one) => one.order));
    const entry = newEntry({ id, order, owner, route, fields, recordedAt: this.clock(), skewMs });
    await this.store.add(entry);
    this.onChange();
    return entry;
  }

  /** Other answers for an entry that waits or was refused. Returns the key it goes by now. */
  async change(id, fields, freshId) {
    let made = null;
    await this.store.update(id, (entry) => {
      made = entry && changed(entry, fields, freshId);
      return made && made.id === id ? made : undefined;
    });
    if (made && made.id !== id) {
      await this.store.add(made);
      await this.store.update(id, () => null);
    }
    this.onChange();
    return made?.id ?? null;
  }

  /** The person does not want it any more. */
  async discard(id) {
    await this.store.update(id, () => null);
    this.onChange();
  }

  /**
   * Undo of what was just saved: it may be on the server already, or its answer was lost. So what was ever tried is asked for
   * once more first. Gives the id of the row that the server has, or null where nothing is left of it. @param {string} id
   */
  async takeBack(id) {
    const wasTried = !(await this.store.entries()).some((one) => one.id === id && one.tries === 0);
    if (wasTried) await this.flush({ force: true, wait: true });
    await this.discard(id);
    const known = (await this.store.remembered()).find((one) => one.id === id);
    return known?.savedAs ?? null;
  }

  /** The server does not know any more what it took: what this phone remembers of it waits once more. @param {string[]} ids */
  async sendAgain(ids) {
    const here = new Set((await this.store.entries()).map((one) => one.id));
    const lost = (await this.store.remembered()).filter((one) => ids.includes(one.id) && !here.has(one.id));
    for (const entry of lost) await this.store.add(again(entry)).catch(() => {}); // another tab was faster
    if (lost.length) this.onChange();
  }

  /** One round: every entry that is due is tried once. With `force` a pause is no reason to wait. */
  async flush({ force = false, wait = false } = {}) {
    await this.lock(() => this.round(force), { wait });
    this.onChange();
  }

  async round(force) {
    const tried = new Set();
    await this.recover();
    for (;;) {
      const round = { owner: this.owner, now: this.clock(), tried, force };
      const entry = nextDue(await this.store.entries(), round);
      if (!entry) return;
      tried.add(entry.id);
      const verdict = await this.sendOne(entry);
      if (verdict?.stop) return;
    }
  }

  async recover() {
    for (const entry of await this.store.entries()) {
      if (recovered(entry) !== entry) await this.store.update(entry.id, (now) => (now ? recovered(now) : undefined));
    }
  }

  async sendOne({ id }) {
    let under = null;
    await this.store.update(id, (entry) => {
      under = entry?.state === WAITING ? sending(entry) : null;
      return under ?? undefined;
    });
    if (!under) return null;
    const answer = await this.send(under);
    const verdict = judge(under, answer);
    if (verdict.kind === "accepted") this.accepted.set(id, answer.json);
    this.needsSignIn = verdict.kind === "sign-in";
    const now = this.clock();
    if (verdict.kind === "accepted") await this.store.remember({ ...under, savedAs: answer.json.id }, now);
    await this.store.update(id, (entry) => (entry ? settled(entry, under.version, verdict, now) : undefined));
    this.onChange();
    return verdict;
  }
}

/** Run work while no other tab does, where the browser can tell; a tab that finds it taken leaves it to the other. */
export function webLock(name) {
  return (work, { wait = false } = {}) => navigator.locks.request(name, { ifAvailable: !wait }, (lock) => (lock ? work() : undefined));
}

/**
 * The same by a note in the store, for browsers without locks: it runs out by itself, so a tab that died holds up nobody.
 * Two tabs with it at once do no harm: the server takes each entry once. `take(until)` answers whether the note is ours.
 */
export function leaseLock({ take, release, clock, leaseMs = 30_000 }) {
  return async (work) => {
    if (!(await take(clock(), leaseMs))) return undefined;
    try {
      return await work();
    } finally {
      await release();
    }
  };
}
