/** A button that hands the text beside it to the phone's share sheet; hidden where there is none. */
export class Share {
  /** @param {HTMLElement} element */
  constructor(element) {
    const button = element.querySelector("[data-share]");
    const field = element.querySelector("[data-copy-from]");
    if (!navigator.share) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.share({ text: field.value }).catch(() => {}); // closing the sheet is no error
    });
  }
}
