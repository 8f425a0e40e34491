/**
 * Many deeds, so many at a time: handshakes, which a server takes only so many of at once.
 * @module
 */

/**
 * Does it for 0 to `count` − 1, at most `atOnce` at a time. Rejects with the first failure when what was under way has
 * ended; begins nothing more after that, or after the signal.
 */
export async function inTurn(
  count: number,
  atOnce: number,
  signal: AbortSignal,
  deed: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const work = async () => {
    while (next < count && failure === undefined && !signal.aborted) {
      await deed(next++).catch((error) => failure ??= { error });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(atOnce, count)) }, work));
  if (failure) throw failure.error;
}
