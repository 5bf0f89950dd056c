const QUIET_MS = 120;

/** A number with a minus and a plus key. It stays empty, and so is not saved, until it is touched. */
export class Stepper {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.settings = element.dataset;
    this.input = element.querySelector(".stepper__input");
    this.cannot = element.querySelector(".tile__input");
    this.pressedAt = -Infinity;
    for (const key of element.querySelectorAll(".stepper__button")) {
      key.hidden = false;
      key.addEventListener("click", (event) => this.press(Number(key.dataset.by), event.timeStamp));
    }
    this.input.addEventListener("input", () => this.mark());
    this.cannot?.addEventListener("change", () => this.clear());
    element.classList.add("stepper--live");
  }

  /** A trembling finger counts once. @param {number} by @param {number} at */
  press(by, at) {
    if (at - this.pressedAt < QUIET_MS) return;
    this.pressedAt = at;
    this.input.value = this.next(by);
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** One step from the number shown, the grey one included; never outside the limits. @param {number} by */
  next(by) {
    const { step, last, start, min, max } = this.settings;
    const shown = [this.input.value, last, start, min].map(number).find((value) => value !== null) ?? 0;
    const least = number(min) ?? -Infinity;
    const most = number(max) ?? Infinity;
    const value = Math.min(most, Math.max(least, shown + by * (number(step) ?? 1)));
    return value.toFixed(Math.max(decimals(step), decimals(this.input.value || last)));
  }

  /** A number and "cannot" exclude each other. */
  mark() {
    if (this.cannot && this.input.value) this.cannot.checked = false;
  }

  clear() {
    if (this.cannot.checked) this.input.value = "";
  }
}

/** @param {string | undefined} text */
function number(text) {
  const value = Number.parseFloat((text ?? "").replace(",", "."));
  return Number.isFinite(value) ? value : null;
}

/** @param {string | undefined} text */
function decimals(text) {
  return ((text ?? "").replace(",", ".").split(".")[1] ?? "").length;
}
