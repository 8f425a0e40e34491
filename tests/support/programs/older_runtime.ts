/**
 * Makes this runtime lack what older ones lack, so that the replacements are tested here too.
 * @module
 */
import assert from "node:assert/strict";
import { StatementSync } from "node:sqlite";

/**
 * Removes a property, from the object or from where it inherits it, until disposed. Fails when it does not exist, since
 * nothing would be tested then.
 */
export function withoutProperty(object: object, property: string): Disposable {
  const owner = ownerOf(object, property);
  const before = Object.getOwnPropertyDescriptor(owner, property);
  assert.ok(before && Reflect.deleteProperty(owner, property), `Cannot take ${property} away`);
  return { [Symbol.dispose]: () => Object.defineProperty(owner, property, before) };
}

function ownerOf(object: object, property: string): object {
  const parent: object | null = Object.getPrototypeOf(object);
  return Object.hasOwn(object, property) || parent === null ? object : ownerOf(parent, property);
}

/** Makes a statement return its rows once, and none when it is iterated again, as on Deno 2.5. */
export function iteratingOnce(): Disposable {
  const owner = ownerOf(StatementSync.prototype, "iterate");
  const before = Object.getOwnPropertyDescriptor(owner, "iterate");
  const iterate: StatementSync["iterate"] = before?.value;
  const iterated = new WeakSet<StatementSync>();
  const once = function (this: StatementSync, ...values: Parameters<typeof iterate>) {
    const all = iterate.apply(this, values);
    return iterated.has(this) ? [].values() : (iterated.add(this), all);
  };
  Object.defineProperty(owner, "iterate", { ...before, value: once });
  return { [Symbol.dispose]: () => Object.defineProperty(owner, "iterate", before ?? {}) };
}

/** Changes nothing: the unmodified runtime. */
export function unchanged(): Disposable {
  return { [Symbol.dispose]: () => {} };
}
