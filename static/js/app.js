// Starts one small class for each element with data-module. Every page works without this; a new behaviour adds a line here.
import { ErrorSummary } from "./modules/error-summary.js";
import { SentBefore } from "./modules/sent-before.js";
import { ServiceWorker } from "./modules/service-worker.js";
import { Stepper } from "./modules/stepper.js";
import { SubmitOnce } from "./modules/submit-once.js";
import { TimeZone } from "./modules/time-zone.js";
import { Touch } from "./modules/touch.js";
import { Waiting } from "./modules/waiting.js";

const MODULES = {
  "error-summary": ErrorSummary,
  stepper: Stepper,
  "time-zone": TimeZone,
  touch: Touch,
  waiting: Waiting,
};

/** What few pages need is loaded there alone: a phone on a slow line waits for nothing else. */
const ON_FEW_PAGES = {
  confirm: async () => (await import("./modules/confirm.js")).Confirm,
  copy: async () => (await import("./modules/copy.js")).Copy,
  "device-clock": async () => (await import("./modules/device-clock.js")).DeviceClock,
  "device-test": async () => (await import("./modules/device-test.js")).DeviceTest,
  "label-scan": async () => (await import("./modules/label-scan.js")).LabelScan,
  leave: async () => (await import("./modules/leave.js")).Leave,
  "next-box": async () => (await import("./modules/next-box.js")).NextBox,
  "passkey-add": async () => (await import("./modules/passkey-add.js")).PasskeyAdd,
  "passkey-sign-in": async () => (await import("./modules/passkey-sign-in.js")).PasskeySignIn,
  photos: async () => (await import("./modules/photos.js")).Photos,
  "print-page": async () => (await import("./modules/print-page.js")).PrintPage,
  "push-renew": async () => (await import("./modules/push-renew.js")).PushRenew,
  "push-subscribe": async () => (await import("./modules/push-subscribe.js")).PushSubscribe,
  queue: async () => (await import("./modules/queue.js")).Queue,
  "send-here": async () => (await import("./modules/send-here.js")).SendHere,
  "send-on": async () => (await import("./modules/send-on.js")).SendOn,
  share: async () => (await import("./modules/share.js")).Share,
  tapping: async () => (await import("./modules/tapping.js")).Tapping,
  "touch-preview": async () => (await import("./modules/touch-preview.js")).TouchPreview,
};

/** @param {Document | Element} root */
function start(root) {
  for (const element of root.querySelectorAll("[data-module]")) {
    for (const name of element.dataset.module.split(" ")) {
      if (MODULES[name]) new MODULES[name](element);
      else ON_FEW_PAGES[name]?.().then((Module) => new Module(element));
    }
  }
}

new SubmitOnce(document);
new SentBefore(document);
start(document);
document.addEventListener("companion:drawn", (event) => start(event.target));
new ServiceWorker(document);
const lock = document.querySelector("meta[name=companion-lock]");
if (lock) import("./modules/lock.js").then(({ Lock }) => new Lock(document, lock.content));
if (document.querySelector("[data-offline]")) import("./modules/offline-page.js").then(({ OfflinePage }) => new OfflinePage(document));
