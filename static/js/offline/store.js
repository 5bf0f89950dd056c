// What a phone keeps: IndexedDB, every value sealed with a key that no script can read out. Entries hold what was typed,
// values the copy of what the reader may see; flags hold nothing about a person.
const NAME = "companion";
const STORES = ["keys", "entries", "values", "flags"];
const SEALED_BY_THIS_PHONE = "main";
const SEALED_BY_SIGN_IN = "seal";
const PERSONAL_FLAGS = ["owner", "skew_ms", "etag", "copied_at", "drawn_by", "lease", "look", "lock_minutes", "used_at"];
const REMEMBERED_MS = 14 * 24 * 3_600_000;
const MOST_REMEMBERED = 80;
const sealOf = (owner) => `seal:${owner}`;

/** Opens the store, or fails where this browser keeps nothing: a private window, no https, no space. */
export async function openStore() {
  if (!globalThis.crypto?.subtle) throw new Error("no way to seal");
  const database = await opened();
  const store = new Store(database);
  database.onversionchange = () => database.close();
  return store;
}

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME);  // whatever version lies here: an older script reads what a newer one made
    asked.onupgradeneeded = () => {
      for (const name of STORES) if (!asked.result.objectStoreNames.contains(name)) asked.result.createObjectStore(name);
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
}

export class Store {
  /** @param {IDBDatabase} database */
  constructor(database) {
    this.database = database;
  }

  /** One transaction; the value of the request that `work` returns. */
  async run(mode, names, work) {
    const transaction = this.database.transaction(names, mode, { durability: "strict" });
    const finished = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
    });
    const request = work(...names.map((name) => transaction.objectStore(name)));
    await finished;
    return request?.result;
  }

  flag(name) {
    return this.run("readonly", ["flags"], (flags) => flags.get(name));
  }

  setFlag(name, value) {
    return this.run("readwrite", ["flags"], (flags) => (value === null ? flags.delete(name) : flags.put(value, name)));
  }

  /** The key of this phone; whichever tab comes first makes it. */
  async key(name = SEALED_BY_THIS_PHONE) {
    const known = await this.run("readonly", ["keys"], (keys) => keys.get(name));
    if (known || name !== SEALED_BY_THIS_PHONE) return known ?? null;
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    try {
      await this.run("readwrite", ["keys"], (keys) => keys.add(fresh, name));
      return fresh;
    } catch {
      return this.run("readonly", ["keys"], (keys) => keys.get(name));
    }
  }

  /**
   * The key that the server gives to whoever is signed in: it opens what that person left here at sign-out. What somebody
   * else has here is closed with the key of that person, and that key goes. @param {string} owner @param {string} base64url
   */
  async learnSeal(owner, base64url) {
    const letters = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
    const raw = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const seal = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    await this.run("readwrite", ["keys"], (keys) => keys.put(seal, sealOf(owner)));
    await this.resealAll(owner, SEALED_BY_SIGN_IN, SEALED_BY_THIS_PHONE);
    await this.closeOthers(owner);
  }

  async closeOthers(owner) {
    for (const other of new Set(await this.owners())) {
      if (other === owner || !(await this.key(sealOf(other)))) continue;
      await this.resealAll(other, SEALED_BY_THIS_PHONE, SEALED_BY_SIGN_IN);
      await this.run("readwrite", ["keys"], (keys) => keys.delete(sealOf(other)));
    }
  }

  async value(name) {
    const kept = await this.run("readonly", ["values"], (values) => values.get(name));
    return kept ? unsealed(await this.key(), name, kept).catch(() => null) : null;
  }

  async setValue(name, value) {
    const kept = await sealed(await this.key(), name, value);
    await this.run("readwrite", ["values"], (values) => values.put(kept, name));
  }

  /** What the server took within the last fourteen days: a server that was put back to an older day gets it again. */
  async remembered() {
    return ((await this.value("sent")) ?? []).map((one) => one.entry);
  }

  async remember(entry, at) {
    const known = ((await this.value("sent")) ?? []).filter((one) => one.entry.id !== entry.id && Math.abs(at - one.at) < REMEMBERED_MS);
    await this.setValue("sent", [...known, { entry, at }].slice(-MOST_REMEMBERED));
  }

  forgetValues() {
    return this.run("readwrite", ["values"], (values) => values.clear());
  }

  async rows() {
    return (await this.run("readonly", ["entries"], (entries) => entries.getAll())) ?? [];
  }

  /** All entries that this phone can read. */
  async entries() {
    const rows = (await this.rows()).filter((row) => row.by === SEALED_BY_THIS_PHONE);
    const key = rows.length ? await this.key() : null;
    const read = rows.map((row) => unsealed(key, row.id, row).catch(() => null));
    return (await Promise.all(read)).filter(Boolean);
  }

  /** How many entries lie here, by whom: also those that only their owner can read. */
  async owners() {
    return (await this.rows()).map((row) => row.owner);
  }

  async add(entry) {
    const row = await this.row(entry, 1);
    await this.run("readwrite", ["entries"], (entries) => entries.add(row, entry.id));
  }

  /** Change one entry as if alone: where another tab was faster, it is read again. */
  async update(id, change) {
    for (;;) {
      const row = await this.run("readonly", ["entries"], (entries) => entries.get(id));
      if (row && row.by !== SEALED_BY_THIS_PHONE) return;
      const entry = row ? await unsealed(await this.key(), id, row) : null;
      const made = change(entry);
      if (made === undefined || (made === null && !row)) return;
      const fresh = made && (await this.row(made, (row?.revision ?? 0) + 1));
      if (await this.swap(id, row?.revision, fresh)) return;
    }
  }

  async swap(id, revision, fresh) {
    let done = false;
    await this.run("readwrite", ["entries"], (entries) => {
      entries.get(id).onsuccess = (event) => {
        if (event.target.result?.revision !== revision) return;
        done = true;
        if (fresh) entries.put(fresh, id);
        else entries.delete(id);
      };
    });
    return done;
  }

  async row(entry, revision) {
    return { id: entry.id, owner: entry.owner, revision, by: SEALED_BY_THIS_PHONE, ...(await sealed(await this.key(), entry.id, entry)) };
  }

  /** Entries of one person from one way of sealing to the other. What cannot be opened stays as it is. */
  async resealAll(owner, from, to) {
    const keyFor = (by) => this.key(by === SEALED_BY_SIGN_IN ? sealOf(owner) : by);
    const [old, fresh] = [await keyFor(from), await keyFor(to)];
    if (!old || !fresh) return;
    for (const row of (await this.rows()).filter((one) => one.owner === owner && one.by === from)) {
      const entry = await unsealed(old, row.id, row).catch(() => null);
      const made = entry && { ...row, by: to, revision: row.revision + 1, ...(await sealed(fresh, row.id, entry)) };
      if (made) await this.swap(row.id, row.revision, made);
    }
  }

  /** Whether entries of a person can be closed so that only signing in opens them again. */
  async canSeal(owner) {
    return Boolean(await this.key(sealOf(owner)));
  }

  /**
   * Nothing readable of this person remains: the keys go first, then all that they closed. With `keep` the unsent stay, sealed.
   * Somebody else's unsent check-ins stay in any case; where only the key of this phone opens them, that key stays for them.
   */
  async destroy({ owner, keep = false }) {
    if (keep) await this.resealAll(owner, SEALED_BY_THIS_PHONE, SEALED_BY_SIGN_IN);
    await this.closeOthers(owner);
    const rows = await this.rows();
    const held = rows.some((row) => row.owner !== owner && row.by === SEALED_BY_THIS_PHONE);
    await this.run("readwrite", ["keys"], (keys) => {
      keys.delete(sealOf(owner));
      if (!held) keys.delete(SEALED_BY_THIS_PHONE);
    });
    const gone = rows.filter((row) => row.owner === owner && (!keep || row.by !== SEALED_BY_SIGN_IN));
    await this.run("readwrite", ["values", "entries"], (values, entries) => {
      values.clear();
      for (const row of gone) entries.delete(row.id);
    });
    for (const name of PERSONAL_FLAGS) await this.setFlag(name, null);
  }

  /** A note that says which tab sends, for browsers without locks. */
  async takeLease(tab, now, leaseMs) {
    let mine = false;
    await this.run("readwrite", ["flags"], (flags) => {
      flags.get("lease").onsuccess = (event) => {
        const lease = event.target.result;
        const isOver = !lease || lease.tab === tab || lease.until <= now || lease.until > now + leaseMs;
        if (!isOver) return;
        mine = true;
        flags.put({ tab, until: now + leaseMs }, "lease");
      };
    });
    return mine;
  }

  async releaseLease(tab) {
    if ((await this.flag("lease"))?.tab === tab) await this.setFlag("lease", null);
  }
}

async function sealed(key, name, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const place = new TextEncoder().encode(name);
  const text = new TextEncoder().encode(JSON.stringify(value));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: place }, key, text) };
}

async function unsealed(key, name, { iv, data }) {
  const place = new TextEncoder().encode(name);
  const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: place }, key, data);
  return JSON.parse(new TextDecoder().decode(text));
}
