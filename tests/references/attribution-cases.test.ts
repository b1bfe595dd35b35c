import { describe, expect, it } from '@jest/globals';
import { ATTRIBUTION_CASES } from './attribution-cases.ts';

describe('published figures of attribution', () => {
  it.each(ATTRIBUTION_CASES.map((each) => [each.source, each.name, each] as const))(
    '%s: %s',
    (_source, _name, { actual, expected, tolerance }) => {
      expect(Math.abs(actual() - expected)).toBeLessThanOrEqual(tolerance);
    },
  );
});
