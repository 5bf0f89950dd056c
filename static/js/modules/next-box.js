/** After one digit from 0 to 4 the cursor goes to the next box, so that a month is typed without a key in between. */
export class NextBox {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    const boxes = [...form.querySelectorAll("[data-next]")];
    form.addEventListener("input", (event) => {
      const at = boxes.indexOf(event.target);
      if (at < 0 || !/^[0-4]$/.test(event.target.value)) return;
      boxes[at + 1]?.focus();
    });
    form.addEventListener("focusin", (event) => {
      if (boxes.includes(event.target)) event.target.select();
    });
  }
}
