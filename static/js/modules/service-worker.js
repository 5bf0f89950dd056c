const ADDRESS = "/sw.js";

/** Registers the service worker and tells it which page and language are shown, so that it keeps the public copy of it. */
export class ServiceWorker {
  /** @param {Document} page */
  constructor(page) {
    if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
    this.language = page.documentElement.lang;
    navigator.serviceWorker.register(trusted(ADDRESS)).then(() => this.tell(), () => {});
  }

  async tell() {
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage({ visited: window.location.pathname, language: this.language });
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
