import { post } from "../offline/transport.js";

/** A long form is sent from its page: where nobody answers for the server, the page stays with all that was typed. */
export class SendHere {
  /** @param {HTMLFormElement} element */
  constructor(element) {
    this.form = element;
    this.told = element.querySelector("[data-not-sent]");
    // After the listener that stops a second tap.
    document.addEventListener("submit", (event) => event.target === element && this.submit(event));
  }

  /** @param {SubmitEvent} event */
  async submit(event) {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (this.isBusy) return;
    this.isBusy = true;
    await this.send().finally(() => { this.isBusy = false; });
  }

  /** Its key makes a second sending harmless, also where only the answer was lost. */
  async send() {
    const said = new URLSearchParams(new FormData(this.form));
    const answer = await post(this.form.getAttribute("action"), said, { Accept: "application/json", "X-Opens-Page": "1" });
    const { status = 0, json = null } = answer ?? {};
    if (status === 201 && json?.client_id === said.get("client_id")) return window.location.assign(json.url);
    const isRefused = json?.status === status && status >= 400 && status < 500 && status !== 401;
    if (isRefused) return HTMLFormElement.prototype.submit.call(this.form); // the server's page shows what to mend
    this.told.hidden = false;
    this.told.focus();
    return this.told.scrollIntoView({ block: "center" });
  }
}
