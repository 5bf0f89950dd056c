// Starts one small class for each element with data-module. Every page works without this; a new behaviour adds a line here.
import { Copy } from "./modules/copy.js";
import { DeviceTest } from "./modules/device-test.js";
import { ErrorSummary } from "./modules/error-summary.js";
import { LabelScan } from "./modules/label-scan.js";
import { NextBox } from "./modules/next-box.js";
import { Leave } from "./modules/leave.js";
import { Photos } from "./modules/photos.js";
import { PrintPage } from "./modules/print-page.js";
import { PushRenew } from "./modules/push-renew.js";
import { PushSubscribe } from "./modules/push-subscribe.js";
import { Queue } from "./modules/queue.js";
import { SentBefore } from "./modules/sent-before.js";
import { ServiceWorker } from "./modules/service-worker.js";
import { Share } from "./modules/share.js";
import { Stepper } from "./modules/stepper.js";
import { SubmitOnce } from "./modules/submit-once.js";
import { Tapping } from "./modules/tapping.js";
import { TimeZone } from "./modules/time-zone.js";
import { Touch } from "./modules/touch.js";
import { TouchPreview } from "./modules/touch-preview.js";
import { Waiting } from "./modules/waiting.js";

const MODULES = {
  copy: Copy,
  "device-test": DeviceTest,
  "error-summary": ErrorSummary,
  "label-scan": LabelScan,
  "next-box": NextBox,
  leave: Leave,
  photos: Photos,
  "print-page": PrintPage,
  "push-renew": PushRenew,
  "push-subscribe": PushSubscribe,
  queue: Queue,
  share: Share,
  stepper: Stepper,
  tapping: Tapping,
  "time-zone": TimeZone,
  touch: Touch,
  "touch-preview": TouchPreview,
  waiting: Waiting,
};

/** @param {Document | Element} root */
function start(root) {
  for (const element of root.querySelectorAll("[data-module]")) {
    for (const name of element.dataset.module.split(" ")) {
      const Module = MODULES[name];
      if (Module) new Module(element);
    }
  }
}

new SubmitOnce(document);
new SentBefore(document);
start(document);
document.addEventListener("companion:drawn", (event) => start(event.target));
new ServiceWorker(document);
if (document.querySelector("[data-offline]")) import("./modules/offline-page.js").then(({ OfflinePage }) => new OfflinePage(document));
