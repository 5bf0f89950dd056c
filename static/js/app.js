// Starts one small class for each element with data-module. Every page works without this; a new behaviour adds a line here.
import { Copy } from "./modules/copy.js";
import { DeviceTest } from "./modules/device-test.js";
import { ErrorSummary } from "./modules/error-summary.js";
import { LabelScan } from "./modules/label-scan.js";
import { NextBox } from "./modules/next-box.js";
import { Photos } from "./modules/photos.js";
import { PrintPage } from "./modules/print-page.js";
import { PushLeave } from "./modules/push-leave.js";
import { PushRenew } from "./modules/push-renew.js";
import { PushSubscribe } from "./modules/push-subscribe.js";
import { SentBefore } from "./modules/sent-before.js";
import { ServiceWorker } from "./modules/service-worker.js";
import { Share } from "./modules/share.js";
import { Stepper } from "./modules/stepper.js";
import { SubmitOnce } from "./modules/submit-once.js";
import { Tapping } from "./modules/tapping.js";
import { TimeZone } from "./modules/time-zone.js";
import { Touch } from "./modules/touch.js";
import { TouchPreview } from "./modules/touch-preview.js";

const MODULES = {
  copy: Copy,
  "device-test": DeviceTest,
  "error-summary": ErrorSummary,
  "label-scan": LabelScan,
  "next-box": NextBox,
  photos: Photos,
  "print-page": PrintPage,
  "push-leave": PushLeave,
  "push-renew": PushRenew,
  "push-subscribe": PushSubscribe,
  share: Share,
  stepper: Stepper,
  tapping: Tapping,
  "time-zone": TimeZone,
  touch: Touch,
  "touch-preview": TouchPreview,
};

for (const element of document.querySelectorAll("[data-module]")) {
  for (const name of element.dataset.module.split(" ")) {
    const Module = MODULES[name];
    if (Module) new Module(element);
  }
}
new SubmitOnce(document);
new SentBefore(document);
new ServiceWorker(document);
