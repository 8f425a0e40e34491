// @ts-check
/// <reference lib="dom" />
/**
 * When the log is drawn, and when it looks for more to be drawn. What comes between two pictures enters the page together,
 * since asking for the layout once per line would stall the page of a busy room. What is out of view can wait until what is
 * in view is there. In the background there are no pictures, so that what comes is drawn when somebody looks.
 * @module
 */

const SOON_MS = 250;

/** The turns of one log. */
export class Turns {
  #draw;
  #extend;
  #drawing = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #extending;

  /**
   * @param {() => void} draw
   * @param {() => void} extend
   */
  constructor(draw, extend) {
    this.#draw = draw;
    this.#extend = extend;
  }

  /** Draws with the next picture. */
  plan() {
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      this.#draw();
      this.#extending ??= setTimeout(() => {
        this.#extending = undefined;
        this.#extend();
      }, SOON_MS);
    });
  }

  /** Forgets what was planned. */
  clear() {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = 0;
    clearTimeout(this.#extending);
    this.#extending = undefined;
  }
}
