import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BookEvent } from '../../../src/domain/book/book-event.ts';
import { holdingOf, viewOf } from '../../../src/domain/book/book-state.ts';
import { correctionTransaction } from '../../../src/domain/book/correction-transaction.ts';
import { inferFill } from '../../../src/domain/book/inferred-fill.ts';
import { assertBalanced } from '../../../src/domain/book/make-transaction.ts';
import { bookOrderOf } from '../../../src/domain/book/order-state.ts';
import { fromAtoms, isNegative, multiply, negate, ZERO } from '../../../src/domain/money/amount.ts';
import {
  a,
  accepted,
  BookHarness,
  cancelled,
  filled,
  NOW_MS,
  received,
  sent,
  submitted,
} from '../../support/book-harness.ts';

interface OrderStory {
  readonly events: readonly BookEvent[];
  readonly isWhole: boolean;
}

/** One order with up to four fills that do not exceed it, cancelled or not, with a hold or without. */
const anyStory: fc.Arbitrary<OrderStory> = fc
  .record({
    parts: fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 0, maxLength: 4 }),
    rest: fc.integer({ min: 0, max: 1_000_000 }),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    hold: fc.option(fc.integer({ min: 1, max: 1_000_000_000 })),
    isCancelled: fc.boolean(),
    feeAsset: fc.constantFrom('USD', 'BTC', 'BNB'),
  })
  .filter(({ parts, rest }) => parts.length > 0 || rest > 0)
  .map(({ parts, rest, side, hold, isCancelled, feeAsset }) => {
    const quantity = fromAtoms(BigInt(parts.reduce((sum, part) => sum + part, rest)), 4);
    const fills = parts.map((part, index) =>
      filled({
        eventId: `filled-${index}`,
        fillId: `fill-${index}`,
        side,
        quantity: fromAtoms(BigInt(part), 4),
        price: a(`99.${index + 1}`),
        fee: { asset: feeAsset, amount: a('0.25') },
      }),
    );
    const asset = side === 'buy' ? 'USD' : 'BTC';
    const events = [
      submitted({ quantity, side }),
      accepted({ hold: hold === null ? null : { asset, amount: fromAtoms(BigInt(hold), 5) } }),
      ...fills,
      ...(isCancelled ? [cancelled()] : []),
    ];
    return { events, isWhole: rest === 0 && parts.length > 0 };
  });

const anyPermutation = anyStory.chain(({ events, isWhole }) =>
  fc.record({
    events: fc.constant(events),
    shuffled: fc.shuffledSubarray([...events], { minLength: events.length, maxLength: events.length }),
    isWhole: fc.constant(isWhole),
  }),
);

function heard(events: readonly BookEvent[]): BookHarness {
  const harness = new BookHarness();
  for (const event of events) expect(['posted', 'postedAsExternal']).toContain(harness.hear(event).kind);
  return harness;
}

describe('messages about one order', () => {
  test('the order in which messages arrive does not matter, neither for the order nor for any balance', () => {
    fc.assert(
      fc.property(anyPermutation, ({ events, shuffled }) => {
        const inOrder = heard(events);
        const outOfOrder = heard(shuffled);
        expect(outOfOrder.balances()).toEqual(inOrder.balances());
        expect(outOfOrder.orders).toEqual(inOrder.orders);
        expect(viewOf(outOfOrder.book, 'coinbase', 0).recentVenueIds).toEqual(
          viewOf(inOrder.book, 'coinbase', 0).recentVenueIds,
        );
        expect(viewOf(outOfOrder.book, 'coinbase', 0).liveOrders).toEqual(
          viewOf(inOrder.book, 'coinbase', 0).liveOrders,
        );
      }),
      { numRuns: 300 },
    );
  });

  test('the postings of a transaction sum to zero for every asset', () => {
    fc.assert(
      fc.property(anyPermutation, ({ shuffled }) => {
        for (const transaction of heard(shuffled).transactions) assertBalanced(transaction);
      }),
    );
  });

  test('a hold is never more than the venue said, falls with every fill, and is gone with the last one', () => {
    fc.assert(
      fc.property(anyPermutation, ({ events, isWhole }) => {
        const harness = new BookHarness();
        const held = (asset: string) => holdingOf(harness.book, 'coinbase', asset).hold;
        for (const event of events) {
          harness.hear(event);
          const order = harness.orders.get('coinbase order-1');
          const hold = order && bookOrderOf(order)?.hold;
          expect(hold?.amount ?? ZERO).toBe(hold ? held(hold.asset) : ZERO);
          expect([held('USD'), held('BTC')].some(isNegative)).toBe(false);
        }
        const isOver = isWhole || events.some(({ type }) => type === 'portfolio.orderCancelled');
        if (isOver) expect([held('USD'), held('BTC')]).toEqual([ZERO, ZERO]);
      }),
    );
  });

  test('a message that is heard twice posts nothing the second time, wherever it comes', () => {
    fc.assert(
      fc.property(anyPermutation, fc.nat(), ({ events, shuffled }, index) => {
        const once = heard(events);
        const twice = new BookHarness();
        const repeated = shuffled[index % shuffled.length] as BookEvent;
        for (const event of [...shuffled, repeated]) twice.hear(event);
        expect(twice.balances()).toEqual(once.balances());
        expect(twice.orders).toEqual(once.orders);
      }),
    );
  });
});

describe('a fill that a correction stands in for', () => {
  const fill = filled({ eventId: 'filled late', quantity: a('1'), fillId: 'late' });
  const story = [submitted(), accepted(), filled(), cancelled(), fill, 'infer' as const];

  function hearOrInfer(harness: BookHarness, step: BookEvent | 'infer'): void {
    if (step !== 'infer') {
      harness.hear(step);
      return;
    }
    const order = harness.orders.get('coinbase order-1');
    // The reconciler finds nothing to infer where the fill is booked already, or nobody knows the order yet.
    if (harness.standing('coinbase', 'late') !== null || !order) return;
    const move = (asset: string, amount: typeof fill.quantity, from: 'trade' | 'fee') =>
      ({ venue: 'coinbase', asset, bucket: 'available', amount, from }) as const;
    const correction = correctionTransaction({
      correctionId: 'c1',
      part: 0,
      venue: 'coinbase',
      atMs: NOW_MS,
      venueId: 'late',
      movements: [
        move('BTC', fill.quantity, 'trade'),
        move('USD', negate(multiply(fill.quantity, fill.price)), 'trade'),
        move('USD', negate(fill.fee.amount), 'fee'),
      ],
    });
    const change = inferFill(order, { correction, venueId: 'late', quantity: fill.quantity });
    harness.post(correction);
    if (change.transaction) harness.post(change.transaction);
    harness.keep(change.order);
  }

  test('a message that arrives late replaces the correction that stood in for it: any order of inferred, real and status gives the same book', () => {
    const inOrder = new BookHarness();
    for (const step of story.slice(0, -1)) hearOrInfer(inOrder, step);
    fc.assert(
      fc.property(fc.shuffledSubarray(story, { minLength: story.length }), (shuffled) => {
        const harness = new BookHarness();
        for (const step of shuffled) hearOrInfer(harness, step);
        expect(harness.balances()).toEqual(inOrder.balances());
        expect(harness.orders).toEqual(inOrder.orders);
      }),
      { numRuns: 300 },
    );
  });

  test('until it is reported, the inferred fill gives the book that the reported one would', () => {
    const inferred = new BookHarness();
    const reported = new BookHarness();
    for (const step of [submitted(), accepted(), 'infer'] as const) hearOrInfer(inferred, step);
    for (const step of [submitted(), accepted(), fill] as const) hearOrInfer(reported, step);
    expect(inferred.balances()).toEqual(reported.balances());
    expect(viewOf(inferred.book, 'coinbase', 0).liveOrders).toEqual(
      viewOf(reported.book, 'coinbase', 0).liveOrders,
    );
  });
});

test('either end of a transfer may be reported first', () => {
  expect(heard([received(), sent()]).balances()).toEqual(heard([sent(), received()]).balances());
});
