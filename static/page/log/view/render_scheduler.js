// @ts-check
/// <reference lib="dom" />
/**
 * Schedules rendering of the log and loading of further messages. Messages that arrive between two frames are rendered together,
 * since a layout per message would stall the page of a busy room. Messages out of view wait until those
 * in view are rendered. A hidden page gets no frames, so messages are rendered when it is shown again.
 * @module
 */

const EXTEND_DELAY_MS = 250;

/** Schedules the rendering of one log. */
export class RenderScheduler {
  #draw;
  #extend;
  #frame = 0;
  #isUrgent = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {() => void} draw
   * @param {() => void} extend
   */
  constructor(draw, extend) {
    this.#draw = draw;
    this.#extend = extend;
  }

  /** Renders in the next frame. */
  schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
      if (this.#isUrgent) this.#extend();
      this.#isUrgent = false;
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#extend();
      }, EXTEND_DELAY_MS);
    });
  }

  /** Loads more messages in the next frame. */
  extendNow() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isUrgent = true;
    this.schedule();
  }

  /** Cancels scheduled work. */
  clear() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
