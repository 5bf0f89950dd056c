import { canPush, inTime } from "./push.js";

const PATIENCE_MS = 1500;
const STAYS = new Set(["/offline", "/emergency"]);

/** Signing out: asks what to do with unsent check-ins, then empties the phone. It works without a connection too. */
export class Leave {
  /** @param {HTMLFormElement} element */
  constructor(element) {
    this.form = element;
    this.choice = document.querySelector("[data-leave-choice]");
    element.addEventListener("submit", (event) => this.ask(event));
    for (const button of this.choice?.querySelectorAll("[data-leave]") ?? []) {
      button.addEventListener("click", () => this.choose(button.dataset.leave));
    }
  }

  /** @param {SubmitEvent} event */
  async ask(event) {
    if (event.defaultPrevented) return;
    event.preventDefault();
    try {
      const found = await import("../offline/house.js");
      this.tools = { ...found, ...(await found.house()) };
    } catch {
      await forgetPush();
      return this.plainly();
    }
    const unsent = await this.unsent();
    if (!unsent.length) return this.leave(false);
    this.choice.querySelector("[data-count]").textContent = String(unsent.length);
    this.choice.querySelector("[data-leave=keep]").hidden = !(await this.tools.store.canSeal(this.tools.owner));
    this.choice.hidden = false;
    this.form.hidden = true;
    this.choice.querySelector("h2").focus();
    return undefined;
  }

  async unsent() {
    const { store, owner } = this.tools;
    return (await store.entries()).filter((entry) => entry.owner === owner);
  }

  async choose(way) {
    if (way !== "send") return this.leave(way === "keep");
    await this.tools.sync.flush({ force: true, wait: true });
    if (!(await this.unsent()).length) return this.leave(false);
    this.choice.querySelector("[data-not-sent]").hidden = false;
    return undefined;
  }

  /** First the note that somebody left, so that a phone that dies now goes on with it; then the keys, then the rest. */
  async leave(keep) {
    const { store, owner, tellLeft } = this.tools;
    await store.setFlag("leaving", { owner, keep });
    await forgetPush();
    await store.destroy({ owner, keep });
    await forgetPages();
    window.sessionStorage.clear();
    window.localStorage.clear();
    tellLeft();
    const { finishLeaving } = await import("../offline/leaving.js");
    window.location.replace((await finishLeaving(store, { "X-Opens-Page": "1" })) ? "/" : "/offline/left");
  }

  plainly() {
    HTMLFormElement.prototype.submit.call(this.form);
  }
}

/** The browser forgets its address for messages as well. The server stops sending in any case. */
async function forgetPush() {
  if (!canPush()) return;
  await inTime(unsubscribe(), PATIENCE_MS).catch(() => {});
}

async function unsubscribe() {
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  await subscription?.unsubscribe();
}

/** Which articles were read here is nobody's business; the emergency page stays. */
async function forgetPages() {
  const pages = await window.caches?.open("pages");
  for (const request of (await pages?.keys()) ?? []) {
    if (!STAYS.has(new URL(request.url).pathname)) await pages.delete(request);
  }
}
