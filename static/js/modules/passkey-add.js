import { hindrance, makePasskey, send } from "./passkeys.js";

/** One key that makes a passkey on this device. Where that cannot be, it says why. */
export class PasskeyAdd {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    const why = hindrance(element.dataset.domain);
    // An offer is for who can take it; the page about passkeys says what stands in the way.
    element.hidden = Boolean(why) && "offer" in element.dataset;
    this.show(why || "ready");
    document.querySelector("[data-add-passkey]").addEventListener("click", () => this.add());
  }

  async add() {
    if (this.isBusy) return;
    this.isBusy = true;
    await this.make().finally(() => { this.isBusy = false; });
  }

  async make() {
    const options = await send(this.element.dataset.options);
    if (options?.json?.reason === "step_up") return window.location.assign(this.element.dataset.page);
    if (options?.status !== 200) return this.show("failed");
    try {
      const answer = await send(this.element.dataset.addUrl, { credential: await makePasskey(options.json) });
      if (answer?.status === 201) return window.location.assign(answer.json.url);
    } catch (error) {
      if (error.name === "InvalidStateError") return this.show("known");
    }
    return this.show("failed");
  }

  /** @param {string} state */
  show(state) {
    for (const part of document.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(state);
  }
}
