const QUIET_MS = 600;

/** Weak hands tap twice without wanting to: a form sent again within 600 ms is sent once. The server would make one row anyway. */
export class SubmitOnce {
  /** @param {Document} page */
  constructor(page) {
    this.sentAt = new WeakMap();
    page.addEventListener("submit", (event) => this.check(event));
  }

  /** @param {SubmitEvent} event */
  check(event) {
    const last = this.sentAt.get(event.target);
    if (last !== undefined && event.timeStamp - last < QUIET_MS) event.preventDefault();
    else if (!event.defaultPrevented) this.sentAt.set(event.target, event.timeStamp);
  }
}
