import { house } from "../offline/house.js";
import { clockWords } from "../offline/clock-words.js";

/** Says calmly that the clock of this device is wrong, as far as the server has told; the right time is used in any case. */
export class DeviceClock {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    document.addEventListener("companion:copied", () => this.show());
    this.show();
  }

  async show() {
    try {
      const { store } = await house();
      const words = clockWords(this.element.dataset.words, Date.now(), (await store.flag("skew_ms")) ?? 0);
      this.element.hidden = !words;
      this.element.textContent = words ?? "";
    } catch {
      // This browser keeps nothing, so no entry can get a wrong time from it later.
    }
  }
}
