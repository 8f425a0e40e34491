/**
 * How long a text is in UTF-8, which is how the protocol counts (RFC 6455 §5.6). `text.length` counts UTF-16 code units
 * and is off by up to three times.
 * @module
 */

const encoder = new TextEncoder();

/** Whether a text takes more than `max` bytes in UTF-8; encodes only where the length leaves it open. */
export function exceedsBytes(text: string, max: number): boolean {
  if (text.length > max) return true;
  if (text.length * 3 <= max) return false;
  return encoder.encode(text).length > max;
}
