import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, amount, isNegative, negate } from '../../../src/domain/money/amount.ts';
import { compareVenue } from '../../../src/domain/reconciliation/compare.ts';
import { fillDeltas } from '../../../src/domain/reconciliation/fill-movement.ts';
import {
  inFlightFill,
  inFlightOrder,
  inFlightTransfer,
} from '../../../src/domain/reconciliation/in-flight.ts';
import { reportStatus, worstStatus } from '../../../src/domain/reconciliation/report-status.ts';
import { defaultTolerances } from '../../../src/domain/reconciliation/tolerance.ts';
import { unknown } from '../../../src/domain/venue/observation.ts';
import {
  type Amounts,
  bookOf,
  compareOf,
  fillOf,
  orderOf,
  priceOf,
  snapshotOf,
} from '../../support/reconciliation-fixtures.ts';

const withDeltas = (fill: ReturnType<typeof fillOf>) => ({ ...fill, deltas: fillDeltas(fill) });

const classes = (book: Amounts, venue: Amounts, more = {}) =>
  compareOf(book, venue, more).differences.map((d) => [d.asset, d.class, d.delta, d.severity].join(' '));

describe('compareVenue', () => {
  it.each<[string, Amounts, Amounts, readonly string[]]>([
    ['both agree', { BTC: '1.5' }, { BTC: '1.5' }, []],
    ['both are empty', {}, {}, []],
    ['a zero at the venue agrees with nothing in the book', {}, { BTC: '0' }, []],
    ['a zero in the book agrees with nothing at the venue', { BTC: '0' }, {}, []],
    ['the venue lacks an asset', { BTC: '1' }, {}, ['BTC missingAtVenue -1 critical']],
    ['the venue shows zero of an asset', { BTC: '1' }, { BTC: '0' }, ['BTC missingAtVenue -1 critical']],
    ['the book lacks an asset', {}, { ETH: '0.5' }, ['ETH unknownToBook 0.5 error']],
    ['the venue holds more', { ETH: '100' }, { ETH: '100.02' }, ['ETH quantityMismatch 0.02 warning']],
    ['the venue holds less', { ETH: '100' }, { ETH: '99.98' }, ['ETH quantityMismatch -0.02 warning']],
    ['a hundred dollars is an error', { ETH: '100' }, { ETH: '100.04' }, ['ETH quantityMismatch 0.04 error']],
    ['five percent is an error', { SOL: '1' }, { SOL: '1.1' }, ['SOL quantityMismatch 0.1 error']],
    [
      'above one percent of the portfolio is critical',
      { BTC: '10' },
      { BTC: '10.2' },
      ['BTC quantityMismatch 0.2 critical'],
    ],
    ['a dollar is dust', { SOL: '1' }, { SOL: '1.006' }, ['SOL dust 0.006 info']],
    ['missing dust is not critical', { USDC: '0.9' }, {}, ['USDC dust -0.9 info']],
    [
      'below both thresholds nothing is material',
      { ETH: '100' },
      { ETH: '100.002' },
      ['ETH quantityMismatch 0.002 info'],
    ],
    ['held otherwise with equal totals', { BTC: '1/0.5' }, { BTC: '1' }, ['BTC holdMismatch -0.5 warning']],
    [
      'held otherwise with unequal totals',
      { BTC: '2/0.5' },
      { BTC: '1' },
      ['BTC quantityMismatch -1 critical'],
    ],
    [
      'an unpriced asset is judged by its relative difference',
      { XYZ: '100' },
      { XYZ: '101' },
      ['XYZ quantityMismatch 1 warning'],
    ],
    ['an unpriced asset is never dust', {}, { XYZ: '0.000001' }, ['XYZ unknownToBook 0.000001 error']],
    [
      'an unpriced asset differs immaterially',
      { XYZ: '10000' },
      { XYZ: '10001' },
      ['XYZ quantityMismatch 1 info'],
    ],
    [
      'several at once, sorted',
      { SOL: '9', BTC: '1' },
      { ETH: '1', BTC: '1' },
      ['ETH unknownToBook 1 error', 'SOL missingAtVenue -9 critical'],
    ],
  ])('%s', (_, book, venue, expected) => {
    expect(classes(book, venue)).toEqual(expected);
  });

  it('takes one lot step for rounding, whatever it is worth', () => {
    const tolerances = defaultTolerances(new Map([['BTC', amount('0.001')]]));
    expect(classes({ BTC: '1' }, { BTC: '1.001' }, { tolerances })).toEqual(['BTC rounding 0.001 info']);
    expect(classes({ BTC: '1' }, { BTC: '0.999' }, { tolerances })).toEqual(['BTC rounding -0.001 info']);
    expect(classes({ BTC: '1' }, { BTC: '1.0010001' }, { tolerances })[0]).toMatch(/^BTC quantityMismatch/);
  });

  it('needs both thresholds when the switch says so', () => {
    const tolerances = { ...defaultTolerances(), combine: 'and' as const };
    const isMaterial = (venue: Amounts, book: Amounts = { ETH: '100' }) =>
      compareOf(book, venue, { tolerances }).differences.map((d) => d.isMaterial);
    expect(isMaterial({ ETH: '100.05' })).toEqual([false]);
    expect(isMaterial({ ETH: '100.1' })).toEqual([true]);
    expect(isMaterial({ SOL: '1.02' }, { SOL: '1' })).toEqual([false]);
  });

  it('compares perpetual positions as signed sizes, and finds a wrong sign critical', () => {
    const position = (size: string) => ({
      snapshot: snapshotOf(
        {},
        {
          positions: [
            {
              market: 'BTC-USD',
              side: size.startsWith('-') ? 'short' : 'long',
              size: amount(size),
              entryPrice: amount('1'),
            },
          ],
        },
      ),
      priceOf: () => amount('60000'),
    });
    const key = 'perpetual:BTC-USD';
    expect(classes({ [key]: '1' }, {}, position('1'))).toEqual([]);
    expect(classes({ [key]: '-1' }, {}, position('1'))).toEqual([`${key} positionMismatch 2 critical`]);
    expect(classes({ [key]: '1' }, {}, position('1.0015'))).toEqual([
      `${key} positionMismatch 0.0015 warning`,
    ]);
    expect(classes({}, {}, position('-0.01'))).toEqual([`${key} positionMismatch -0.01 error`]);
    expect(classes({ [key]: '1' }, {})).toEqual([`${key} positionMismatch -1 critical`]);
  });

  it('never takes funding that is accrued for cash', () => {
    const snapshot = snapshotOf({ USDC: '100' }, { accrued: [{ asset: 'USDC', amount: '3.2' }] });
    const comparison = compareOf({ USDC: '100' }, {}, { snapshot });
    expect(comparison.differences).toEqual([]);
    expect(comparison.accrued).toEqual([{ asset: 'USDC', bookAmount: '0', venueAmount: '3.2' }]);
  });

  it('refuses an unopened venue, the snapshot of another, and an asset that is named twice', () => {
    expect(() => compareOf({}, {}, { book: bookOf({}, { isOpened: false }) })).toThrow(/unopened/);
    expect(() => compareOf({}, {}, { book: bookOf({}, { venue: 'other' }) })).toThrow(/own venue/);
    const twice = { ...bookOf({ BTC: '1' }) };
    expect(() =>
      compareOf({}, {}, { book: { ...twice, holdings: [...twice.holdings, ...twice.holdings] } }),
    ).toThrow(/named once/);
  });

  it('takes a certified snapshot by its type', () => {
    const input = { book: bookOf({}), inFlight: [], tolerances: defaultTolerances(), priceOf, navUsd: null };
    const nobodyKnows = unknown('unreachable', 'no answer');
    const nobodyVouches = snapshotOf({}).value;
    // @ts-expect-error What is unknown does not compare: it does not compile.
    expect(() => compareVenue({ ...input, snapshot: nobodyKnows })).toThrow();
    // @ts-expect-error Nor does a bare snapshot that nobody vouches for.
    expect(() => compareVenue({ ...input, snapshot: nobodyVouches })).toThrow();
  });
});

describe('what is under way', () => {
  it.each<[string, Amounts, Amounts, object, string]>([
    [
      'a live order that was filled',
      { USDC: '100' },
      { USDC: '40', BTC: '0.001' },
      { inFlight: [inFlightOrder(orderOf(), 'liveOrder', null)] },
      'pending pending',
    ],
    [
      'half of a live order',
      { USDC: '100' },
      { USDC: '70', BTC: '0.0005' },
      { inFlight: [inFlightOrder(orderOf(), 'liveOrder', null)] },
      'pending pending',
    ],
    [
      'more than a live order could do',
      { USDC: '100' },
      { USDC: '100', BTC: '0.002' },
      { inFlight: [inFlightOrder(orderOf(), 'liveOrder', null)] },
      'unknownToBook',
    ],
    [
      'the other way than a live order',
      { BTC: '1' },
      { BTC: '0.999' },
      { inFlight: [inFlightOrder(orderOf(), 'liveOrder', null)] },
      'quantityMismatch',
    ],
    [
      'a young fill that the venue does not show yet',
      { BTC: '1.001', USDC: '0' },
      { BTC: '1', USDC: '60.36' },
      { inFlight: [inFlightFill(withDeltas(fillOf()), 'venue', 2_000_000)] },
      'pending pending',
    ],
    [
      'a fill whose time is over',
      { BTC: '1.001', USDC: '0' },
      { BTC: '1', USDC: '60.36' },
      { inFlight: [inFlightFill(withDeltas(fillOf()), 'venue', 900_000)] },
      'quantityMismatch unknownToBook',
    ],
    [
      'a transfer that has arrived early',
      { ETH: '1' },
      { ETH: '2' },
      {
        inFlight: [
          inFlightTransfer({ transferId: 't', asset: 'ETH', amount: amount('1'), deadlineAtMs: 2_000_000 }),
        ],
      },
      'pending',
    ],
    [
      'a hold that moves with an order',
      { USDC: '100' },
      { USDC: '100/60' },
      { inFlight: [inFlightOrder(orderOf(), 'liveOrder', null)] },
      'pending',
    ],
  ])('%s: %s', (_, book, venue, more, expected) => {
    expect(
      compareOf(book, venue, more)
        .differences.map((d) => d.class)
        .join(' '),
    ).toBe(expected);
  });

  it('keeps a difference pending for ever while an order of unknown outcome may account for it, and says when it is overdue', () => {
    const inFlight = [inFlightOrder(orderOf({ status: 'submitted' }), 'orderOfUnknownOutcome', 900_000)];
    const [difference] = compareOf({ BTC: '1' }, { BTC: '1.001' }, { inFlight }).differences;
    expect(difference).toMatchObject({
      class: 'pending',
      awaitsOutcome: true,
      isOverdue: true,
      pendingOn: ['client-1'],
    });
  });
});

describe('open orders', () => {
  const open = {
    id: 'order-1',
    clientOrderId: 'client-1',
    market: 'BTC-USDC',
    side: 'buy' as const,
    remaining: amount('0.001'),
    limitPrice: amount('60000'),
  };
  const orders = (
    liveOrders: ReturnType<typeof orderOf>[],
    openOrders: (typeof open)[],
    inFlight = [] as Parameters<typeof compareOf>[2],
  ) =>
    compareOf(
      {},
      {},
      { book: bookOf({}, { liveOrders }), snapshot: snapshotOf({}, { openOrders }), ...inFlight },
    ).differences.map((d) => [d.subject, d.class, d.delta, d.severity].join(' '));

  it('agree by the id of the venue or of the client', () => {
    expect(orders([orderOf()], [open])).toEqual([]);
    expect(orders([orderOf({ venueOrderId: null })], [open])).toEqual([]);
  });

  it('differ when one side lacks the order or has less of it left', () => {
    expect(orders([orderOf()], [])).toEqual(['order-1 orderMismatch -0.001 warning']);
    expect(orders([], [open])).toEqual(['order-1 orderMismatch 0.001 error']);
    expect(orders([orderOf()], [{ ...open, remaining: amount('0.0004') }])).toEqual([
      'order-1 orderMismatch -0.0006 warning',
    ]);
  });

  it('are only informational while the order is under way', () => {
    expect(orders([orderOf({ status: 'submitted' })], [])).toEqual(['order-1 pending -0.001 info']);
    const inFlight = [inFlightFill(withDeltas(fillOf()), 'book', 2_000_000)];
    expect(orders([orderOf()], [], { inFlight })).toEqual(['order-1 pending -0.001 info']);
  });
});

describe('reportStatus', () => {
  it.each<[string, ReturnType<typeof compareOf> | ReturnType<typeof unknown>, string]>([
    ['nothing differs', compareOf({ BTC: '1' }, { BTC: '1' }), 'reconciled'],
    ['only dust differs', compareOf({ SOL: '1' }, { SOL: '1.006' }), 'reconciled'],
    [
      'what differs is pending',
      compareOf({}, { BTC: '0.001' }, { inFlight: [inFlightOrder(orderOf(), 'liveOrder', null)] }),
      'pending',
    ],
    ['something differs', compareOf({ ETH: '100' }, { ETH: '100.04' }), 'discrepant'],
    ['something is missing', compareOf({ ETH: '1' }, {}), 'critical'],
    ['nobody knows', unknown('unreachable', 'no answer'), 'inconclusive'],
  ])('%s', (_, observed, expected) => {
    expect(reportStatus(observed)).toBe(expected);
  });

  it('of several venues is the worst, and never a success when one is unknown', () => {
    expect(worstStatus(['reconciled', 'inconclusive'])).toBe('inconclusive');
    expect(worstStatus(['discrepant', 'inconclusive'])).toBe('discrepant');
    expect(worstStatus([])).toBe('inconclusive');
  });
});

describe('invariants of the comparison', () => {
  const quantity = fc
    .integer({ min: -1_000_000_000, max: 10 ** 9 })
    .map((n) => String(amount((n / 1000).toFixed(3))));
  const amounts = fc.dictionary(fc.constantFrom('BTC', 'ETH', 'SOL', 'USDC', 'XYZ', 'ABC'), quantity, {
    maxKeys: 6,
  });
  const bare = (c: ReturnType<typeof compareOf>) =>
    c.differences.map(({ bookAmount, venueAmount, ...rest }) => rest);

  it('1. A book compared with itself agrees.', () =>
    fc.assert(fc.property(amounts, (a) => compareOf(a, a).differences.length === 0)));

  it('2. Adding every delta to the book makes it equal to the venue.', () =>
    fc.assert(
      fc.property(amounts, amounts, (book, venue) => {
        const settled = { ...book };
        for (const { asset, delta } of compareOf(book, venue).differences) {
          settled[asset] = add(amount(settled[asset] ?? '0'), delta);
        }
        expect(compareOf(settled, venue).differences).toEqual([]);
      }),
    ));

  it('3. The same inputs give the same differences in the same order, whatever order they arrived in.', () =>
    fc.assert(
      fc.property(amounts, amounts, (book, venue) => {
        const turned = (a: Amounts) => Object.fromEntries(Object.entries(a).reverse());
        expect(compareOf(turned(book), turned(venue))).toEqual(compareOf(book, venue));
      }),
    ));

  it('4. A zero on one side agrees with absence on the other.', () =>
    fc.assert(
      fc.property(amounts, amounts, (book, venue) => {
        const withZeros = (a: Amounts) => ({ DEF: '0', ...a });
        expect(compareOf(withZeros(book), venue).differences).toEqual(compareOf(book, venue).differences);
        expect(compareOf(book, withZeros(venue)).differences).toEqual(compareOf(book, venue).differences);
      }),
    ));

  it('5. What the one side lacks and what the other side lacks are both found.', () =>
    fc.assert(
      fc.property(amounts, amounts, (book, venue) => {
        const there = compareOf(book, venue).differences.map((d) => [d.asset, d.delta]);
        const back = compareOf(venue, book).differences.map((d) => [d.asset, negate(d.delta)]);
        expect(back).toEqual(there);
      }),
    ));

  it('A loss and a surplus of one size are treated alike.', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 ** 9 }),
        fc.integer({ min: 1, max: 10 ** 6 }),
        (held, step) => {
          // Twice as much is held as differs, so that both sides hold something and neither is missing.
          const book = amount(String(held + 2 * step));
          const [loss] = bare(compareOf({ SOL: book }, { SOL: add(book, amount(String(-step))) }));
          const [surplus] = bare(compareOf({ SOL: book }, { SOL: add(book, amount(String(step))) }));
          expect(loss && isNegative(loss.delta)).toBe(true);
          expect(loss && { ...loss, delta: negate(loss.delta) }).toEqual(surplus);
        },
      ),
    ));

  it('An asset without a price is never worth zero: the relative test alone decides.', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 ** 9 }),
        fc.integer({ min: 1, max: 10 ** 9 }),
        (held, more) => {
          const [found] = compareOf({ XYZ: String(held) }, { XYZ: String(held + more) }).differences;
          expect(found?.valueUsd).toBeNull();
          expect(found?.class).toBe('quantityMismatch');
          expect(found?.isMaterial).toBe(more / held >= 0.001);
        },
      ),
    ));
});
