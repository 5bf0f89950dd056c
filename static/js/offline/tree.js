// A part of a page as plain data, and back: only elements and attributes that a form of ours needs, no script, no address elsewhere.
const ELEMENTS = new Set(`a b br button details div em fieldset form h1 h2 h3 h4 img input label legend li ol option output p section
  select small span strong summary textarea time ul svg path circle rect g line polyline polygon ellipse title use`.split(/\s+/));
const ADDRESSES = new Set(["href", "src", "action", "formaction", "xlink:href"]);
const SVG = "http://www.w3.org/2000/svg";

/** @param {Element} element @returns {any[] | null} */
export function picked(element) {
  const name = element.localName;
  if (!ELEMENTS.has(name)) return null;
  const attributes = [...element.attributes].filter(isHarmless).map((one) => [one.name, one.value]);
  const children = [...element.childNodes].map((node) => (node.nodeType === 3 ? node.data : node.nodeType === 1 ? picked(node) : null));
  return [name, attributes, children.filter((child) => child !== null && child !== "")];
}

function isHarmless({ name, value }) {
  if (name.startsWith("on") || name === "style" || name === "srcdoc") return false;
  return !ADDRESSES.has(name) || /^(\/(?!\/)|#|tel:)/.test(value);
}

/** @param {any[] | string} tree @returns {Node} */
export function drawn(tree, inSvg = false) {
  if (typeof tree === "string") return document.createTextNode(tree);
  const [name, attributes, children] = tree;
  if (!ELEMENTS.has(name)) return document.createTextNode("");
  const svg = inSvg || name === "svg";
  const element = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of attributes) if (isHarmless({ name: key, value })) element.setAttribute(key, value);
  element.append(...children.map((child) => drawn(child, svg)));
  return element;
}
