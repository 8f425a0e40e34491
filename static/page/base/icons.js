// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The icons of buttons. An element of index.html names its icon in `data-icon`.
 * @module
 */

// Paths in a 24 by 24 box, drawn with strokes only.
const ICONS = {
  menu: "M4 7h16M4 12h16M4 17h10",
  people:
    "M5.5 8a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0M2.5 20c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14.9c1.9.7 3.1 2.4 3.5 5.1",
  leave:
    "M14 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H14M10.5 12H20m-3.5-3.5L20 12l-3.5 3.5",
  settings:
    "M4 7h9m5 0h2M4 17h3m5 0h8M13 7a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0M7 17a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0",
  close: "m6 6 12 12M18 6 6 18",
  smile:
    "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M8.5 14c.8 1.4 2 2.1 3.5 2.1s2.7-.7 3.5-2.1M9 9.5v.5m6-.5v.5",
  send: "M12 19V5.5M6 11.2l6-6 6 6",
  lock: "M6.5 10.5h11v9h-11zM9 10.5V8a3 3 0 0 1 6 0v2.5",
  person: "M8.5 8a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0M5 20c.7-3.6 3.4-5.5 7-5.5s6.3 1.9 7 5.5",
  block: "M4 12a8 8 0 1 0 16 0a8 8 0 1 0-16 0M6.4 6.4l11.2 11.2",
  message: "M4 5.5h16v11h-9l-4.5 3.5v-3.5H4z",
  plus: "M12 5.5v13M5.5 12h13",
  addPerson:
    "M6 8a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0M3 20c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5M18.5 8v6M15.5 11h6",
  search: "M4.5 10.5a6 6 0 1 0 12 0a6 6 0 1 0-12 0M15 15l5 5",
};

/** An icon. @param {string} name */
export function icon(name) {
  return iconOf(new Map(Object.entries(ICONS)).get(name) ?? "");
}

/** @param {string} lines The `d` attribute of a path. */
export function iconOf(lines) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", lines);
  svg.append(path);
  return svg;
}

/** Inserts the icons that the markup names. Call it once per part. @param {ParentNode} part */
export function drawIcons(part) {
  for (const element of part.querySelectorAll("[data-icon]")) {
    element.prepend(icon(element.getAttribute("data-icon") ?? ""));
  }
}
