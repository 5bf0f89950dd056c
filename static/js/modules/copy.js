/** A button that copies the field beside it. Without scripts the field can be marked and copied by hand. */
export class Copy {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.field = element.querySelector("[data-copy-from]");
    this.status = element.querySelector("[data-copied]");
    const button = element.querySelector("[data-copy]");
    button.hidden = false;
    button.addEventListener("click", () => this.copy());
  }

  /** Marks the text as well: where the browser refuses to copy, two taps on the phone's own menu do it. */
  async copy() {
    this.field.select();
    if (await copied(this.field.value)) this.status.textContent = this.status.dataset.copied;
  }
}

/** @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand("copy"); // plain http on a home network has no clipboard
  }
}
