import { askForTouch, hindrance, offersInFields, send } from "./passkeys.js";

const ASK_AGAIN_MS = 4 * 60_000; // what a browser was asked to sign is good for five minutes

/** One touch signs in: by the large key, or from the list under the mail field. Without this the mail is the way in. */
export class PasskeySignIn {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.form = document.querySelector("#sign-in");
    if (hindrance(element.dataset.domain)) return;
    element.hidden = false;
    element.querySelector("[data-touch]").addEventListener("click", () => this.byKey());
    this.underField();
  }

  async byKey() {
    this.waiting?.abort();
    this.show("");
    await this.signIn({});
    this.underField();
  }

  /** Where the browser can, passkeys stand in the list under the field; asked anew before the question is too old. */
  async underField() {
    if (this.isIn || !(await offersInFields())) return;
    this.waiting = new AbortController();
    const { signal } = this.waiting;
    const timer = setTimeout(() => { this.waiting.abort(); this.underField(); }, ASK_AGAIN_MS);
    signal.addEventListener("abort", () => clearTimeout(timer));
    await this.signIn({ mediation: "conditional", signal });
  }

  /** @param {CredentialRequestOptions} how */
  async signIn(how) {
    try {
      const options = await send(this.element.dataset.options);
      if (options?.status !== 200 || how.signal?.aborted) return this.show(how.signal ? "" : "failed");
      return await this.goIn(await askForTouch(options.json, how));
    } catch (error) {
      return this.show(how.signal || error.name === "AbortError" ? "" : "failed");
    }
  }

  async goIn(credential) {
    const said = new FormData(this.form);
    const tz = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
    const body = { credential, next: said.get("next"), shared_device: said.has("shared_device"), tz };
    const answer = await send(this.element.dataset.touchUrl, body);
    if (answer?.status !== 200) return this.show(answer?.json?.reason === "passkey_refused" ? "unknown" : "failed");
    this.isIn = true;
    return window.location.assign(answer.json.url);
  }

  /** @param {string} state */
  show(state) {
    for (const part of this.element.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
  }
}
