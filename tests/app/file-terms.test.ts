import { describe, expect, it } from '@jest/globals';
import { decimal, figureBetween, moment, orNumber } from '../../src/app/file-terms.ts';

describe('an exact amount that may be a JSON number', () => {
  const read = (value: unknown) => {
    const parsed = orNumber(decimal()).safeParse(value);
    return parsed.success ? parsed.data : null;
  };

  it.each([
    ['0.10', '0.1'],
    [0.1, '0.1'],
    [-0, '0'],
    [-1.5, '-1.5'],
    [1e-8, '0.00000001'],
    [1.25e-10, '0.000000000125'],
    [123_456_789.012345, '123456789.012345'],
    [1e15, '1000000000000000'],
  ])('reads %p as %s', (written, expected) => {
    expect(read(written)).toBe(expected);
  });

  it.each([0.1 + 0.2, 1 / 3, 2 ** 53 + 2, 1e21, 1e-200, Number.NaN, true, null, '', '1e-8'])(
    'refuses %p',
    (written) => {
      expect(read(written)).toBeNull();
    },
  );
});

describe('a figure for statistics', () => {
  const read = (value: unknown) => figureBetween(-10, 10, 'a figure').safeParse(value).data ?? null;

  it.each([
    [0.1, 0.1],
    ['0.1', 0.1],
    ['-7.6e-05', -7.6e-5],
    ['1E1', 10],
  ])('reads %p as %d', (written, expected) => {
    expect(read(written)).toBe(expected);
  });

  it.each([11, '11', '0x1', ' 1', '', '.', null, true, [1], Number.NaN, 'Infinity'])(
    'refuses %p',
    (written) => {
      expect(read(written)).toBeNull();
    },
  );
});

describe('a moment', () => {
  const read = (value: unknown) => moment().safeParse(value).data ?? null;
  const at = Date.UTC(2024, 4, 1);

  it.each(['2024-05-01', '2024-05-01T00:00:00Z', '2024-05-01T02:00:00+02:00', at])('reads %p', (written) => {
    expect(read(written)).toBe(at);
  });

  it.each(['2024-02-30', '2024-5-1', '2024-05-01T00:00:00', 'May 2024', 1.5, null])(
    'refuses %p',
    (written) => {
      expect(read(written)).toBeNull();
    },
  );
});
