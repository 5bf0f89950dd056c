/** Moves the focus to what needs fixing, and from there to the field that a link names. */
export class ErrorSummary {
  /** @param {HTMLElement} element */
  constructor(element) {
    element.addEventListener("click", (event) => this.follow(event));
    element.focus();
    this.standForTheForm();
  }

  /** Back from the next page comes to the form again, not to the question whether to send a refused one once more. */
  standForTheForm() {
    const from = document.referrer && new URL(document.referrer);
    if (from && from.origin === location.origin) history.replaceState(history.state, "", from);
  }

  /** A fragment link to an input scrolls but does not always focus it. @param {MouseEvent} event */
  follow(event) {
    const link = event.target instanceof Element ? event.target.closest("a[href^='#']") : null;
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    const heading = field.closest("fieldset, .field, .stepper") || field;
    heading.scrollIntoView({ block: "start" });
    field.focus({ preventScroll: true });
  }
}
