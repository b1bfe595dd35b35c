import { describe, expect, it } from '@jest/globals';
import { Big } from 'big.js';
import fc from 'fast-check';
import {
  add,
  amount,
  ceilToStep,
  compare,
  divide,
  floorToStep,
  multiply,
  round,
  subtract,
  sum,
} from '../../../src/domain/money/amount.ts';
import { scaledOf, textOfScaled } from '../../../src/domain/money/scaled.ts';

const Exact: typeof Big = Big();
Exact.DP = 40;

const text = (value: Big): string => (value.eq(0) ? '0' : value.toFixed());

/** Short and long, whole and fine, and values that meet: halves, carries, powers of ten. */
const any = fc.oneof(
  fc
    .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.integer({ min: 0, max: 25 }))
    .map(([count, places]) => new Exact(`${count}e-${places}`)),
  fc
    .tuple(fc.integer({ min: -2_000, max: 2_000 }), fc.integer({ min: 0, max: 4 }))
    .map(([count, places]) => new Exact(`${count}e-${places}`)),
  fc.constantFrom('0', '1', '-1', '0.5', '-0.5', '9.995', '10', '1e30', '1e-30').map((it) => new Exact(it)),
);
const decimals = fc.integer({ min: 0, max: 40 });
const MODES = { down: 0, half: 1, up: 3 } as const;
const rounding = fc.constantFrom('down' as const, 'half' as const, 'up' as const);

describe('amounts as scaled integers', () => {
  it('add, subtract, multiply and compare as big.js does', () => {
    fc.assert(
      fc.property(any, any, (x, y) => {
        const [a, b] = [amount(text(x)), amount(text(y))];
        expect(add(a, b)).toBe(text(x.plus(y)));
        expect(subtract(a, b)).toBe(text(x.minus(y)));
        expect(multiply(a, b)).toBe(text(x.times(y)));
        expect(compare(a, b)).toBe(x.cmp(y));
        expect(sum([a, b, a])).toBe(text(x.plus(y).plus(x)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('compare as big.js does where they are neighbours of as many digits as a double tells apart', () => {
    const count = fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n });
    const places = fc.integer({ min: 0, max: 16 });
    fc.assert(
      fc.property(count, fc.integer({ min: -2, max: 2 }), places, (from, step, decimals) => {
        const x = new Exact(`${from}e-${decimals}`);
        const y = new Exact(`${from + BigInt(step)}e-${decimals}`);
        expect(compare(amount(text(x)), amount(text(y)))).toBe(x.cmp(y));
      }),
      { numRuns: 3_000 },
    );
  });

  it('divide and round as big.js does, in every direction', () => {
    fc.assert(
      fc.property(any, any, decimals, rounding, (x, y, places, direction) => {
        const a = amount(text(x));
        expect(round(a, places, direction)).toBe(text(x.round(places, MODES[direction])));
        if (y.eq(0)) return;
        const Rounded = Big();
        Rounded.DP = places;
        Rounded.RM = MODES[direction];
        expect(divide(a, amount(text(y)), places, direction)).toBe(text(new Rounded(x).div(y)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('come to a step as big.js does', () => {
    fc.assert(
      fc.property(any, any, (x, y) => {
        const [value, step] = [x.abs(), y.abs()];
        if (step.eq(0)) return;
        const [Down, Up] = [Big(), Big()];
        Object.assign(Down, { DP: 0, RM: 0 });
        Object.assign(Up, { DP: 0, RM: 3 });
        const [a, b] = [amount(text(value)), amount(text(step))];
        expect(floorToStep(a, b)).toBe(text(new Down(value).div(step).times(step)));
        expect(ceilToStep(a, b)).toBe(text(new Up(value).div(step).times(step)));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['1.50', '1.5'],
    ['-0.050', '-0.05'],
    ['100', '100'],
    ['100.00', '100'],
    ['0.001', '0.001'],
  ])('are read from %s and printed as %s', (from, to) => {
    expect(textOfScaled(scaledOf(from))).toBe(to);
  });
});
