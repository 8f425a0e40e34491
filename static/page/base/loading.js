// @ts-check
/**
 * Loads parts of the page on demand.
 * @module
 */

/**
 * Loads something once, on the first call. After a failure the next call tries another URL: browsers remember
 * that a module failed to load.
 * @template T
 * @param {(query: string) => Promise<T>} load Appends the query to the URL.
 * @returns {() => Promise<T>}
 */
export function loadOnce(load) {
  let attempts = 0;
  /** @type {Promise<T> | undefined} */
  let loading;
  return () =>
    loading ??= load(attempts++ === 0 ? "" : `?${attempts}`).catch((error) => {
      loading = undefined;
      throw error;
    });
}
