/**
 * Draws links as QR codes. The package is loaded on first use, which most processes never need.
 * @module
 */

/** The margin that scanners may rely on (ISO/IEC 18004 §6.3.8). */
const QUIET_MODULES = 4;
/** In a terminal, every line counts, and those around it are empty. */
const TERMINAL_MODULES = 2;

/** A link as an SVG image, for pages. */
export async function qrCode(link: string): Promise<string> {
  const { renderSVG } = await import("uqr");
  return renderSVG(link, { border: QUIET_MODULES });
}

/** A link in characters, for terminals. */
export async function qrCodeText(link: string): Promise<string> {
  const { renderUnicodeCompact } = await import("uqr");
  return renderUnicodeCompact(link, { border: TERMINAL_MODULES });
}
