/* Random schedules of people, tabs and networks around the real outbox. Everything random comes from one seed, all time is
   pretended, so that a schedule that failed can be played again: `simulate({base, seed})`.
   The server is the model of companion/submissions.py: one row a key, the same answer again, 422 for another body. */
async ({ base, seeds, flaw }) => {
  const { Sync, leaseLock } = await import(`${base}/js/offline/sync.js`);
  const { REJECTED, WAITING, saidIn } = await import(`${base}/js/offline/outbox.js`);
  const NEVER = new Promise(() => {});
  const DAY = 86_400_000;
  const TODAY = Date.UTC(2026, 10, 28, 9);
  const { port1, port2 } = new MessageChannel();
  let settle = null;
  port1.onmessage = () => settle();
  const allPromises = () => new Promise((resolve) => { settle = resolve; port2.postMessage(0); });

  function random(seed) {
    let state = (seed * 2654435761 + 12345) >>> 0;
    const next = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
    return { next, chance: (odds) => next() < odds, below: (most) => Math.floor(next() * most), of: (list) => list[Math.floor(next() * list.length)] };
  }

  class World {
    constructor(seed) {
      this.dice = random(seed);
      this.now = TODAY;
      this.events = [];
      this.count = 0;
      this.stored = new Map();
      this.remembered = new Map();
      this.backup = null;
      this.server = { answers: new Map(), rows: [], signedIn: true };
      this.lockHolder = null;
      this.lockQueue = [];
      this.lease = null;
      this.isDown = false;
      this.trouble = this.dice.of([0, 0.1, 0.3, 0.6]);
      this.locking = this.dice.of(["web", "web", "lease", "none"]);
      this.told = new Map();
      this.ids = 0;
    }

    sleep(span) {
      return new Promise((resolve) => {
        this.events.push({ at: this.now + span, turn: this.count += 1, resolve });
      });
    }

    async run() {
      await allPromises();
      while (this.events.length) {
        let first = 0;
        for (let n = 1; n < this.events.length; n += 1) {
          const [a, b] = [this.events[n], this.events[first]];
          if (a.at < b.at || (a.at === b.at && a.turn < b.turn)) first = n;
        }
        const [event] = this.events.splice(first, 1);
        this.now = event.at;
        event.resolve();
        await allPromises();
      }
    }

    /* --- the server --- */
    handle(entry) {
      const { server } = this;
      const ours = (status, more = {}) => ({ status, json: { error: "No", advice: "Do", status, ...more } });
      if (!server.signedIn) return ours(401);
      const body = JSON.stringify(entry.fields);
      const known = server.answers.get(entry.id);
      if (known) return known.body === body ? { status: 201, json: known.json } : ours(422, { reason: "other_body" });
      const said = Object.fromEntries(entry.fields);
      if (said.kind === "bad") return ours(422, { fields: [{ field: "left_rating", message: "Choose one." }] });
      if (said.kind === "poison") return ours(500);
      if (said.kind === "forbidden") return ours(403);
      const json = { client_id: entry.id, id: `row-${server.rows.length}` };
      server.answers.set(entry.id, { body, json });
      server.rows.push({ uid: said.uid, text: said.text, key: entry.id });
      return { status: 201, json };
    }

    /* A copy of an older day is put back: whatever came since is unknown here. */
    putBack() {
      if (this.backup) this.server = { ...this.server, answers: new Map(this.backup.answers), rows: [...this.backup.rows] };
      else this.backup = { answers: new Map(this.server.answers), rows: [...this.server.rows] };
    }

    /* --- the network --- */
    async send(entry) {
      const { dice } = this;
      const frozen = JSON.parse(JSON.stringify(entry));
      if (flaw === "fresh keys") frozen.id = `k${this.ids += 1}`;
      await this.sleep(dice.below(300));
      if (this.isDown) return null;
      const fate = dice.chance(this.trouble) ? dice.below(9) : -1;
      if (fate === 0) return null;
      if (fate === 1) return { status: 200, json: null };
      if (fate === 2) return { status: 0, json: null };
      if (fate === 3) return { status: dice.of([502, 500, 404, 413]), json: null };
      if (fate === 4) return { status: 503, json: { error: "Busy", advice: "", status: 503 }, retryAfterMs: 5000 };
      if (fate === 5) this.sleep(dice.below(120_000)).then(() => this.handle(frozen));
      if (fate === 6) {
        this.sleep(dice.below(120_000)).then(() => this.handle(frozen));
        return null;
      }
      const answer = this.handle(frozen);
      if (flaw === "fresh keys" && answer.json) answer.json.client_id = entry.id;
      if (fate === 7) return null;
      if (fate === 8) await this.sleep(dice.below(20_000));
      else await this.sleep(dice.below(400));
      return answer;
    }
  }

  class Tab {
    constructor(world) {
      this.world = world;
      this.isAlive = true;
      this.name = `tab-${world.ids += 1}`;
      this.jump();
      const clock = () => Math.round(world.now + this.error);
      const lock = { web: (work, ways) => this.webLock(work, ways), none: (work) => work() }[world.locking]
        ?? leaseLock({ clock, take: (now, span) => this.takeLease(now, span), release: () => this.releaseLease() });
      const send = async (entry) => {
        const answer = await this.alive(() => world.send(entry));
        return flaw === "any page counts" && answer?.status === 200 ? { status: 200, json: { client_id: entry.id, id: "?" } } : answer;
      };
      this.sync = new Sync({ store: this, send, lock, clock, owner: "ana" });
    }

    /* The clock of this device: right, days off, at its beginning, or at the end of its time. */
    jump() {
      this.error = this.world.dice.of([0, 0, 3 * DAY, -3 * DAY, -TODAY, Date.UTC(2038, 0, 19) - TODAY]);
    }

    /* A tab that is killed hears nothing any more; what it has sent is on its way. */
    async alive(work) {
      if (!this.isAlive) return NEVER;
      const result = await work();
      return this.isAlive ? result : NEVER;
    }

    step(work) {
      return this.alive(async () => {
        await this.world.sleep(this.world.dice.below(4));
        if (!this.isAlive) return NEVER;
        const result = work();
        await this.world.sleep(this.world.dice.below(4));
        return result;
      });
    }

    entries() {
      return this.step(() => [...this.world.stored.values()].map((one) => ({ ...one.entry })));
    }

    add(entry) {
      return this.step(() => this.world.stored.set(entry.id, { entry, revision: 1 }));
    }

    remember(entry) {
      return this.step(() => this.world.remembered.set(entry.id, { ...entry }));
    }

    remembered() {
      return this.step(() => [...this.world.remembered.values()]);
    }

    async update(id, change) {
      for (;;) {
        const kept = await this.step(() => this.world.stored.get(id));
        const made = change(kept ? { ...kept.entry } : null);
        if (made === undefined || (made === null && !kept)) return;
        const isDone = await this.step(() => {
          if (this.world.stored.get(id)?.revision !== kept?.revision) return false;
          if (made === null) this.world.stored.delete(id);
          else this.world.stored.set(id, { entry: made, revision: (kept?.revision ?? 0) + 1 });
          return true;
        });
        if (isDone) return;
      }
    }

    async webLock(work, { wait = false } = {}) {
      const { world } = this;
      if (world.lockHolder && !wait) return undefined;
      if (world.lockHolder) await new Promise((resolve) => { world.lockQueue.push({ tab: this, resolve }); });
      world.lockHolder = this;
      const result = await this.alive(work);
      this.releaseLock();
      return result;
    }

    releaseLock() {
      const { world } = this;
      if (world.lockHolder !== this) return;
      world.lockHolder = null;
      const next = world.lockQueue.find((one) => one.tab.isAlive);
      world.lockQueue = world.lockQueue.filter((one) => one !== next && one.tab.isAlive);
      if (next) {
        world.lockHolder = next.tab;
        next.resolve();
      }
    }

    takeLease(now, span) {
      return this.step(() => {
        const { lease } = this.world;
        if (lease && lease.tab !== this.name && lease.until > now && lease.until <= now + span) return false;
        this.world.lease = { tab: this.name, until: now + span };
        return true;
      });
    }

    releaseLease() {
      return this.step(() => {
        if (this.world.lease?.tab === this.name) this.world.lease = null;
      });
    }

    kill() {
      this.isAlive = false;
      this.releaseLock();
    }
  }

  /* What one person does in half an hour: writes, taps Send, opens and closes tabs, loses the network, is signed out, mends. */
  async function person(world) {
    const { dice } = world;
    let tabs = [new Tab(world)];
    const living = () => {
      tabs = tabs.filter((tab) => tab.isAlive);
      if (!tabs.length) tabs.push(new Tab(world));
      return dice.of(tabs);
    };
    const write = async (tab, uid, kind, text) => {
      const id = `key-${uid}`;
      world.told.set(uid, { kind, isKept: false, isGone: false, versions: new Set([text]), saves: 1 });
      await tab.sync.add({ id, route: "/check-ins", fields: [["uid", uid], ["kind", kind], ["text", text]] });
      world.told.get(uid).isKept = true;
      await tab.sync.flush({ force: true, wait: true });
    };
    const mend = async (tab) => {
      const entry = dice.of((await tab.entries()).filter((one) => one.state !== "sending"));
      if (!entry) return;
      const said = Object.fromEntries(saidIn(entry));
      const text = `changed-${world.ids += 1}`;
      const news = world.told.get(said.uid);
      news.versions.add(text);
      if (entry.reason === "other_body") news.saves += 1;
      const kind = entry.state === REJECTED && dice.chance(0.8) ? "good" : said.kind;
      await tab.sync.change(entry.id, [["uid", said.uid], ["kind", kind], ["text", text]], `key-${said.uid}-${world.ids += 1}`);
    };
    const drop = async (tab) => {
      const entry = dice.of(await tab.entries());
      if (!entry) return;
      world.told.get(Object.fromEntries(saidIn(entry)).uid).isGone = true;
      await tab.sync.discard(entry.id);
    };
    const steps = 6 + dice.below(14);
    for (let step = 0, written = 0; step < steps; step += 1) {
      await world.sleep(dice.below(dice.of([50, 5_000, 120_000])));
      const tab = living();
      const act = dice.below(15);
      if (act < 5) write(tab, `u${written += 1}`, dice.of(["good", "good", "good", "good", "bad", "poison", "forbidden"]), "first");
      else if (act === 5) tab.sync.flush({});
      else if (act === 6) tab.sync.flush({ force: true });
      else if (act === 7) tabs.push(new Tab(world));
      else if (act === 8) tab.kill();
      else if (act === 9) world.isDown = !world.isDown;
      else if (act === 10) world.server.signedIn = !world.server.signedIn;
      else if (act === 11) tab.jump();
      else if (act === 12) mend(tab);
      else if (act === 13) world.putBack();
      else if (dice.chance(0.3)) drop(tab);
    }
    await world.sleep(300_000);
    world.isDown = false;
    world.trouble = 0;
    world.server.signedIn = true;
    tabs.forEach((tab) => tab.kill());
    for (let round = 0; round < 9; round += 1) {
      const last = new Tab(world);
      const forgotten = flaw ? [] : [...world.remembered.keys()].filter((id) => !world.server.answers.has(id));
      await last.sync.sendAgain(forgotten);
      await last.sync.flush({ force: true, wait: true });
      last.kill();
      await world.sleep(60_000);
    }
  }

  function wrongIn(world) {
    const wrong = [];
    const here = [...world.stored.values()].map(({ entry }) => ({ entry, uid: Object.fromEntries(entry.fields).uid }));
    for (const [uid, news] of world.told) {
      const rows = world.server.rows.filter((row) => row.uid === uid);
      const kept = here.filter((one) => one.uid === uid);
      if (news.isKept && !news.isGone && !rows.length && !kept.length) wrong.push(`lost ${uid}`);
      if (new Set(rows.map((row) => row.text)).size < rows.length || rows.length > news.saves) wrong.push(`doubled ${uid}: ${rows.length}`);
      if (rows.some((row) => !news.versions.has(row.text))) wrong.push(`strange ${uid}`);
      for (const { entry } of kept) {
        if (entry.state !== REJECTED) wrong.push(`stuck ${uid}: ${entry.state}`);
        else if (news.kind === "good" && entry.reason !== "other_body") wrong.push(`refused without cause ${uid}: ${entry.reason}`);
        else if (entry.reason === null && !entry.words.length) wrong.push(`refused without words ${uid}`);
      }
    }
    return wrong;
  }

  const result = { schedules: 0, entries: 0, rows: 0, refused: 0, failures: [] };
  for (const seed of seeds) {
    const world = new World(seed);
    person(world);
    await world.run();
    result.schedules += 1;
    result.entries += world.told.size;
    result.rows += world.server.rows.length;
    result.refused += [...world.stored.values()].filter(({ entry }) => entry.state !== WAITING).length;
    const wrong = wrongIn(world);
    if (wrong.length) result.failures.push({ seed, wrong });
  }
  return result;
}
