const KEPT = "sent-before";

/** Back, then Save again: a form that nobody changed carries the key of the first time, so that the server knows it again. */
export class SentBefore {
  /** @param {Document} page */
  constructor(page) {
    const [way] = performance.getEntriesByType("navigation");
    this.cameBack = way?.type === "back_forward";
    page.addEventListener("submit", (event) => this.check(event));
  }

  /** @param {SubmitEvent} event */
  check({ target: form, submitter, defaultPrevented }) {
    if (defaultPrevented || form.method !== "post") return;
    const key = form.elements.namedItem("client_id");
    const print = fingerprint(form, submitter);
    try {
      const [last, used] = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
      if (key && this.cameBack && last === print) key.value = used;
      sessionStorage.setItem(KEPT, JSON.stringify([print, key?.value]));
    } catch {
      // A browser that keeps nothing: the second Save is a second row, and its page offers Undo.
    }
  }
}

/** A short digest of where a form goes and of what it says; what was typed is not kept. */
function fingerprint(form, submitter) {
  const said = [...new FormData(form)].filter(([name]) => name !== "client_id");
  if (submitter?.name) said.push([submitter.name, submitter.value]);
  const text = JSON.stringify([form.getAttribute("action"), said.map(([name, value]) => [name, value.name ?? value, value.size])]);
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return `${text.length}.${hash >>> 0}`;
}
