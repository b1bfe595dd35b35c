import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { external, makeTransaction, move, own, receive } from '../../../src/domain/book/make-transaction.ts';
import type { Cause, Posting } from '../../../src/domain/book/transaction.ts';
import { type Amount, add, amount, isZero, negate, sum, ZERO } from '../../../src/domain/money/amount.ts';
import { FLOW_ACCOUNTS } from '../../../src/domain/valuation/external-flow.ts';
import {
  assetFlows,
  portfolioFlows,
  type ScopeFlow,
  venueFlows,
} from '../../../src/domain/valuation/scope-flow.ts';

const a = amount;
const CASH = new Set(['USD', 'USDC', 'EPjF']);
const ASSETS = {
  groupOf: (asset: string) => (CASH.has(asset) ? 'CASH' : asset === 'cbBTC' ? 'BTC' : asset),
  isCash: (asset: string) => CASH.has(asset),
};
const booked = (postings: readonly Posting[], venue = 'coinbase', cause: Cause = 'fill') => {
  const transaction = makeTransaction({ eventId: 'e', cause, venue, atMs: 7, venueIds: [], postings });
  if (transaction === null) throw new Error('a transaction moves something');
  return { sequence: 3, transaction };
};
const briefly = (flows: readonly ScopeFlow[]) =>
  flows
    .map(
      ({ scope, asset, quantity, usd }) =>
        `${scope || 'all'}: ${quantity} ${asset}${usd === null ? '' : ` for ${usd}`}`,
    )
    .sort();

const fill = (base: string, quantity: string, quote: string, paid: string, fee: [string, string]) => [
  ...receive('coinbase', 'available', base, a(quantity), 'trade'),
  ...receive('coinbase', 'available', quote, a(paid), 'trade'),
  ...receive('coinbase', 'available', fee[0], a(fee[1]), 'fee'),
];

describe('what comes into a part of the portfolio', () => {
  it.each<[string, readonly Posting[], readonly string[], readonly string[], readonly string[]]>([
    [
      'a deposit',
      receive('coinbase', 'available', 'BTC', a('2'), 'transfer'),
      ['all: 2 BTC'],
      ['coinbase: 2 BTC'],
      ['BTC: 2 BTC'],
    ],
    [
      'a withdrawal with a fee',
      [
        ...receive('coinbase', 'available', 'BTC', a('-2'), 'transfer'),
        ...receive('coinbase', 'available', 'BTC', a('-0.1'), 'fee'),
      ],
      ['all: -2 BTC'],
      ['coinbase: -2 BTC'],
      ['BTC: -2 BTC'],
    ],
    [
      'a buy with its fee in cash',
      fill('BTC', '2', 'USD', '-200', ['USD', '-1']),
      [],
      [],
      ['BTC: 2 BTC for 201', 'CASH: -201 USD for -201'],
    ],
    [
      'a sell with its fee in what is sold',
      fill('BTC', '-2', 'USD', '200', ['BTC', '-0.01']),
      [],
      [],
      ['BTC: -2 BTC for -200', 'CASH: 200 USD for 200'],
    ],
    [
      'a trade without cash',
      fill('BTC', '2', 'ETH', '-30', ['ETH', '-0.1']),
      [],
      [],
      ['BTC: 2 BTC', 'ETH: -30 ETH'],
    ],
    ['one dollar for another', fill('USDC', '100', 'USD', '-100', ['USD', '-1']), [], [], []],
    [
      'what leaves for another venue',
      move('coinbase', 'available', 'inTransit', 'USDC', a('99')),
      [],
      [],
      [],
    ],
    [
      'what arrives there, under another name',
      [
        ...receive('coinbase', 'inTransit', 'USDC', a('-99'), 'transfer'),
        ...receive('solana', 'available', 'EPjF', a('99'), 'transfer'),
      ],
      [],
      ['coinbase: -99 USDC', 'solana: 99 EPjF'],
      [],
    ],
    [
      'a departure that is told after its arrival',
      [own('coinbase', 'available', 'USDC', a('-9')), external('transfer', 'USDC', a('9'))],
      ['all: -9 USDC'],
      ['coinbase: -9 USDC'],
      ['CASH: -9 USDC'],
    ],
    ['funding', receive('coinbase', 'available', 'USDC', a('-3'), 'funding'), [], [], []],
  ])('%s', (_, postings, whole, venues, assets) => {
    expect(briefly(portfolioFlows(booked(postings), ASSETS))).toEqual(whole);
    expect(briefly(venueFlows(booked(postings), ASSETS))).toEqual(venues);
    expect(briefly(assetFlows(booked(postings), ASSETS))).toEqual(assets);
  });

  const quantity = fc.integer({ min: -50, max: 50 }).map((n) => a(String(n)));
  const venue = fc.constantFrom('coinbase', 'solana');
  const asset = fc.constantFrom('BTC', 'cbBTC', 'USD', 'USDC');
  /** As transactions of the book are: what is traded, paid and earned is at the transaction's own venue. */
  const transactions = fc
    .tuple(
      fc.array(
        fc.tuple(fc.constantFrom('trade', 'fee', 'funding', 'reward', 'unexplained'), asset, quantity),
      ),
      fc.array(fc.tuple(venue, fc.constantFrom('transfer', 'opening'), asset, quantity)),
      fc.array(fc.tuple(venue, venue, asset, quantity)),
    )
    .map(([happened, outside, between]) => [
      ...happened.flatMap(([account, of, each]) =>
        receive('coinbase', 'available', of, each, account as 'fee'),
      ),
      ...outside.flatMap(([at, account, of, each]) =>
        receive(at, 'available', of, each, account as 'transfer'),
      ),
      ...between.flatMap(([from, to, of, each]) => [
        own(from, 'available', of, negate(each)),
        own(to, 'inTransit', of, each),
      ]),
    ])
    .filter(
      (postings) =>
        makeTransaction({
          eventId: 'e',
          cause: 'fill',
          venue: 'coinbase',
          atMs: 7,
          venueIds: [],
          postings,
        }) !== null,
    );

  const totals = (flows: readonly ScopeFlow[], keyOf: (flow: ScopeFlow) => string) => {
    const all = new Map<string, Amount>();
    for (const flow of flows) all.set(keyOf(flow), add(all.get(keyOf(flow)) ?? ZERO, flow.quantity));
    return Object.fromEntries(
      [...all].filter(([, each]) => !isZero(each)).sort(([x], [y]) => (x < y ? -1 : 1)),
    );
  };

  it('Over all venues flows sum to those of the portfolio', () => {
    fc.assert(
      fc.property(transactions, (postings) => {
        const group = (flow: ScopeFlow) => ASSETS.groupOf(flow.asset);
        expect(totals(venueFlows(booked(postings), ASSETS), group)).toEqual(
          totals(portfolioFlows(booked(postings), ASSETS), group),
        );
      }),
    );
  });

  it('What a transaction changes is flow of a venue or return of it, and of no venue both', () => {
    fc.assert(
      fc.property(transactions, (postings) => {
        const { transaction } = booked(postings);
        const flows = venueFlows(booked(postings), ASSETS);
        for (const at of ['coinbase', 'solana'])
          for (const group of ['BTC', 'CASH']) {
            const amounts = (isOf: (posting: Posting) => boolean) =>
              sum(
                transaction.postings
                  .filter((posting) => ASSETS.groupOf(posting.asset) === group && isOf(posting))
                  .map((posting) => posting.amount),
              );
            const change = amounts((posting) => 'venue' in posting && posting.venue === at);
            const earned =
              at === 'coinbase'
                ? amounts((posting) => 'external' in posting && !FLOW_ACCOUNTS.includes(posting.external))
                : ZERO;
            const flow = flows.filter((each) => each.scope === at && ASSETS.groupOf(each.asset) === group);
            expect(add(change, earned)).toBe(sum(flow.map((each) => each.quantity)));
          }
      }),
    );
  });

  it('A trade moves from one asset into another what it has cost or brought, the fee included', () => {
    const above = fc.integer({ min: 1, max: 1_000 }).map((n) => a(String(n)));
    fc.assert(
      fc.property(above, above, above, fc.boolean(), (bought, paid, fee, isBuy) => {
        const postings = fill('BTC', isBuy ? bought : negate(bought), 'USD', isBuy ? negate(paid) : paid, [
          'USD',
          negate(fee),
        ]);
        const flows = assetFlows(booked(postings), ASSETS);
        if (isZero(add(isBuy ? negate(paid) : paid, negate(fee)))) return;
        expect(flows).toHaveLength(2);
        expect(sum(flows.map(({ usd }) => usd ?? a('1000000')))).toBe(ZERO);
        const [btc] = flows.filter(({ scope }) => scope === 'BTC');
        expect(btc?.usd).toBe(isBuy ? add(paid, fee) : add(negate(paid), fee));
      }),
    );
  });
});
