export const SHORTEST_MS = 30;
export const LONGEST_MS = 5000;
export const DRIFT_PX = 24;
export const PALM_PX = 60;
export const NO_FINGER_PX = 2;

/**
 * Which touch was meant. It knows no page: a target is any value, a contact is `{ id, at, x, y, size }`, times come with the
 * contacts, so that whole sequences can be replayed.
 *
 * A press acts on its way up, when it lasted 30 ms to 5 s, moved 24 px at most and ends on its target. Further contacts are
 * palm and knuckles: they neither act nor spoil the press. A large contact gives way to a finger that comes later. The same
 * target acts again only after its quiet time.
 */
export class TouchRecogniser {
  constructor() {
    this.press = null;
    this.actedAt = new Map();
  }

  /** @param {{id: number, at: number, x: number, y: number, size: number}} contact @param {unknown} target null outside */
  down(contact, target) {
    if (target === null || (this.press && !this.givesWay(contact))) return;
    this.press = { ...contact, target, drift: 0 };
  }

  /** A resting palm or a press that has come to nothing leaves the way free. */
  givesWay({ at, size }) {
    const { press } = this;
    return press.drift > DRIFT_PX || at - press.at > LONGEST_MS || (press.size > PALM_PX && size <= PALM_PX);
  }

  /** @param {{id: number, x: number, y: number}} contact */
  move({ id, x, y }) {
    const { press } = this;
    if (press?.id === id) press.drift = Math.max(press.drift, Math.hypot(x - press.x, y - press.y));
  }

  /**
   * The target that acts now, or null. `quiet`: how long, in ms, the target stays quiet after it acted.
   * @param {{id: number, at: number, x: number, y: number}} contact @param {boolean} inside @param {number} quiet
   */
  up(contact, inside, quiet) {
    if (this.press?.id !== contact.id) return null;
    this.move(contact);
    const { press } = this;
    this.press = null;
    const lasted = contact.at - press.at;
    // A screen reader or a switch presses without a finger: such a contact has no size and takes no time.
    const longEnough = lasted >= SHORTEST_MS || press.size <= NO_FINGER_PX;
    if (!inside || press.drift > DRIFT_PX || !longEnough || lasted > LONGEST_MS) return null;
    if (contact.at - (this.actedAt.get(press.target) ?? -Infinity) < quiet) return null;
    this.actedAt.set(press.target, contact.at);
    return press.target;
  }

  /** The browser took the contact for something else, such as scrolling. @param {{id: number}} contact */
  cancel({ id }) {
    if (this.press?.id === id) this.press = null;
  }
}
