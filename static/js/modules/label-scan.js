const FORMATS = ["data_matrix", "qr_code"];
const LOOK_EVERY_MS = 200;
const BUZZ_MS = 80;
const LABEL_CODE = /^(\][a-z]\d)?\x1d?(\(?(01|10|17|21)\)?)/i;

/** Reads label codes with the camera, each as a line of the field. Offered only where the browser can read such codes. */
export class LabelScan {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.words = element.dataset;
    this.field = element.querySelector("textarea");
    [this.start, this.panel, this.video, this.stop, this.light, this.status] = [
      "start", "panel", "video", "stop", "light", "status",
    ].map((name) => element.querySelector(`[data-scan="${name}"]`));
    this.read = new Set();
    this.start.addEventListener("click", () => this.open());
    this.stop.addEventListener("click", () => this.close());
    this.light.addEventListener("click", () => this.switchLight());
    window.addEventListener("pagehide", () => this.close());
    document.addEventListener("visibilitychange", () => document.hidden && this.close());
    this.offer();
  }

  async offer() {
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
    const known = await window.BarcodeDetector.getSupportedFormats().catch(() => []);
    const formats = FORMATS.filter((format) => known.includes(format));
    if (!formats.length) return;
    this.detector = new window.BarcodeDetector({ formats });
    this.start.hidden = false;
  }

  async open() {
    if (this.stream) return;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      this.say(this.words.refused);
      return;
    }
    this.show(true);
    const [track] = this.stream.getVideoTracks();
    this.light.hidden = !track.getCapabilities?.().torch;
    this.video.srcObject = this.stream;
    this.say(this.words.hold);
    this.stop.focus();
    await this.video.play().catch(() => {});
    this.look();
  }

  /** Look at what the camera shows, again and again until it is closed. */
  async look() {
    const stream = this.stream;
    if (!stream) return;
    const found = await this.detector.detect(this.video).catch(() => []);
    if (this.stream !== stream) return;
    for (const code of found) this.take(code.rawValue);
    setTimeout(() => this.look(), LOOK_EVERY_MS);
  }

  /** A code is written down once, however long it is held. @param {string} code */
  take(code) {
    if (this.read.has(code)) return;
    if (!LABEL_CODE.test(code)) {
      this.say(this.words.strange);
      return;
    }
    this.read.add(code);
    const before = this.field.value.trimEnd();
    const line = code.replace(/^\x1d/, "").replaceAll("\x1d", "<GS>"); // the mark between parts, where eyes can see it
    this.field.value = `${before}${before && "\n"}${line}\n`;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    this.say(this.words.read.replace("{count}", String(this.read.size)));
    navigator.vibrate?.(BUZZ_MS);
  }

  close() {
    if (!this.stream) return;
    for (const track of this.stream.getTracks()) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.show(false);
    this.start.focus();
  }

  async switchLight() {
    const on = this.light.getAttribute("aria-pressed") !== "true";
    const [track] = this.stream?.getVideoTracks() ?? [];
    await track?.applyConstraints({ advanced: [{ torch: on }] }).then(
      () => this.light.setAttribute("aria-pressed", String(on)),
      () => { this.light.hidden = true; },
    );
  }

  /** @param {boolean} open */
  show(open) {
    this.panel.hidden = !open;
    this.start.hidden = open;
  }

  /** @param {string} words */
  say(words) {
    this.status.textContent = words;
  }
}
