import { canPush, inTime } from "./push.js";

const PATIENCE_MS = 1500;

/** Signing out: the browser forgets its address for messages as well. The server stops sending in any case. */
export class PushLeave {
  /** @param {HTMLFormElement} element */
  constructor(element) {
    if (!canPush()) return;
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      inTime(forget(), PATIENCE_MS).catch(() => {}).finally(() => element.submit());
    }, { once: true });
  }
}

async function forget() {
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  await subscription?.unsubscribe();
}
