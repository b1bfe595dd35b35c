import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  advanceEntry,
  entryPricesAgree,
  type PositionEntry,
} from '../../../src/domain/book/position-entry.ts';
import {
  type Amount,
  absolute,
  add,
  amount,
  fromAtoms,
  isLess,
  isMore,
  isNegative,
  maximum,
  minimum,
  multiply,
  negate,
  subtract,
  ZERO,
} from '../../../src/domain/money/amount.ts';

interface PricedFill {
  readonly quantity: Amount;
  readonly price: Amount;
}

const FLAT: PositionEntry = { size: ZERO, entryPrice: null };
/** What a million roundings may come to. */
const NOTHING = amount('0.000000000000000001');

const quantity = fc.integer({ min: 1, max: 1_000_000 }).map((atoms) => fromAtoms(BigInt(atoms), 4));
const price = fc.integer({ min: 1, max: 1_000_000_000 }).map((atoms) => fromAtoms(BigInt(atoms), 5));
const sign = fc.boolean();
const signed = (value: Amount, isShort: boolean): Amount => (isShort ? negate(value) : value);
const anyFill: fc.Arbitrary<PricedFill> = fc
  .tuple(quantity, price, sign)
  .map(([size, at, isShort]) => ({ quantity: signed(size, isShort), price: at }));
const position = fc
  .tuple(quantity, price, sign)
  .map(([size, entryPrice, isShort]) => ({ size: signed(size, isShort), entryPrice }));

const positionAfter = (fills: readonly PricedFill[], from: PositionEntry = FLAT): PositionEntry =>
  fills.reduce(advanceEntry, from);
describe('the entry price of a position', () => {
  it('Adding to a position averages its entry price by quantity.', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(quantity, price), { minLength: 1, maxLength: 20 }),
        sign,
        (all, isShort) => {
          const fills = all.map(([size, at]) => ({ quantity: signed(size, isShort), price: at }));
          const entry = positionAfter(fills);
          const value = fills.reduce((sum, fill) => add(sum, multiply(fill.quantity, fill.price)), ZERO);
          expect(entry.size).toBe(fills.reduce((sum, fill) => add(sum, fill.quantity), ZERO));
          const left = subtract(multiply(entry.size, entry.entryPrice ?? ZERO), value);
          expect(isMore(absolute(left), multiply(absolute(entry.size), NOTHING))).toBe(false);
          const prices = fills.map((fill) => fill.price);
          expect(isLess(entry.entryPrice ?? ZERO, subtract(prices.reduce(minimum), NOTHING))).toBe(false);
          expect(isMore(entry.entryPrice ?? ZERO, add(prices.reduce(maximum), NOTHING))).toBe(false);
        },
      ),
    ));

  it('Reducing a position keeps its entry price.', () =>
    fc.assert(
      fc.property(position, quantity, fc.option(price), (held, rest, at) => {
        const larger = { ...held, size: add(held.size, signed(rest, isNegative(held.size))) };
        expect(advanceEntry(larger, { quantity: signed(rest, !isNegative(held.size)), price: at })).toEqual(
          held,
        );
      }),
    ));

  it("Crossing zero restarts at the fill's price with what remains.", () =>
    fc.assert(
      fc.property(position, quantity, fc.option(price), (held, rest, at) => {
        const remains = signed(rest, !isNegative(held.size));
        const fill = { quantity: subtract(remains, held.size), price: at };
        expect(advanceEntry(held, fill)).toEqual({ size: remains, entryPrice: at });
      }),
    ));

  it('A flat position has no entry price.', () =>
    fc.assert(
      fc.property(position, fc.option(price), (held, at) => {
        expect(advanceEntry(held, { quantity: negate(held.size), price: at })).toEqual(FLAT);
      }),
    ));

  it('An entry price that is unknown stays unknown until the position is closed.', () =>
    fc.assert(
      fc.property(position, fc.array(anyFill, { maxLength: 12 }), (held, fills) => {
        let entry = advanceEntry(held, { quantity: held.size, price: null });
        expect(entry).toEqual({ size: add(held.size, held.size), entryPrice: null });
        let hasClosed = false;
        for (const fill of fills) {
          const next = advanceEntry(entry, fill);
          hasClosed ||= next.size === ZERO || isNegative(next.size) !== isNegative(entry.size);
          expect(next.entryPrice !== null).toBe(hasClosed && next.size !== ZERO);
          entry = next;
        }
      }),
    ));

  it('A short is averaged as a long is.', () =>
    fc.assert(
      fc.property(fc.array(anyFill, { maxLength: 12 }), (fills) => {
        const mirrored = fills.map((fill) => ({ ...fill, quantity: negate(fill.quantity) }));
        const { size, entryPrice } = positionAfter(fills);
        expect(positionAfter(mirrored)).toEqual({ size: negate(size), entryPrice });
      }),
    ));

  it('is not changed by a fill of nothing, whatever its price', () => {
    const held = { size: amount('2'), entryPrice: amount('100') };
    for (const at of [amount('7'), null]) {
      expect(advanceEntry(held, { quantity: ZERO, price: at })).toEqual(held);
      expect(advanceEntry(FLAT, { quantity: ZERO, price: at })).toEqual(FLAT);
    }
  });

  it('keeps an average that does not come out even to many decimals', () => {
    const thirds = positionAfter([
      { quantity: amount('1'), price: amount('1') },
      { quantity: amount('2'), price: amount('2') },
    ]);
    expect(thirds.entryPrice).toBe('1.666666666666666666666667');
  });
});

describe('entry prices', () => {
  it.each([
    ['100', '100', '0', true],
    ['100', '100.005', '0.0001', true],
    ['100.005', '100', '0.0001', true],
    ['100.01', '100', '0.0001', true],
    ['100', '100.010001', '0.0001', true],
    ['100.010001', '100', '0.0001', false],
    ['100.0101', '100', '0.0001', false],
    ['99.9899', '100', '0.0001', false],
    ['0.00000001', '0.000000011', '0.0001', false],
    ['0', '0', '0.0001', true],
    ['0.0001', '0', '0.0001', false],
  ])('%s and %s within a share of %s agree: %s', (a, b, relative, agree) => {
    expect(entryPricesAgree(amount(a), amount(b), amount(relative))).toBe(agree);
  });
});
