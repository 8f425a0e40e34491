// @ts-check
/**
 * The icon of moderation.
 * @module
 */

/** Its path, as in `base/icons.js`. */
export const SHIELD = "M12 3.5 19 6v5.5c0 4.2-2.8 7.4-7 9-4.2-1.6-7-4.8-7-9V6z";
