import { describe, expect, it } from '@jest/globals';
import { clientOrderIdOf, intentIdOf } from '../../../src/domain/rebalancing/intent-id.ts';

const HASH = 'ab'.repeat(32);

describe('the identity of an intent', () => {
  it('follows from the plan and the leg alone', () => {
    expect(intentIdOf(HASH, 1)).toBe(intentIdOf(HASH, 1));
    expect(intentIdOf(HASH, 1)).not.toBe(intentIdOf(HASH, 2));
    expect(intentIdOf(HASH, 1)).not.toBe(intentIdOf('cd'.repeat(32), 1));
  });

  it('gives a client order id in the shape of a UUID', () => {
    const ids = [1, 2, 3, 4, 5].map((sequence) => clientOrderIdOf(intentIdOf(HASH, sequence)));
    expect(new Set(ids).size).toBe(5);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('refuses what is no plan hash or no leg', () => {
    expect(() => intentIdOf('x', 1)).toThrow('64 hex digits');
    expect(() => intentIdOf(HASH, 0)).toThrow('counts from 1');
  });
});
