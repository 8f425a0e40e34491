/**
 * A time limit on something that the runtime or a library may never finish.
 * @module
 */

/** What the promise brings, or a rejection where it takes too long. Leaves no timer behind. @param why The rejection's message. */
export async function within<T>(ms: number, why: string, promise: Promise<T>): Promise<T> {
  const { promise: passed, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${why} within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, passed]);
  } finally {
    clearTimeout(timer);
  }
}
