/**
 * Makes this runtime lack what older ones lack, so that what stands in for it is tested here too.
 * @module
 */
import assert from "node:assert/strict";

/**
 * Takes a property away, from the object or from whatever it inherits it from, until it is disposed. Fails where there is
 * none, since nothing would be tested then.
 */
export function without(object: object, property: string): Disposable {
  const owner = ownerOf(object, property);
  const before = Object.getOwnPropertyDescriptor(owner, property);
  assert.ok(before && Reflect.deleteProperty(owner, property), `Cannot take ${property} away`);
  return { [Symbol.dispose]: () => Object.defineProperty(owner, property, before) };
}

function ownerOf(object: object, property: string): object {
  const parent: object | null = Object.getPrototypeOf(object);
  return Object.hasOwn(object, property) || parent === null ? object : ownerOf(parent, property);
}

/** Changes nothing: the runtime as it is. */
export function asItIs(): Disposable {
  return { [Symbol.dispose]: () => {} };
}
