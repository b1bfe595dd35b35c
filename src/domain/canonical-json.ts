import { assert, InvariantViolation } from './assert.ts';

/** How deep a value may nest: far beyond what the service writes, far below what the stack bears. */
const DEPTH_MAX = 64;

/**
 * One text for one value: keys in code unit order, no spaces. Equal values have equal text and equal hashes.
 * Takes plain objects, arrays, text, finite numbers, booleans and null.
 *
 * @throws {InvariantViolation} on anything else: what JSON would drop or bend silently is refused.
 */
export function canonicalJson(value: unknown): string {
  return print(value, 0);
}

function print(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isFinite(value)) throw new InvariantViolation(`a canonical number is finite: ${value}`);
      return String(value);
    case 'object':
      if (value === null) return 'null';
      assert(depth < DEPTH_MAX, `a canonical value nests at most ${DEPTH_MAX} deep`);
      return Array.isArray(value) ? printArray(value, depth) : printObject(value, depth);
    default:
      throw new InvariantViolation(`a canonical value is plain JSON, found ${typeof value}`);
  }
}

function printArray(values: readonly unknown[], depth: number): string {
  let text = '[';
  for (let index = 0; index < values.length; index++) {
    text += (index === 0 ? '' : ',') + print(values[index], depth + 1);
  }
  return `${text}]`;
}

function printObject(value: object, depth: number): string {
  const prototype = Object.getPrototypeOf(value);
  // Objects of another realm, as under a test runner, have a prototype of their own without one above it.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const found = value.constructor?.name ?? 'an object without a name';
    throw new InvariantViolation(`a canonical value is a plain object, found ${found}`);
  }
  let text = '{';
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) throw new InvariantViolation(`a canonical value holds no undefined: ${key}`);
    text += `${text === '{' ? '' : ','}${JSON.stringify(key)}:${print(member, depth + 1)}`;
  }
  return `${text}}`;
}
