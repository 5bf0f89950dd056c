import { askForTouch, hindrance, send } from "./passkeys.js";

/** One touch shows that it is you, and what waited goes on: the page that was wanted, or the form with all that was typed. */
export class Confirm {
  /** @param {HTMLFormElement} element */
  constructor(element) {
    this.form = element;
    this.key = document.querySelector("[data-touch]");
    if (!this.key) return;
    if (hindrance(element.dataset.domain)) return;
    for (const part of document.querySelectorAll("[data-with-touch]")) part.hidden = false;
    for (const part of document.querySelectorAll("[data-without-touch]")) part.hidden = true;
    this.key.addEventListener("click", () => this.touch());
  }

  async touch() {
    if (this.isBusy) return;
    this.isBusy = true;
    await this.prove().finally(() => { this.isBusy = false; });
  }

  async prove() {
    this.failed(false);
    try {
      const options = await send(this.form.dataset.options);
      if (options?.status === 401 && !options.json.reason) return window.location.reload(); // signed out meanwhile
      const credential = options?.status === 200 && (await askForTouch(options.json));
      const answer = credential && (await send(this.form.dataset.touchUrl, { credential }));
      if (answer?.status === 200) return this.goOn();
    } catch {
      // cancelled, or too late: the key is still there
    }
    return this.failed(true);
  }

  goOn() {
    if (this.form.method === "post") return HTMLFormElement.prototype.submit.call(this.form);
    return window.location.replace(this.form.getAttribute("action"));
  }

  failed(isSo) {
    document.querySelector("[data-touch-failed]").hidden = !isSo;
  }
}
