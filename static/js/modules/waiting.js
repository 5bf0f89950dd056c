const AGAIN_MS = 10_000;
const PARTS_LATER_MS = 3_000; // whatever the person came for goes first

/** The strip that says how many check-ins wait on this phone, on every page; and what sends them. */
export class Waiting {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.words = element.dataset;
    this.text = element.querySelector(".banner__text");
    document.addEventListener("companion:outbox", () => this.show());
    document.addEventListener("companion:cannot-keep", () => this.say(this.words.cannotKeep));
    element.querySelector("[data-send]").addEventListener("click", () => this.send(true));
    window.addEventListener("online", () => this.send(true));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.send(true));
    window.addEventListener("pageshow", (event) => event.persisted && this.start());
    setInterval(() => this.send(false), AGAIN_MS);
    this.start();
  }

  async start() {
    try {
      const { house, ownerOfPage } = await import("../offline/house.js");
      Object.assign(this, await house(), { ownerHere: ownerOfPage() });
    } catch {
      return; // this browser keeps nothing; forms go the plain way
    }
    await this.show();
    await this.send(true);
    const readable = (await this.store.entries()).length;
    await this.copy();
    if ((await this.store.entries()).length > readable) await this.send(true); // signing in opened what was sealed here
  }

  async send(force) {
    if (!this.store) return;
    const { finishLeaving } = await import("../offline/leaving.js");
    if (!(await finishLeaving(this.store))) return;
    const before = (await this.store.entries()).length;
    if (before) await this.sync.flush({ force });
    await this.show();
    if (before > (await this.store.entries()).length) await this.copy(true);
  }

  /** Only a page of somebody who is signed in refreshes the copy. @param {boolean} always */
  async copy(always = false) {
    const lock = document.querySelector("meta[name=companion-lock]")?.content ?? "";
    if (!this.ownerHere || Number.isNaN(Number(lock)) || (await this.store.flag("leaving"))) return;
    const { refreshCopy, refreshParts } = await import("../offline/copy.js");
    const rights = document.querySelector("meta[name=companion-circles]")?.content;
    const page = `${document.documentElement.lang} ${rights} ${lock}`;
    const onClosed = (count) => count && (this.closed = (this.closed ?? 0) + count);
    const onForgotten = (ids) => this.sync.sendAgain(ids);
    await refreshCopy(this.store, this.ownerHere, { always, page, onForgotten, onClosed }).catch(() => {});
    if (this.closed) await this.show();
    document.dispatchEvent(new Event("companion:copied"));
    setTimeout(() => refreshParts(this.store, this.ownerHere, { page }).catch(() => {}), PARTS_LATER_MS);
  }

  async show() {
    if (!this.store) return;
    const { REJECTED, counted } = await import("../offline/outbox.js");
    const kept = (await this.store.entries()).filter((entry) => entry.state !== REJECTED || !this.isShown(entry.id));
    const { waiting, refused, others } = counted(kept, this.sync.owner);
    const elsewhere = (await this.store.owners()).filter((owner) => owner !== this.sync.owner).length;
    const said = [this.line("closed", this.closed), this.line("waiting", waiting), this.line("refused", refused)].filter(Boolean);
    if (waiting && this.sync.needsSignIn) said.push(this.words.signIn);
    else if (waiting) said.push(this.words.safe);
    const closed = Math.max(others, elsewhere); // where nobody is signed in they may well be the reader's own
    if (!said.length && closed) said.push(...(this.sync.owner ? [this.line("others", closed)] : [this.words.sealed, this.words.signIn]));
    this.element.querySelector("[data-send]").hidden = !waiting;
    this.element.querySelector("[data-see]").hidden = !(waiting + refused) || window.location.pathname === "/offline/waiting";
    this.say(said.join(document.documentElement.lang.startsWith("zh") ? "" : " "));
  }

  /** Whether the form of this page holds that entry, with what the server says of it. */
  isShown(id) {
    return [...document.querySelectorAll("main [name=client_id]")].some((field) => field.value === id);
  }

  line(name, count) {
    return count ? this.words[count === 1 ? `${name}One` : `${name}Many`].replace("{n}", String(count)) : "";
  }

  say(words) {
    this.element.hidden = !words;
    if (this.text.textContent !== words) this.text.textContent = words;
  }
}
