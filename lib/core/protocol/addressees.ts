/**
 * To whom a line such as `/msg Bob meet me at 9` goes. Names can contain spaces, so a name can be the beginning of another:
 * the line fits `Bob` and `Bob meet`. Never choose between them, or users could choose names that intercept messages.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const people = [{ name: "Bob" }, { name: "Bob meet" }];
 * const fitting = (line: string) => findAddressees(people, line).map(({ person: { name }, text }) => [name, text]);
 * assert.deepEqual(fitting("Bob meet me"), [["Bob", "meet me"], ["Bob meet", "me"]]);
 * assert.deepEqual(fitting('"Bob" meet me'), [["Bob", "meet me"]]);
 * ```
 * @module
 */
import { quotedName } from "../names/shown_name.ts";

/** A user whom a line may be meant for, and what follows the name. */
export interface Addressee<P> {
  /** Who it is. */
  readonly person: P;
  /** The line without the name and the space after it. */
  readonly text: string;
}

/**
 * All users whose name, with or without double quotes around it, begins a line and is followed by a space. A name that contains
 * double quotes counts only with others around it: otherwise `"Bob"` would fit whatever is meant for Bob.
 */
export function findAddressees<P extends { readonly name: string }>(
  people: readonly P[],
  line: string,
): readonly Addressee<P>[] {
  return people.flatMap((person) => {
    const { name } = person;
    const forms = name.includes('"') ? [quotedName(name)] : [name, quotedName(name)];
    const form = forms.find((it) => line.startsWith(`${it} `));
    return form === undefined ? [] : [{ person, text: line.slice(form.length + 1) }];
  });
}

/** Why a line is not carried out that fits several people. */
export function ambiguityText(people: readonly { readonly name: string }[]): string {
  const names = people.map(({ name }) => quotedName(name)).join(", ");
  return `nothing was done, since several people here fit: ${names}; write the name in double quotes`;
}
