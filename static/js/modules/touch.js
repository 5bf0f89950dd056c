import { TouchRecogniser } from "./touch-recogniser.js";

const TARGETS = ".tile, .button";
const STARTED = new WeakSet();
const ANSWER_QUIET_MS = 600;
const STEPPER_QUIET_MS = 120;
const CLICK_FOLLOWS_MS = 700;

/** Forgiving touch for a page: long, short and trembling presses act once. Mouse, keyboard and voice work as always. */
export class Touch {
  /** @param {HTMLElement} element */
  constructor(element) {
    const page = element.ownerDocument;
    if (STARTED.has(page)) return; // two that decide would press twice
    STARTED.add(page);
    this.recogniser = new TouchRecogniser();
    this.touched = new Map();
    page.addEventListener("pointerdown", (event) => this.on(event, () => this.down(event)));
    page.addEventListener("pointermove", (event) => this.on(event, () => this.recogniser.move(contact(event))));
    page.addEventListener("pointerup", (event) => this.on(event, () => this.up(event)));
    page.addEventListener("pointercancel", (event) => this.on(event, () => this.recogniser.cancel(contact(event))));
    page.addEventListener("contextmenu", (event) => this.recogniser.press && event.preventDefault());
    page.addEventListener("click", (event) => this.click(event), { capture: true });
    element.classList.add("touch-live");
  }

  /** @param {PointerEvent} event */
  on(event, act) {
    if (event.pointerType === "touch" || event.pointerType === "pen") act();
  }

  /** The tile or key under an event. @param {Event} event */
  target(event) {
    return event.target instanceof Element ? event.target.closest(TARGETS) : null;
  }

  /** @param {PointerEvent} event */
  down(event) {
    this.recogniser.down(contact(event), this.target(event));
  }

  /** @param {PointerEvent} event */
  up(event) {
    const started = this.target(event); // a touch belongs to the element where it began
    if (started) this.touched.set(started, event.timeStamp);
    const box = started?.getBoundingClientRect();
    const inside = Boolean(box) && event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    const quiet = started?.matches(".stepper__button") ? STEPPER_QUIET_MS : ANSWER_QUIET_MS;
    const acts = this.recogniser.up(contact(event), inside, quiet);
    if (acts) control(acts).click();
  }

  /** The browser's own click after a touch is too much: the recogniser has decided. @param {MouseEvent} event */
  click(event) {
    const target = event.isTrusted ? this.target(event) : null;
    if (!target) return;
    const byTouch = ["touch", "pen"].includes(event.pointerType);
    const follows = event.timeStamp - (this.touched.get(target) ?? -Infinity) < CLICK_FOLLOWS_MS;
    if (!byTouch && !(follows && event.detail > 0)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

/** What a tile or key stands for: its input, or itself. @param {Element} target */
function control(target) {
  return target.querySelector(".tile__input") ?? target;
}

/** @param {PointerEvent} event */
function contact(event) {
  return { id: event.pointerId, at: event.timeStamp, x: event.clientX, y: event.clientY, size: Math.max(event.width, event.height) };
}
