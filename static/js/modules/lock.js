import { askForTouch, hindrance, send } from "./passkeys.js";

const LOOK_MS = 15_000;
const NOTE_MS = 30_000;
const HANDS = ["pointerdown", "keydown", "input", "scroll"];

/** A page that lies open unused is covered after some minutes. What was typed stays below it; one touch uncovers it. */
export class Lock {
  /** @param {Document} page @param {string} state minutes, or why the server keeps its pages closed */
  constructor(page, state) {
    this.page = page;
    this.afterMs = Number(state) * 60_000;
    this.usedAt = this.notedAt = Date.now();
    this.note(Number(state) ? this.usedAt : 0);
    if (!page.querySelector("template[data-lock]")) return;
    for (const hand of HANDS) page.addEventListener(hand, () => this.use(), { capture: true, passive: true });
    page.addEventListener("visibilitychange", () => this.look());
    window.addEventListener("pageshow", () => this.look());
    setInterval(() => this.look(), LOOK_MS);
  }

  use() {
    this.look();
    if (this.cover) return;
    this.usedAt = Date.now();
    if (this.usedAt - this.notedAt > NOTE_MS) this.note(this.usedAt);
  }

  /** The phone's own copy is closed by the same clock. @param {number} at */
  async note(at) {
    this.notedAt = at;
    try {
      const { house } = await import("../offline/house.js");
      await (await house()).store.setFlag("used_at", at);
    } catch {
      // a browser that keeps nothing has nothing to lock
    }
  }

  look() {
    if (!this.cover && Date.now() - this.usedAt >= this.afterMs) this.close();
  }

  close() {
    this.title = this.page.title;
    this.below = this.page.querySelector(".page");
    this.cover = this.page.querySelector("template[data-lock]").content.firstElementChild.cloneNode(true);
    this.below.hidden = true;
    this.page.body.append(this.cover);
    this.page.title = this.cover.querySelector("h1").textContent;
    const key = this.cover.querySelector("[data-touch]");
    key.hidden = Boolean(hindrance(this.cover.dataset.domain));
    key.addEventListener("click", () => this.touch());
    this.cover.querySelector("h1").focus();
  }

  async touch() {
    if (this.isBusy) return;
    this.isBusy = true;
    const isOpen = await this.prove().catch(() => false).finally(() => { this.isBusy = false; });
    this.cover.querySelector("[data-touch-failed]").hidden = isOpen;
    if (isOpen) this.open();
  }

  async prove() {
    const options = await send(this.cover.dataset.options);
    if (options?.status === 401) window.location.reload(); // signed out meanwhile
    const credential = options?.status === 200 && (await askForTouch(options.json));
    const answer = credential && (await send(this.cover.dataset.touchUrl, { credential }));
    return answer?.status === 200;
  }

  open() {
    this.cover.remove();
    this.cover = null;
    this.below.hidden = false;
    this.page.title = this.title;
    this.usedAt = Date.now();
    this.note(this.usedAt);
  }
}
