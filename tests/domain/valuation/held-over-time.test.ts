import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeTransaction, move, own, receive } from '../../../src/domain/book/make-transaction.ts';
import type { Transaction } from '../../../src/domain/book/transaction.ts';
import { type Amount, add, amount, isZero, negate, ZERO } from '../../../src/domain/money/amount.ts';
import type { SubLedgerEvent } from '../../../src/domain/strategies/sub-ledgers.ts';
import { isExternalFlow } from '../../../src/domain/valuation/external-flow.ts';
import { type HeldThen, heldOverTime } from '../../../src/domain/valuation/held-over-time.ts';

const groupOf = (asset: string): string => asset;
const EVER = { fromMs: 0, toMs: 1e15 };

/** What is there, by venue and asset, and nothing that is zero. */
const totals = ({ holdings }: Pick<HeldThen, 'holdings'>): Record<string, Amount> =>
  Object.fromEntries(
    holdings
      .filter(({ quantity }) => !isZero(quantity))
      .map(({ venue, asset, quantity }) => [`${venue} ${asset}`, quantity] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const history = fc
  .array(
    fc.record({
      gapMs: fc.integer({ min: 0, max: 5 }),
      kind: fc.constantFrom('deposit', 'withdrawal', 'fill', 'send', 'fee'),
      venue: fc.constantFrom('a', 'b'),
      quantity: fc.integer({ min: 1, max: 50 }).map((n) => amount(String(n))),
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    let atMs = 10;
    return steps.flatMap(({ gapMs, kind, venue, quantity }, index): readonly Transaction[] => {
      atMs += gapMs;
      const other = venue === 'a' ? 'b' : 'a';
      const postings = {
        deposit: () => receive(venue, 'available', 'USD', quantity, 'transfer'),
        withdrawal: () => receive(venue, 'available', 'USD', negate(quantity), 'transfer'),
        fee: () => receive(venue, 'available', 'USD', negate(quantity), 'fee'),
        fill: () => [
          ...receive(venue, 'available', 'BTC', quantity, 'trade'),
          ...receive(venue, 'available', 'USD', negate(quantity), 'trade'),
        ],
        send: () => [
          own(venue, 'available', 'USD', negate(quantity)),
          own(other, 'inTransit', 'USD', quantity),
        ],
      }[kind]();
      const transaction = makeTransaction({
        eventId: `e${index}`,
        cause: 'fill',
        venue,
        atMs,
        venueIds: [],
        postings,
      });
      return transaction === null ? [] : [transaction];
    });
  });

const reckoned = (transactions: readonly Transaction[]): Record<string, Amount> => {
  const held = new Map<string, Amount>();
  for (const posting of transactions.flatMap(({ postings }) => postings))
    if (!('external' in posting)) {
      const key = `${posting.venue} ${posting.asset}`;
      held.set(key, add(held.get(key) ?? ZERO, posting.amount));
    }
  const there = [...held].filter(([, quantity]) => !isZero(quantity));
  return Object.fromEntries(there.sort(([a], [b]) => (a < b ? -1 : 1)));
};

const times = fc
  .uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 12 })
  .map((all) => [...all].sort((a, b) => a - b));

describe('what was held', () => {
  it('What was held at a time is the sum of the postings of everything that happened before it', () => {
    fc.assert(
      fc.property(history, times, (transactions, asked) => {
        const found = [
          ...heldOverTime({ transactions, strategyEvents: [] }, { times: asked, flows: EVER, groupOf }),
        ].filter(({ beforeTransaction }) => beforeTransaction === null);
        expect(found.map(({ atMs }) => atMs)).toEqual(asked);
        for (const held of found)
          expect(totals(held)).toEqual(reckoned(transactions.filter(({ atMs }) => atMs < held.atMs)));
      }),
    );
  });

  it('What was held before a flow is without the flow, and with all that was before it', () => {
    fc.assert(
      fc.property(history, (transactions) => {
        const found = [
          ...heldOverTime({ transactions, strategyEvents: [] }, { times: [], flows: EVER, groupOf }),
        ];
        const flows = transactions.filter((each) => isExternalFlow(each, groupOf));
        expect(found.map(({ beforeTransaction }) => beforeTransaction)).toEqual(flows.map(({ id }) => id));
        for (const held of found) {
          const place = transactions.findIndex(({ id }) => id === held.beforeTransaction);
          expect(totals(held)).toEqual(reckoned(transactions.slice(0, place)));
        }
      }),
    );
  });

  it('has what strategies held of it, and no flow of another time', () => {
    const bought: SubLedgerEvent = {
      type: 'filled',
      id: 'f1',
      asset: 'BTC',
      quantity: amount('2'),
      step: amount('1'),
      cashAsset: 'USD',
      cash: amount('-200'),
      cashStep: amount('1'),
      remaining: new Map([['trend', amount('2')]]),
    };
    const deposit = makeTransaction({
      eventId: 'd',
      cause: 'deposit',
      venue: 'a',
      atMs: 5,
      venueIds: [],
      postings: [...receive('a', 'available', 'USD', amount('500'), 'transfer')],
    });
    const moved = makeTransaction({
      eventId: 'm',
      cause: 'order',
      venue: 'a',
      atMs: 6,
      venueIds: [],
      postings: [...move('a', 'available', 'hold', 'USD', amount('9'))],
    });
    const transactions = [deposit, moved].filter((each) => each !== null);
    const strategyEvents = [{ atMs: 7, event: bought }];
    const asked = { times: [7, 8], flows: { fromMs: 6, toMs: 10 }, groupOf };
    const [before, after, ...more] = heldOverTime({ transactions, strategyEvents }, asked);
    expect(more).toEqual([]);
    expect(before).toMatchObject({ atMs: 7, strategies: [] });
    expect(after).toMatchObject({
      holdings: [{ venue: 'a', asset: 'USD', quantity: '500' }],
      strategies: [
        { strategy: 'trend', asset: 'BTC', quantity: '2' },
        { strategy: 'trend', asset: 'USD', quantity: '-200' },
      ],
    });
  });
});
