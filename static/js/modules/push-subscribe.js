import { canPush, fieldsOf, ready, subscribe } from "./push.js";

/** The page before messages are switched on: shows what stands in the way, else one button that asks inside the tap. */
export class PushSubscribe {
  /** @param {HTMLFormElement} element */
  constructor(element) {
    this.form = element;
    this.parts = document.querySelectorAll("[data-push]");
    this.dock = document.querySelector("[data-push-dock]");
    this.show(hindrance());
    this.dock.querySelector("[data-push-button]").addEventListener("click", (event) => {
      event.preventDefault();
      this.ask();
    });
  }

  async ask() {
    try {
      const permission = await Notification.requestPermission();
      if (permission !== "granted") {
        this.show(permission === "denied" ? "blocked" : "ask");
        return;
      }
      this.show("working");
      const key = this.form.dataset.key;
      const fields = fieldsOf(await this.subscription(key), key);
      for (const [name, value] of Object.entries(fields)) this.form.elements.namedItem(name).value = value;
      this.form.submit();
    } catch {
      this.show("failed");
    }
  }

  /** One made with an older key of ours goes first: a browser has one subscription at a time. @param {string} key */
  async subscription(key) {
    const registration = await ready();
    try {
      return await subscribe(registration, key);
    } catch (error) {
      const old = await registration.pushManager.getSubscription();
      if (!old) throw error;
      await old.unsubscribe();
      return subscribe(registration, key);
    }
  }

  /** @param {string} state */
  show(state) {
    for (const part of this.parts) part.hidden = part.dataset.push !== state;
    this.dock.hidden = state !== "ask" && state !== "failed";
  }
}

function hindrance() {
  if (isApple() && !isInstalled()) return "iphone";
  if (!window.isSecureContext) return "insecure";
  if (!canPush()) return "unsupported";
  return Notification.permission === "denied" ? "blocked" : "ask";
}

/** An iPad calls itself a Mac, but no Mac has a touch screen. */
function isApple() {
  return /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes("Macintosh") && navigator.maxTouchPoints > 1);
}

function isInstalled() {
  return navigator.standalone === true || window.matchMedia("(display-mode: standalone)").matches;
}
