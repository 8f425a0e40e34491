/**
 * Limits concurrency: a server accepts only a limited number of handshakes at once.
 * @module
 */

/**
 * Calls `fn` for 0 to `count` − 1, at most `atOnce` at a time. Makes no further calls after a failure or an abort. Rejects
 * with the first failure when the calls in progress have ended.
 */
export async function forEachConcurrent(
  count: number,
  atOnce: number,
  signal: AbortSignal,
  fn: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const runNext = async () => {
    while (next < count && failure === undefined && !signal.aborted) {
      await fn(next++).catch((error) => failure ??= { error });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(atOnce, count)) }, runNext));
  if (failure) throw failure.error;
}
