import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Amount,
  add,
  amount,
  fromAtoms,
  isAmountText,
  isDecimalText,
  multiply,
  negate,
  round,
  subtract,
  sum,
  toAtoms,
} from '../../../src/domain/money/amount.ts';
import { seededRandom } from '../../../src/platform/random.ts';

/** Up to 1e27 whole units of up to 18 decimals, as a count of the smallest unit. */
const atoms = fc.bigInt({ min: -(10n ** 45n), max: 10n ** 45n });
const decimals = fc.integer({ min: 0, max: 18 });

/** Printed without the code under test. */
function textOf(count: bigint, places: number): string {
  const digits = String(count < 0n ? -count : count).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return count < 0n ? `-${text}` : text;
}

describe('the text of an amount', () => {
  const LONGEST = [`${'9'.repeat(59)}.9`.slice(1), `-${'9'.repeat(59)}`, '9'.repeat(60)];
  it.each(['0', '-0', '007', '1.50', ...LONGEST])('is taken as %s', (text) => {
    expect(isAmountText(text)).toBe(true);
  });

  it.each([
    '',
    '-',
    '.5',
    '5.',
    '+1',
    '1e3',
    '1,000',
    ' 1',
    '1\n',
    '0x1',
    'NaN',
    'Infinity',
    '٣',
    '9'.repeat(61),
    1,
    null,
  ])('is refused as %j', (text) => {
    expect(isAmountText(text)).toBe(false);
  });

  it('multiplied by any other is what an amount can be, whatever their length', () => {
    for (const one of LONGEST)
      for (const other of LONGEST) expect(isDecimalText(multiply(amount(one), amount(other)))).toBe(true);
    expect(isDecimalText('9'.repeat(129))).toBe(false);
  });
});

const CANONICAL = /^(?:0|-?(?:[1-9]\d*|0(?=\.))(?:\.\d*[1-9])?)$/;

describe('invariants of amounts', () => {
  it('1. Parsing and printing an amount gives the same text back.', () => {
    fc.assert(
      fc.property(atoms, decimals, (count, places) => {
        const text = textOf(count, places);
        expect(amount(text)).toBe(text);
        expect(fromAtoms(count, places)).toBe(text);
        expect(toAtoms(amount(text), places)).toBe(count);
      }),
      { numRuns: 2_000 },
    );
  });

  it('parsing and printing an amount gives the same text back: a million of them', () => {
    const random = seededRandom(1);
    const unlike: string[] = [];
    for (let run = 0; run < 1_000_000; run += 1) {
      const digits = BigInt(Math.floor(random.next() * 2 ** 52)) * 10n ** BigInt(run % 30);
      const text = textOf(run % 2 === 0 ? digits : -digits, run % 19);
      // Adding nothing prints nothing anew; a negation and back, and a rounding that rounds nothing, do.
      const printed = run % 5 === 0 ? round(amount(text), 18) : negate(negate(amount(text)));
      if (printed !== text) unlike.push(text);
    }
    expect(unlike).toEqual([]);
  });

  it('2. Equal values have equal text: no exponent, no padding, no minus zero.', () => {
    const zeros = fc.integer({ min: 0, max: 12 }).map((count) => '0'.repeat(count));
    fc.assert(
      fc.property(atoms, decimals, zeros, zeros, (count, places, before, after) => {
        const text = textOf(count, places);
        const [, sign = '', digits = ''] = /^(-?)(.*)$/.exec(text) ?? [];
        const padded = `${sign}${before}${digits}${digits.includes('.') ? after : after && `.${after}`}`;
        const results = [amount(padded), add(amount(text), amount('0')), subtract(amount(text), amount('0'))];
        expect(results).toEqual([text, text, text]);
        const all: readonly Amount[] = [
          ...results,
          multiply(amount(text), amount('0.000000000000000001')),
          multiply(amount(text), amount('-1')),
          subtract(amount(text), amount(padded)),
          sum([amount(text), negate(amount(text))]),
          negate(amount(text)),
        ];
        for (const each of all) expect(each).toMatch(CANONICAL);
      }),
      { numRuns: 2_000 },
    );
    expect(amount('-0.000')).toBe('0');
  });

  it('3. Addition, subtraction and multiplication are exact.', () => {
    fc.assert(
      fc.property(atoms, atoms, decimals, decimals, (a, b, placesA, placesB) => {
        const [x, y] = [amount(textOf(a, placesA)), amount(textOf(b, placesB))];
        const places = Math.max(placesA, placesB);
        const [wideA, wideB] = [a * 10n ** BigInt(places - placesA), b * 10n ** BigInt(places - placesB)];
        expect(add(x, y)).toBe(textOf(wideA + wideB, places));
        expect(subtract(x, y)).toBe(textOf(wideA - wideB, places));
        expect(sum([x, y, x])).toBe(textOf(wideA + wideB + wideA, places));
        expect(multiply(x, y)).toBe(textOf(a * b, placesA + placesB));
      }),
      { numRuns: 2_000 },
    );
  });
});
