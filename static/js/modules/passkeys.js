// What pages share that ask for a touch: whether this browser can, what it is asked, and what it answers.

/** Whether a touch can be asked for here: passkeys belong to one name, and need https or this very machine. @param {string} domain */
export function hindrance(domain) {
  if (!window.isSecureContext) return "insecure";
  if (!window.PublicKeyCredential || !navigator.credentials) return "unsupported";
  const here = window.location.hostname;
  return here === domain || here.endsWith(`.${domain}`) ? "" : "elsewhere";
}

/** Whether the browser can offer passkeys in the list under a field. */
export async function offersInFields() {
  try {
    return (await window.PublicKeyCredential.isConditionalMediationAvailable?.()) === true;
  } catch {
    return false;
  }
}

/** @param {object} options as the server gives them @param {CredentialRequestOptions} [more] */
export async function askForTouch(options, more = {}) {
  const publicKey = window.PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: described(options.allowCredentials),
  };
  return toJSON(await navigator.credentials.get({ ...more, publicKey }));
}

/** @param {object} options as the server gives them */
export async function makePasskey(options) {
  const publicKey = window.PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  };
  return toJSON(await navigator.credentials.create({ publicKey }));
}

/** JSON to an address of ours; {status, json}, or null where nobody answers. @param {string} url @param {object} [body] */
export async function send(url, body = {}) {
  try {
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, json: await response.json() };
  } catch {
    return null;
  }
}

function described(list = []) {
  return list.map((one) => ({ ...one, id: bytes(one.id) }));
}

/** Older browsers cannot write it themselves. @param {PublicKeyCredential} made */
function toJSON(made) {
  if (made.toJSON) return made.toJSON();
  const { response } = made;
  const parts = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = letters(response[name]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  return { id: made.id, rawId: letters(made.rawId), type: made.type, response: parts, clientExtensionResults: {} };
}

function bytes(base64url) {
  const plain = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function letters(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
