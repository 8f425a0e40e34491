/**
 * Inserts generated text into a document that is also edited by hand.
 * @module
 */

/** The document with this text between the markers of that name. Throws if there are none. */
export function withSection(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: `, `<!-- /${name} -->`];
  const from = document.indexOf(begin);
  const after = document.indexOf("-->", from) + 3;
  const to = document.indexOf(end);
  if (from < 0 || to < after) throw new Error(`Cannot find the markers of ${name} in the document`);
  return `${document.slice(0, after)}\n\n${text}\n\n${document.slice(to)}`;
}
