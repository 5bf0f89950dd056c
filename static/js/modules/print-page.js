/** Shows a key that opens the browser's own print page; without a script there is the browser's menu. */
export class PrintPage {
  /** @param {HTMLElement} element */
  constructor(element) {
    element.hidden = false;
    element.querySelector("button").addEventListener("click", () => window.print());
  }
}
