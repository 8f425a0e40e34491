/**
 * Replaces a table in a document that can otherwise be edited by hand.
 * @module
 */

/** The same document with another table between `<!-- NAME: … -->` and `<!-- /NAME -->`. Throws `RangeError` without these. */
export function withTable(markdown: string, name: string, table: string): string {
  const marked = new RegExp(`(<!-- ${name}:[^>]*-->\n)[^]*(<!-- /${name} -->)`);
  if (!marked.test(markdown)) {
    throw new RangeError(`Cannot write the table of ${name}: the markers are missing`);
  }
  return markdown.replace(
    marked,
    (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`,
  );
}
