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
  return utf8Length(text) > max;
}

/** Up to this length a loop is faster than the encoder. */
const LOOP_LENGTH = 64;
// Never read. Allocating a buffer as long as each text would take ten times longer.
const scratch = new Uint8Array(16_384);

/** Length of a text in UTF-8, in bytes. A lone surrogate counts as three, since the encoder replaces it. */
export function utf8Length(text: string): number {
  if (text.length <= LOOP_LENGTH) return counted(text);
  let bytes = 0;
  for (let from = 0; from < text.length;) {
    const { read, written } = encoder.encodeInto(text.slice(from), scratch);
    from += read;
    bytes += written;
  }
  return bytes;
}

function counted(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    bytes += code < 0x800 ? 1 : 2;
    // The second half of a pair adds nothing: the two take four bytes.
    if (code >= 0xd800 && code < 0xdc00 && isLow(text.charCodeAt(i + 1))) i++;
  }
  return bytes;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
