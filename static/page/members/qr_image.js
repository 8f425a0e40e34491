// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The QR code of a link. The server draws it as an SVG image, and the content policy allows no `data:` URL, so it becomes part
 * of the page: copied element by element, with nothing but what a drawing needs.
 * @module
 */

const SPACE = "http://www.w3.org/2000/svg";
/** The elements of a drawing, with their attributes. @type {Readonly<Record<string, readonly string[]>>} */
const PARTS = { rect: ["x", "y", "width", "height", "fill"], path: ["d", "fill"] };

/**
 * The image; null if the text is none.
 * @param {string} text Of an SVG image.
 * @param {string} label For those who do not see it.
 */
export function qrImage(text, label) {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const box = parsed.getAttribute("viewBox");
  if (parsed.localName !== "svg" || box === null) return null;
  const image = document.createElementNS(SPACE, "svg");
  image.setAttribute("class", "qr");
  image.setAttribute("viewBox", box);
  image.setAttribute("role", "img");
  image.setAttribute("aria-label", label);
  for (const part of parsed.children) {
    const attributes = Object.hasOwn(PARTS, part.localName) && PARTS[part.localName];
    if (attributes) image.append(copyOf(part, attributes));
  }
  return image;
}

/** @param {Element} part @param {readonly string[]} attributes */
function copyOf(part, attributes) {
  const copy = document.createElementNS(SPACE, part.localName);
  for (const name of attributes) {
    const value = part.getAttribute(name);
    if (value !== null) copy.setAttribute(name, value);
  }
  return copy;
}
