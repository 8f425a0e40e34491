/**
 * Draws links as QR codes. The package is loaded on first use, which most processes never need.
 * @module
 */

/** A link as an SVG image, for pages. */
export async function qrCode(link: string): Promise<string> {
  const { renderSVG } = await import("uqr");
  return renderSVG(link);
}

/** A link in characters, for terminals. */
export async function qrCodeText(link: string): Promise<string> {
  const { renderUnicodeCompact } = await import("uqr");
  return renderUnicodeCompact(link);
}
