import { canPush, fieldsOf, keyOf, ready, subscribe } from "./push.js";

/** Keeps the server's idea of this browser true: a new address, a new key of ours, a subscription that the browser lost.
    It asks for nothing: without permission, or where messages were never switched on, it does nothing. */
export class PushRenew {
  /** @param {HTMLElement} element `data-key` our key, `data-mark` the hash of the address that the server knows, `data-lost` where it was told that it is dead. */
  constructor(element) {
    this.known = element.dataset;
    if (canPush() && Notification.permission === "granted") this.check().catch(() => {});
  }

  async check() {
    const registration = await ready();
    const now = await registration.pushManager.getSubscription();
    const { key, mark, lost } = this.known;
    if (!now && !mark && !lost) return;
    const stale = now && keyOf(now) && keyOf(now) !== key;
    if (now && !stale && !lost && (await markOf(now.endpoint)) === mark) return;
    if (now && !stale && !lost) await this.tell(registration, now, null);
    else await this.renew(registration, now);
  }

  /** @param {ServiceWorkerRegistration} registration @param {PushSubscription | null} old */
  async renew(registration, old) {
    const proof = old && fieldsOf(old, "");
    if (old) await old.unsubscribe();
    await this.tell(registration, await subscribe(registration, this.known.key), proof);
  }

  /** @param {ServiceWorkerRegistration} registration @param {PushSubscription} subscription @param {object | null} old */
  async tell(registration, subscription, old) {
    const body = JSON.stringify({ ...fieldsOf(subscription, this.known.key), old });
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    const response = await fetch("/push/renewals", { method: "POST", headers, body });
    const { state } = response.ok ? await response.json() : {};
    if (state === "leave") await subscription.unsubscribe();
    if (state === "fresh" && !old) await this.renew(registration, subscription);
  }
}

/** @param {string} text */
async function markOf(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
