/** Fills a hidden field with the time zone of this device. */
export class TimeZone {
  /** @param {HTMLInputElement} element */
  constructor(element) {
    element.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  }
}
