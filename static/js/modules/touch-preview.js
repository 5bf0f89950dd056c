/** Shows at once how the page will be with this thumb and size; nothing is kept until Save. */
export class TouchPreview {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.page = element.ownerDocument.documentElement;
    element.addEventListener("change", () => this.show());
  }

  show() {
    const thumb = this.element.querySelector('[name="thumb"]:checked')?.value;
    this.set("thumb", thumb === "both" ? undefined : thumb);
    this.set("size", this.element.querySelector('[name="extra_large"]').checked ? "extra-large" : undefined);
  }

  /** @param {string} name @param {string | undefined} value */
  set(name, value) {
    if (value) this.page.dataset[name] = value;
    else delete this.page.dataset[name];
  }
}
