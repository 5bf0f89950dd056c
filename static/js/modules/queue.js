const PATIENCE_MS = 8_000; // the strip says at once that it is safe on this phone
const SHOWN_BY_SERVER = new Set([null, "changed_meanwhile", "deleted_meanwhile"]);
const NEW = "/check-ins";
const LEAST_ROOM = 1_000_000;

/** A form that is kept on the phone first and then sent: it cannot be lost, and needs no connection. */
export class Queue {
  /** @param {HTMLFormElement} element */
  constructor(element) {
    this.form = element;
    this.ready = this.open();
    // After the listeners that stop a second tap and know a form that came back.
    document.addEventListener("submit", (event) => event.target === element && this.submit(event));
    element.querySelector("[data-lets-go]")?.addEventListener("click", (event) => this.letGo(event));
  }

  /** Told before anything is saved: whether this browser can keep it. */
  async open() {
    try {
      const found = await import("../offline/house.js");
      this.tools = { ...found, ...(await found.house()) };
      const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
      if (quota && quota - (usage ?? 0) < LEAST_ROOM) throw new Error("no room");
    } catch {
      this.tools = null;
      document.dispatchEvent(new Event("companion:cannot-keep"));
    }
  }

  /** @param {SubmitEvent} event */
  async submit(event) {
    if (event.defaultPrevented) return;
    const fields = fieldsOf(this.form, event.submitter);
    event.preventDefault();
    if (this.isBusy) return;
    this.isBusy = true;
    this.key = event.submitter;
    await this.handle(fields).finally(() => { this.isBusy = false; });
  }

  async handle(fields) {
    await this.ready;
    // A page without a name is our offline page, or one on a device that others share: there nothing is kept.
    const owner = this.tools && (this.tools.ownerOfPage() ?? (document.querySelector("[data-offline]") ? this.tools.owner : null));
    if (!owner) return this.plainly();
    try {
      return await this.deliver(await this.keep(fields, owner));
    } catch {
      document.dispatchEvent(new Event("companion:cannot-keep"));
      return this.plainly();
    }
  }

  /** As without this script; the key that was pressed goes along. */
  plainly() {
    const pressed = this.key?.name ? this.say(this.key.name, this.key.value) : null;
    HTMLFormElement.prototype.submit.call(this.form);
    pressed?.remove(); // a form that comes back may be sent by another key
  }

  /** A hidden answer of the form. @param {string} name @param {string} value */
  say(name, value) {
    let field = this.form.querySelector(`input[type=hidden][name="${name}"]`);
    if (!field) {
      field = document.createElement("input");
      Object.assign(field, { type: "hidden", name });
      this.form.append(field);
    }
    field.value = value;
    return field;
  }

  /** On the phone, under its key; a form that was saved before and came back is the same entry, and so is a second change. */
  async keep(fields, owner) {
    const { sync, store, freshId } = this.tools;
    const [route, kept] = [pathOf(this.form), await store.entries()];
    const change = route !== NEW && kept.find((entry) => entry.route === route && entry.owner === owner && entry.state !== "rejected");
    const id = this.form.dataset.entry || fields.find(([name]) => name === "client_id")?.[1] || (change && change.id) || freshId();
    sync.accepted.delete(id); // what was said of an earlier version says nothing of this one
    const known = kept.some((entry) => entry.id === id) && (await sync.change(id, fields, freshId()));
    if (known) return known;
    const skewMs = (await store.flag("skew_ms")) ?? null;
    const sent = await this.sentMeanwhile(id, fields);
    if (sent) return (await sync.add({ ...sent, id: freshId(), owner, skewMs })).id;
    await sync.add({ id, route, fields, owner, skewMs });
    navigator.storage?.persist?.().catch(() => {});
    return id;
  }

  /** A check-in that the phone sent while it was changed here: now it is a change of that row, and no second one. */
  async sentMeanwhile(id, fields) {
    if (this.form.dataset.entry !== id || pathOf(this.form) !== NEW || fields.some(([name]) => name === "page")) return null;
    const row = (await this.tools.store.remembered()).find((one) => one.id === id)?.savedAs;
    return row ? { route: `${NEW}/${row}`, fields: [...fields, ["made_from", "sent"]] } : null;
  }

  /**
   * Sent at once where it can be: then the server's page says so, with Undo. Else it waits, and the phone says that. The
   * browser is asked to send it too, before this page may be closed, yet not before the page holds the lock: of what a
   * faster worker sent, the server's page would say nothing.
   */
  async deliver(id) {
    const { sync, store, sendFor, ownerOfPage } = this.tools;
    const [send, ask] = [sendFor(store, true), once(askForSync)];
    sync.send = (entry) => {
      ask();
      return send(entry);
    };
    await inTime(sync.flush({ force: true, wait: true }));
    sync.send = sendFor(store);
    const answer = sync.accepted.get(id);
    if (answer) return this.goTo(answer.url);
    ask();
    const kept = (await store.entries()).find((entry) => entry.id === id);
    if (kept?.state === "rejected" && SHOWN_BY_SERVER.has(kept.reason) && ownerOfPage()) return this.askServer(id);
    return navigator.serviceWorker?.controller ? this.goTo(`/offline/saved#${id}`) : undefined;
  }

  /**
   * The server has words about it, and there is a connection: its own page shows them beside what was typed. The entry stays
   * here until that page, which carries its key, was saved: the line may fail at this very moment.
   */
  askServer(id) {
    this.say("client_id", id);
    this.plainly();
  }

  /** "Keep what is saved": what was typed here is not wanted any more. @param {MouseEvent} event */
  async letGo(event) {
    event.preventDefault();
    const { href } = event.currentTarget;
    await this.ready;
    await this.tools?.sync.discard(this.form.elements.namedItem("client_id")?.value ?? "").catch(() => {});
    this.goTo(href);
  }

  goTo(address) {
    window.location.assign(new URL(address, window.location.origin).origin === window.location.origin ? address : "/");
  }
}

function fieldsOf(form, submitter) {
  const fields = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  if (submitter?.name) fields.push([submitter.name, submitter.value]);
  return fields;
}

function pathOf(form) {
  return new URL(form.getAttribute("action"), window.location.origin).pathname;
}

async function askForSync() {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.sync?.register("outbox");
  } catch {
    // Only some browsers send by themselves; pages do it in any case.
  }
}

function once(work) {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

function inTime(promise) {
  return Promise.race([promise, new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS); })]);
}
