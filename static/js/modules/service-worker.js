const ADDRESS = "/sw.js";
const ARTICLES_LATER_MS = 8_000; // whatever the person came for goes first

/** Registers the service worker and tells it which page and language are shown, so that it keeps the public copy of it. */
export class ServiceWorker {
  /** @param {Document} page */
  constructor(page) {
    if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
    this.language = page.documentElement.lang;
    this.isMember = Boolean(page.querySelector("meta[name=companion-account]"));
    this.offer = page.querySelector("[data-new-version]");
    page.addEventListener("input", () => { this.isTouched = true; }, { once: true });
    if (page.readyState === "complete") this.register();
    else window.addEventListener("load", () => this.register(), { once: true });
  }

  /** What it fetches to keep must not slow down the page that is being drawn. */
  register() {
    navigator.serviceWorker.register(trusted(ADDRESS)).then((registration) => {
      this.tell();
      this.watch(registration);
    }, () => {});
  }

  /** A new version waits until it is wanted or no page is open: it never takes a form away. @param {ServiceWorkerRegistration} registration */
  watch(registration) {
    const offer = () => this.offerNew(registration);
    if (registration.waiting) offer();
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", offer);
    });
  }

  offerNew(registration) {
    if (!this.offer || !registration.waiting || !navigator.serviceWorker.controller) return;
    this.offer.hidden = false;
    this.offer.querySelector("button").addEventListener("click", () => {
      navigator.serviceWorker.addEventListener("controllerchange", () => this.reload(), { once: true });
      registration.waiting?.postMessage({ activate: true });
      this.offer.hidden = true;
    }, { once: true });
  }

  reload() {
    if (!this.isTouched) window.location.reload();
  }

  async tell() {
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage({ visited: window.location.pathname, language: this.language });
    if (!this.isMember || navigator.connection?.saveData) return;
    setTimeout(() => active.postMessage({ articles: true, language: this.language }), ARTICLES_LATER_MS);
  }
}

/** The policy `companion` of the Content-Security-Policy lets this one address through. @param {string} address */
function trusted(address) {
  if (!window.trustedTypes) return address;
  const policy = window.trustedTypes.createPolicy("companion", {
    createScriptURL: (given) => {
      if (given !== ADDRESS) throw new TypeError(`not our script: ${given}`);
      return given;
    },
  });
  return policy.createScriptURL(address);
}
