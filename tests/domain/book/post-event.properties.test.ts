import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BookEvent } from '../../../src/domain/book/book-event.ts';
import { holdingOf, totalOf, viewOf } from '../../../src/domain/book/book-state.ts';
import { openingTransaction } from '../../../src/domain/book/opening.ts';
import { BUCKETS } from '../../../src/domain/book/transaction.ts';
import { type Amount, add, fromAtoms, ZERO } from '../../../src/domain/money/amount.ts';
import {
  a,
  accepted,
  BookHarness,
  cancelled,
  deposited,
  filled,
  NOW_MS,
  received,
  sent,
  submitted,
} from '../../support/book-harness.ts';

const thousandths = (count: number): Amount => fromAtoms(BigInt(count), 3);
const some = fc.integer({ min: 1, max: 100_000 });

/** One order with up to three fills that do not exceed it. */
const anyOrder = (clientOrderId: string): fc.Arbitrary<readonly BookEvent[]> =>
  fc
    .record({
      parts: fc.array(some, { maxLength: 3 }),
      rest: some,
      side: fc.constantFrom('buy' as const, 'sell' as const),
      hold: fc.option(some),
      isCancelled: fc.boolean(),
      feeAsset: fc.constantFrom('USD', 'BTC', 'BNB'),
    })
    .map(({ parts, rest, side, hold, isCancelled, feeAsset }) => {
      const of = { clientOrderId };
      const quantity = thousandths(parts.reduce((sum, part) => sum + part, rest));
      const held =
        hold === null ? null : { asset: side === 'buy' ? 'USD' : 'BTC', amount: thousandths(hold) };
      const fills = parts.map((part, index) =>
        filled({
          ...of,
          eventId: `${clientOrderId} filled ${index}`,
          fillId: `${clientOrderId} fill ${index}`,
          side,
          quantity: thousandths(part),
          fee: { asset: feeAsset, amount: a('0.25') },
        }),
      );
      return [
        submitted({ ...of, eventId: `${clientOrderId} submitted`, side, quantity }),
        accepted({ ...of, eventId: `${clientOrderId} accepted`, hold: held, venueOrderId: clientOrderId }),
        ...fills,
        ...(isCancelled ? [cancelled({ ...of, eventId: `${clientOrderId} cancelled` })] : []),
      ];
    });

const anyMovements: fc.Arbitrary<readonly BookEvent[]> = fc
  .record({
    withdrawal: some,
    funding: fc.oneof(
      some,
      some.map((count) => -count),
    ),
    left: some,
    lost: fc.nat(9),
  })
  .map(({ withdrawal, funding, left, lost }) => [
    {
      type: 'portfolio.withdrawalReported',
      eventId: 'withdrawn',
      venue: 'coinbase',
      atMs: NOW_MS - 450,
      asset: 'USD',
      amount: thousandths(withdrawal),
      fee: { asset: 'USD', amount: a('0.1') },
      activityId: 'withdrawal-1',
    },
    {
      type: 'portfolio.fundingReported',
      eventId: 'funded',
      venue: 'dydx',
      atMs: NOW_MS - 350,
      market: 'BTC-USD',
      asset: 'USDC',
      amount: thousandths(funding),
      activityId: 'funding-1',
    },
    sent({ amount: thousandths(left + lost) }),
    received({ amount: thousandths(left) }),
  ]);

const anyDeposits: fc.Arbitrary<readonly BookEvent[]> = fc
  .array(some, { minLength: 1, maxLength: 2 })
  .map((amounts) =>
    amounts.map((atoms, index) =>
      deposited({
        eventId: `deposited ${index}`,
        activityId: `deposit-${index}`,
        amount: thousandths(atoms),
      }),
    ),
  );

const allOf = (...parts: readonly fc.Arbitrary<readonly BookEvent[]>[]): fc.Arbitrary<readonly BookEvent[]> =>
  fc.tuple(...parts).map((lists) => lists.flat());
const anyMessages = allOf(anyOrder('order-1'), anyOrder('order-2'), anyMovements);
const anyMessagesWithDeposits = allOf(anyMessages, anyDeposits);

const shuffled = <T>(list: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.shuffledSubarray([...list], { minLength: list.length });

function heard(events: readonly BookEvent[]): BookHarness {
  const harness = new BookHarness();
  for (const event of events) expect(['posted', 'postedAsExternal']).toContain(harness.hear(event).kind);
  return harness;
}

/** Everything that a message can change. */
const stateOf = (harness: BookHarness) => ({
  balances: harness.balances(),
  orders: [...harness.orders].sort(([one], [other]) => (one < other ? -1 : 1)),
  known: [...viewOf(harness.book, 'coinbase', 0).recentVenueIds].sort(),
});

/** What is held of each asset that is not nothing, in whatever bucket. */
const totalsOf = ({ book }: BookHarness) =>
  ['coinbase', 'solana', 'dydx'].map((venue) =>
    viewOf(book, venue, 0)
      .holdings.map((holding) => [holding.asset, totalOf(holding)])
      .filter(([, total]) => total !== ZERO),
  );

describe('invariants of what a message does to the book', () => {
  it('1. The same id with the same content posts nothing and is accepted again; with other content it is a conflict.', () => {
    fc.assert(
      fc.property(
        anyMessagesWithDeposits.chain((events) => fc.tuple(shuffled(events), shuffled(events))),
        ([first, again]) => {
          const harness = heard(first);
          const before = { ...stateOf(harness), posted: harness.transactions.length };
          for (const event of again) {
            expect(harness.hear(event).kind).toBe('duplicate');
            const other = { ...event, atMs: event.atMs - 1 };
            expect(harness.hear(other)).toMatchObject({ kind: 'conflict', place: 'eventId' });
          }
          expect({ ...stateOf(harness), posted: harness.transactions.length }).toEqual(before);
        },
      ),
    );
  });

  it('2. The order in which messages arrive does not matter.', () => {
    fc.assert(
      fc.property(
        anyMessagesWithDeposits.chain((events) => fc.tuple(fc.constant(events), shuffled(events))),
        ([inOrder, outOfOrder]) => {
          expect(stateOf(heard(outOfOrder))).toEqual(stateOf(heard(inOrder)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('3. One thing that happened at a venue is one transaction, however many messages report it.', () => {
    fc.assert(
      fc.property(
        anyMessagesWithDeposits.chain((events) => {
          const again = events.map((event) => ({ ...event, eventId: `${event.eventId} again` }));
          return fc.tuple(fc.constant(events), shuffled([...events, ...again]));
        }),
        ([once, twice]) => {
          const harness = new BookHarness();
          const kinds = twice.map((event) => harness.hear(event).kind);
          expect(kinds.filter((kind) => kind === 'duplicate')).toHaveLength(once.length);
          expect(stateOf(harness)).toEqual(stateOf(heard(once)));
          const reported = harness.transactions.flatMap(({ venue, venueIds }) =>
            venueIds.map((id) => `${venue} ${id}`),
          );
          expect(new Set(reported).size).toBe(reported.length);
        },
      ),
    );
  });

  it("5. A venue is opened by its opening transaction, or by the bot's own first deposit.", () => {
    fc.assert(
      fc.property(anyMessagesWithDeposits.chain(shuffled), (events) => {
        const unopened = new BookHarness();
        for (const event of events) {
          const decision = unopened.hear(event);
          const isFirstDeposit =
            unopened.opening.state === 'unopened' && event.type === 'portfolio.depositReported';
          expect(decision).toMatchObject({ opensVenue: isFirstDeposit });
          if (isFirstDeposit) unopened.opening = { state: 'fromMessages', atMs: event.atMs };
        }
        expect(unopened.opening.state).toBe('fromMessages');
        const opened = new BookHarness();
        opened.opening = { state: 'fromSnapshot', atMs: NOW_MS - 10_000 };
        for (const event of events) expect(opened.hear(event)).toMatchObject({ opensVenue: false });
      }),
    );
  });

  it('6. Other messages about an unopened venue are posted and leave it unopened: its opening balances then make up the rest.', () => {
    const balances = fc.dictionary(fc.constantFrom('BTC', 'USD', 'ETH'), fc.tuple(fc.nat(), fc.nat()));
    fc.assert(
      fc.property(anyMessages.chain(shuffled), balances, (events, shown) => {
        const harness = new BookHarness();
        for (const event of events) {
          const decision = harness.hear(event);
          expect(['posted', 'postedAsExternal']).toContain(decision.kind);
          expect(decision).toMatchObject({ opensVenue: false });
        }
        const snapshot = {
          balances: Object.entries(shown).map(([asset, [available, hold]]) => ({
            asset,
            symbol: asset,
            total: thousandths(available + hold),
            available: thousandths(available),
            hold: thousandths(hold),
          })),
          positions: [],
          accrued: [],
        };
        const booked = viewOf(harness.book, 'coinbase', 0).holdings;
        const opening = openingTransaction({ venue: 'coinbase', snapshot, booked, atMs: NOW_MS });
        if (opening !== null) harness.post(opening);
        for (const asset of new Set([...Object.keys(shown), ...booked.map((holding) => holding.asset)])) {
          const [available, hold] = shown[asset] ?? [0, 0];
          expect(holdingOf(harness.book, 'coinbase', asset)).toMatchObject({
            available: thousandths(available),
            hold: thousandths(hold),
          });
        }
      }),
    );
  });

  it('7. Once a venue was opened from a snapshot, what happened up to that moment is contained in it and is refused.', () => {
    fc.assert(
      fc.property(
        anyMessagesWithDeposits.chain(shuffled),
        fc.integer({ min: NOW_MS - 6_000, max: NOW_MS }),
        (events, openedAtMs) => {
          const harness = new BookHarness();
          harness.opening = { state: 'fromSnapshot', atMs: openedAtMs };
          for (const event of events) {
            const before = [harness.balances(), totalsOf(harness)];
            const { kind } = harness.hear(event);
            const isContained = event.atMs <= openedAtMs;
            // Orders are heard at any time: what they say of a hold moves nothing in or out.
            const isOrder = 'clientOrderId' in event && event.type !== 'portfolio.fillReported';
            if (isContained && !isOrder) expect(kind).toBe('rejected');
            else expect(['posted', 'postedAsExternal']).toContain(kind);
            const after = [harness.balances(), totalsOf(harness)];
            if (isContained) expect(isOrder ? after[1] : after).toEqual(isOrder ? before[1] : before);
          }
        },
      ),
    );
  });
});

describe('invariants of the ledger', () => {
  it('a balance is the sum of its postings, and of nothing else', () => {
    fc.assert(
      fc.property(anyMessagesWithDeposits.chain(shuffled), (events) => {
        const harness = heard(events);
        const sums = new Map<string, Amount>();
        for (const posting of harness.transactions.flatMap(({ postings }) => postings)) {
          if ('external' in posting) continue;
          const key = `${posting.venue} ${posting.asset} ${posting.bucket}`;
          sums.set(key, add(sums.get(key) ?? ZERO, posting.amount));
        }
        for (const venue of ['coinbase', 'solana', 'dydx']) {
          for (const holding of viewOf(harness.book, venue, 0).holdings)
            for (const bucket of BUCKETS)
              expect(holding[bucket]).toBe(sums.get(`${venue} ${holding.asset} ${bucket}`) ?? ZERO);
        }
        const shown = Object.entries(harness.balances());
        expect(shown).toHaveLength([...sums.values()].filter((total) => total !== ZERO).length);
      }),
    );
  });
});
