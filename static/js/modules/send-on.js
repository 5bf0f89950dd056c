/** A form that waited until its person had shown that it is them goes on by itself. */
export class SendOn {
  /** @param {HTMLFormElement} element */
  constructor(element) {
    HTMLFormElement.prototype.submit.call(element);
  }
}
