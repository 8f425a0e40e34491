/**
 * A time limit for promises of the runtime or a library that may never settle.
 * @module
 */

/**
 * Settles like the promise, or rejects after `ms`. Leaves no timer behind, and does not cancel the operation.
 *
 * @param message Start of the error message, which continues with "within … ms".
 */
export async function withTimeout<T>(ms: number, message: string, promise: Promise<T>): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${message} within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
