// What the scripts about push messages share. Addresses and keys travel as base64url, as browsers write them.
const PATIENCE_MS = 20_000;

/** Whether this browser can get messages at all. */
export function canPush() {
  return window.isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** The registration of our worker; a browser that never gets there must not keep a page waiting. */
export function ready() {
  return inTime(navigator.serviceWorker.ready);
}

/** @param {ServiceWorkerRegistration} registration @param {string} key */
export function subscribe(registration, key) {
  return inTime(registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) }));
}

/** The fields that our server wants of a subscription. @param {PushSubscription} subscription @param {string} key */
export function fieldsOf(subscription, key) {
  const { endpoint, keys } = subscription.toJSON();
  return { endpoint, p256dh: keys.p256dh, auth: keys.auth, vapid_public: key };
}

/** The key that a subscription was made with, or nothing where the browser does not say. @param {PushSubscription} subscription */
export function keyOf(subscription) {
  const key = subscription.options?.applicationServerKey;
  if (!key) return "";
  const letters = Array.from(new Uint8Array(key), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} base64url */
function bytes(base64url) {
  const letters = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

/** @template T @param {Promise<T>} promise @param {number} patience @returns {Promise<T>} */
export function inTime(promise, patience = PATIENCE_MS) {
  const late = new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error("no answer")), patience);
  });
  return Promise.race([promise, late]);
}
