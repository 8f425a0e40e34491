/**
 * The length of a text in UTF-8, which is what the protocol counts (RFC 6455 §5.6). Do not use `text.length` for it: it
 * counts UTF-16 code units, each of which takes up to three bytes.
 * @module
 */

const encoder = new TextEncoder();

/** Whether a text is longer than `max` bytes in UTF-8. Encodes only if `text.length` does not decide it. */
export function exceedsBytes(text: string, max: number): boolean {
  if (text.length > max) return true;
  if (text.length * 3 <= max) return false;
  return utf8Length(text) > max;
}

/** Up to this length a loop is faster than the encoder. */
const LOOP_LENGTH = 64;
// Never read. Allocating a buffer as long as each text would take ten times longer.
const scratch = new Uint8Array(16_384);

/** Length of a text in UTF-8, in bytes. A lone surrogate counts as three, since the encoder replaces it. */
export function utf8Length(text: string): number {
  if (text.length <= LOOP_LENGTH) return countBytes(text);
  let bytes = 0;
  for (let from = 0; from < text.length;) {
    const { read, written } = encoder.encodeInto(text.slice(from), scratch);
    from += read;
    bytes += written;
  }
  return bytes;
}

function countBytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    bytes += code < 0x800 ? 1 : 2;
    // The second half of a pair adds nothing: the two take four bytes.
    if (code >= 0xd800 && code < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) i++;
  }
  return bytes;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
