import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { InvariantViolation } from '../../src/domain/assert.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { sha256Hex } from '../../src/domain/hash.ts';

describe('canonical JSON', () => {
  it.each([
    ['null', null, 'null'],
    ['text with quotes', 'a"b', '"a\\"b"'],
    ['keys out of order', { b: 1, a: [true, 'x'] }, '{"a":[true,"x"],"b":1}'],
    ['keys that look like numbers', { 10: 1, 9: 2 }, '{"10":1,"9":2}'],
    ['minus zero', -0, '0'],
    ['an empty object and an empty list', { a: {}, b: [] }, '{"a":{},"b":[]}'],
  ])('prints %s', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([
    ['undefined in an object', { a: undefined }],
    ['undefined in a list', [undefined]],
    ['NaN', Number.NaN],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['a bigint', 1n],
    ['a map', new Map()],
    ['a date', new Date(0)],
    ['a function', () => 1],
    ['an instance of a class', new (class Thing {})()],
  ])('refuses %s rather than bend it', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(InvariantViolation);
  });

  it('refuses a value that nests without end', () => {
    const value: Record<string, unknown> = {};
    value.self = value;
    expect(() => canonicalJson(value)).toThrow(/nests at most/);
  });

  test('equal values have equal text, whatever the order of their keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

test('a hash is the SHA-256 of the UTF-8 bytes', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
