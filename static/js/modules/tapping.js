const STEPS = ["practice", "left", "right"];

/**
 * The tapping test: practice, left hand, right hand. The clock starts with the first tap. Every touch counts when it comes
 * down, also one right after another. What it shows is how far the test is, never a result.
 */
export class Tapping {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.milliseconds = Number(element.dataset.seconds) * 1000;
    this.say = element.querySelector(".tapping__say");
    this.pad = element.querySelector(".tapping__pad");
    this.again = element.querySelector("[data-again]");
    this.next = element.querySelector("[data-next]");
    this.pad.addEventListener("pointerdown", (event) => this.tap(event.timeStamp));
    this.pad.addEventListener("keydown", (event) => this.key(event));
    this.pad.addEventListener("contextmenu", (event) => event.preventDefault());
    this.again.addEventListener("click", () => this.begin(this.step));
    this.next.addEventListener("click", () => this.begin(STEPS[STEPS.indexOf(this.step) + 1]));
    element.hidden = false;
    element.closest("form").querySelector(".tapping__plain").hidden = true;
    this.begin(STEPS[0]);
  }

  /** @param {string | undefined} step undefined after the last one */
  begin(step) {
    window.clearTimeout(this.timer);
    this.taps = [];
    this.isOver = !step;
    this.again.hidden = true;
    this.pad.hidden = this.next.hidden = !step;
    this.say.textContent = this.element.dataset[step ?? "done"];
    if (!step) return;
    this.step = step;
    this.write("");
    this.next.querySelector(".button__text").textContent = this.element.dataset[`${step}Next`];
  }

  /** @param {number} at */
  tap(at) {
    if (this.isOver) return;
    if (!this.taps.length) this.start();
    if (at - (this.taps[0] ?? at) <= this.milliseconds) this.taps.push(at);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.repeat || ![" ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    this.tap(event.timeStamp);
  }

  start() {
    this.say.textContent = this.element.dataset.running;
    this.next.hidden = true;
    this.timer = window.setTimeout(() => this.end(), this.milliseconds);
  }

  end() {
    this.isOver = true;
    this.say.textContent = this.element.dataset.over;
    this.again.hidden = this.next.hidden = false;
    this.write(this.taps.map((at) => Math.round(at - this.taps[0])).join(","));
  }

  /** The moments of the taps go into the form; those of the practice nowhere. @param {string} times */
  write(times) {
    const field = this.element.querySelector(`[name="${this.step}_tap_times"]`);
    if (field) field.value = times;
  }
}
