/**
 * The format of the load generator's texts: `~ppppp.ssssssss.tttttttttttt~` (publisher, its sequence number, send time in
 * microseconds since the run began), then padding. The marker is searched as bytes in whatever message the server sends:
 * decoding each delivery would cost more than the delivery.
 * @module
 */

/** Minimum length of a text. */
export const MARKER_BYTES = 29;
/** Exclusive upper bounds of the fields. */
export const MARKER_LIMITS = { publisher: 100_000, seq: 100_000_000 } as const;

const TILDE = 0x7e;
const DOT = 0x2e;
const ZERO = 0x30;
const SEQ_AT = 7;
const TIME_AT = 16;

/** A text with a marker. @param textBytes Its length; at least {@linkcode MARKER_BYTES}. */
export function markedText(
  publisher: number,
  seq: number,
  saidMicros: number,
  textBytes: number,
): string {
  const digits = (value: number, width: number) => String(value).padStart(width, "0");
  const marker = `~${digits(publisher, 5)}.${digits(seq, 8)}.${digits(saidMicros, 12)}~`;
  return marker.padEnd(textBytes, "x");
}

/** Index of the first marker at or after `from` that ends before `to`; -1 if there is none. */
export function findMarker(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at + MARKER_BYTES <= to; at++) {
    if (bytes[at] === TILDE && isMarker(bytes, at)) return at;
  }
  return -1;
}

function isMarker(bytes: Uint8Array, at: number): boolean {
  return bytes[at + MARKER_BYTES - 1] === TILDE && bytes[at + SEQ_AT - 1] === DOT &&
    bytes[at + TIME_AT - 1] === DOT;
}

/** The publisher in the marker at this index. */
export function publisherAt(bytes: Uint8Array, marker: number): number {
  return numberAt(bytes, marker + 1, 5);
}

/** The sequence number in the marker, from 0 for each publisher. */
export function seqAt(bytes: Uint8Array, marker: number): number {
  return numberAt(bytes, marker + SEQ_AT, 8);
}

/** The send time in the marker, in microseconds since the run began. */
export function saidMicrosAt(bytes: Uint8Array, marker: number): number {
  return numberAt(bytes, marker + TIME_AT, 12);
}

function numberAt(bytes: Uint8Array, from: number, digits: number): number {
  let value = 0;
  for (let at = from; at < from + digits; at++) value = value * 10 + (bytes[at] ?? ZERO) - ZERO;
  return value;
}
