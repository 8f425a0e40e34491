// @ts-check
/// <reference lib="dom" />
/**
 * Shows rooms and people as drawers on screens too narrow to show them beside the log. An open drawer makes the rest of the page
 * inert; Esc, a click outside, and going to a room close it. The style sheet has the widths at which they become drawers,
 * as the same two lengths.
 * @module
 */

import { find, onClick } from "../base/dom.js";

/** @typedef {{ panel: HTMLElement, opener: HTMLElement, narrow: MediaQueryList }} Drawer */

/** Both drawers; at most one is open. */
export class Drawers {
  #main = find("conversation", HTMLElement);
  #skip = find("skip", HTMLElement);
  #backdrop = find("backdrop", HTMLElement);
  /** @type {readonly Drawer[]} */
  #drawers = [
    {
      panel: find("sidebar", HTMLElement),
      opener: find("open-rooms", HTMLElement),
      narrow: matchMedia("(width < 45rem)"),
    },
    {
      panel: find("people", HTMLElement),
      opener: find("open-people", HTMLElement),
      narrow: matchMedia("(width < 68rem)"),
    },
  ];
  /** @type {Drawer | null} */
  #open = null;

  constructor() {
    for (const drawer of this.#drawers) {
      onClick(drawer.opener, () => this.#show(drawer));
      drawer.narrow.addEventListener("change", ({ matches }) => {
        // The screen is wide enough now: this is no longer a drawer.
        if (!matches && this.#open === drawer) this.close();
      });
      for (const button of drawer.panel.querySelectorAll(".drawer-close")) {
        if (button instanceof HTMLElement) onClick(button, () => this.close());
      }
    }
    onClick(this.#backdrop, () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) this.close();
    });
  }

  /** Closes the open drawer and returns the focus to its button. */
  close() {
    const was = this.#open;
    if (!was) return;
    this.#open = null;
    this.#draw();
    was.opener.focus();
  }

  /** @param {Drawer} drawer */
  #show(drawer) {
    this.#open = drawer;
    this.#draw();
    const first = drawer.panel.querySelector(".drawer-close");
    if (first instanceof HTMLElement) first.focus();
  }

  #draw() {
    for (const { panel } of this.#drawers) {
      panel.classList.toggle("open", panel === this.#open?.panel);
      panel.inert = this.#open !== null && panel !== this.#open.panel;
    }
    this.#main.inert = this.#skip.inert = this.#open !== null;
    this.#backdrop.hidden = this.#open === null;
  }
}
