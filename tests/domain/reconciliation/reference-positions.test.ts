import { expect } from '@jest/globals';
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
  divide,
  fromAtoms,
  isMore,
  isNegative,
  multiply,
  negate,
  ONE,
  round,
  subtract,
  sum,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import { defaultTolerances } from '../../../src/domain/reconciliation/tolerance.ts';
import { perpetualAsset } from '../../../src/domain/venue/venue.ts';
import { type Amounts, bookOf, compareOf, snapshotOf } from '../../support/reconciliation-fixtures.ts';
import { crossingsOf, entriesAfter, type ReferenceFill } from '../../support/reference-fills.ts';
import { amountOf, amountOrNull, describeTopic, type Fields } from '../../support/reference-scenarios.ts';

type Sided = Pick<ReferenceFill, 'side' | 'qty'>;

/** What is left of the differences of positions once rounding is taken away, by market. */
function differing(book: Amounts, venue: Amounts, step: Amount = ZERO) {
  const assets = new Map(Object.keys(venue).map((market) => [perpetualAsset(market), market]));
  const holdings = Object.fromEntries(
    Object.entries(book).map(([market, size]) => [perpetualAsset(market), size]),
  );
  const positions = Object.entries(venue).map(([market, size]) => ({
    market,
    side: size.startsWith('-') ? ('short' as const) : ('long' as const),
    size: amount(size),
    entryPrice: ZERO,
  }));
  return compareOf(
    {},
    {},
    {
      book: bookOf(holdings),
      snapshot: snapshotOf({}, { positions }),
      tolerances: defaultTolerances(new Map([...assets.keys()].map((asset) => [asset, step]))),
    },
  ).differences.filter((difference) => difference.class !== 'rounding');
}

const deltas = (local: unknown, venue: unknown, step?: Amount): readonly Amount[] =>
  differing({ M: amountOf(local) }, { M: amountOf(venue) }, step).map(({ delta }) => delta);

/** What orders that bring the one side to the other add up to. */
const netOf = (orders: unknown): Amount =>
  sum(
    (orders as readonly Sided[]).map(({ side, qty }) => (side === 'BUY' ? amount(qty) : negate(amount(qty)))),
  );

const netOrNothing = (orders: unknown): readonly Amount[] => [netOf(orders)].filter((net) => net !== ZERO);

/** The average is a quotient: what it comes to is told to 18 decimals. */
const worthOf = ({ size, entryPrice }: PositionEntry): Amount | null => {
  if (size === ZERO) return ZERO;
  return entryPrice === null ? null : round(multiply(absolute(size), entryPrice), 18);
};

/** A position before and after the fill whose price is asked for. */
function synthetic({ input, expected }: { readonly input: Fields; readonly expected: Fields }) {
  const before = { size: amountOf(input.current_qty), entryPrice: amountOrNull(input.current_avg_px) };
  const size = amountOf(input.target_qty);
  const quantity = subtract(size, before.size);
  const price = amountOrNull(expected.price);
  const entryPrice = size === ZERO ? null : amountOrNull(input.target_avg_px);
  return { before, fill: { quantity, price }, target: { size, entryPrice } };
}

/** Prices from the smallest that an amount of 18 decimals can be to a million. */
const PRICES = Array.from({ length: 25 }, (_, power) => fromAtoms(10n ** BigInt(power), 18));

describeTopic('positions', {
  single_unit_tolerance: ({ input, expected }) => {
    const precision = Number(input.precision);
    const unit = precision === 0 ? ZERO : fromAtoms(1n, precision);
    const tolerances = defaultTolerances(new Map([['X', unit]]));
    const found = compareOf({ X: amountOf(input.a) }, { X: amountOf(input.b) }, { tolerances }).differences;
    expect(found.every((difference) => difference.class === 'rounding')).toBe(expected.within);
  },

  simulate_position: ({ input, expected }) => {
    const position = entriesAfter(input.fills as readonly ReferenceFill[]).at(-1) ?? {
      size: ZERO,
      entryPrice: null,
    };
    expect([position.size, worthOf(position)]).toEqual([amountOf(expected.qty), amountOf(expected.value)]);
    if ('avg_px' in expected) expect(position.entryPrice).toBe(amountOf(expected.avg_px));
  },

  zero_crossings: ({ input, expected }) => {
    const fills = input.fills as readonly ReferenceFill[];
    expect(crossingsOf(fills)).toEqual(expected.ts);
    if ('qty' in expected) expect(entriesAfter(fills).at(-1)?.size).toBe(amountOf(expected.qty));
  },

  position_match: ({ input, expected }) => {
    const [book, venue] = [amountOf(input.sim_qty), amountOf(input.venue_qty)];
    const sizesAgree = deltas(book, venue).length === 0;
    const pricesAgree =
      book === ZERO ||
      entryPricesAgree(
        divide(amountOf(input.sim_value), absolute(book)),
        amountOf(input.venue_avg_px),
        amountOf(input.rel_tol),
      );
    expect(sizesAgree && pricesAgree).toBe(expected.match);
  },

  // The price that is asked for is the one whose fill leads from the one position to the other.
  reconciliation_price: (scenario) => {
    const { before, fill, target } = synthetic(scenario);
    expect(advanceEntry(before, fill)).toEqual(target);
    const otherwise = fill.price === null ? null : add(fill.price, ONE);
    if (otherwise === null || target.size === ZERO) return;
    const isSameSide = isNegative(before.size) === isNegative(target.size);
    const isReducing = isSameSide && isMore(absolute(before.size), absolute(target.size));
    const changed = advanceEntry(before, { ...fill, price: otherwise });
    expect(changed.entryPrice === target.entryPrice).toBe(isReducing);
  },
  'reconciliation_price.no_qty_change': (scenario) => {
    const { before, fill, target } = synthetic(scenario);
    for (const price of PRICES) {
      const after = advanceEntry(before, { ...fill, price });
      expect([after.size, after.entryPrice]).toEqual([target.size, before.entryPrice]);
    }
    expect(before.entryPrice).not.toBe(target.entryPrice);
  },
  'reconciliation_price.zero_target_avg': neverReached,
  'reconciliation_price.non_positive_price': neverReached,

  position_report: ({ input, expected }) => {
    const step = input.size_precision === 0 ? ONE : ZERO;
    expect(deltas(input.local_signed_qty, input.venue_signed_qty, step)).toEqual(
      netOrNothing(expected.orders),
    );
  },
  'position_report.mixed_instruments': ({ input, expected }) => {
    const sizesOf = (side: string) =>
      Object.fromEntries(
        Object.entries(input).map(([market, sizes]) => [market, amountOf((sizes as Fields)[side])]),
      );
    const [order] = expected.orders as readonly (Sided & { readonly instrument: string })[];
    expect(
      differing(sizesOf('local_signed_qty'), sizesOf('venue_signed_qty')).map(({ asset, delta }) => [
        asset,
        delta,
      ]),
    ).toEqual([[perpetualAsset(order?.instrument ?? ''), netOf(expected.orders)]]);
  },
  'position_report.crosses_zero_split_prices': ({ input, expected }) => {
    const [found] = differing(
      { M: amountOf(input.local_signed_qty) },
      { M: amountOf(input.venue_signed_qty) },
    );
    expect(found).toMatchObject({ delta: netOf(expected.orders), severity: 'critical' });
    const legs = expected.orders as readonly (Sided & { readonly px?: string })[];
    const before = { size: amountOf(input.local_signed_qty), entryPrice: amountOf(input.local_avg_px) };
    const after = legs.reduce(
      (entry: PositionEntry, leg) =>
        advanceEntry(entry, {
          quantity: netOf([leg]),
          price: leg.px === undefined ? null : amountOf(leg.px),
        }),
      before,
    );
    expect(after).toEqual({
      size: amountOf(input.venue_signed_qty),
      entryPrice: amountOf(input.venue_avg_px),
    });
  },
  'position_report.two_cycles_same_bucket': ({ input, expected }) => {
    for (const cycle of ['cycle1', 'cycle2']) {
      const { local_signed_qty, venue_signed_qty } = input[cycle] as Fields;
      expect(deltas(local_signed_qty, venue_signed_qty)).toEqual([netOf(expected[cycle])]);
    }
  },

  hedge_position: ({ input, expected }) => {
    const local = amountOrNull(input.local) ?? ZERO;
    const found = deltas(local, input.venue);
    expect(found).toHaveLength(Number(expected.n_orders));
    expect(sum([local, ...found])).toBe(amountOf(expected.after ?? input.venue));
  },
});

/** No price above zero leads there: with any of them the position is entered above the target. */
function neverReached(scenario: { readonly input: Fields; readonly expected: Fields }): void {
  const { before, fill, target } = synthetic(scenario);
  for (const price of PRICES) {
    const { size, entryPrice } = advanceEntry(before, { ...fill, price });
    expect(size).toBe(target.size);
    expect(isMore(entryPrice ?? ZERO, target.entryPrice ?? ZERO)).toBe(true);
  }
}
