import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AttributionPeriod } from '../../../src/domain/attribution/attribution-period.ts';
import { groupGains } from '../../../src/domain/attribution/group-gains.ts';
import { periodGains } from '../../../src/domain/attribution/period-gains.ts';
import {
  type BookTerms,
  type BookValuation,
  periodsOfBook,
} from '../../../src/domain/attribution/periods-of-book.ts';
import { own, receive } from '../../../src/domain/book/make-transaction.ts';
import type { Cause, Posting, Transaction } from '../../../src/domain/book/transaction.ts';
import {
  type Amount,
  add,
  amount,
  isZero,
  multiply,
  negate,
  sum,
  ZERO,
} from '../../../src/domain/money/amount.ts';
import type { ScopeFlow } from '../../../src/domain/valuation/scope-flow.ts';

const a = (text: string): Amount => amount(text);
const PRICES: Readonly<Record<string, Amount>> = { BTC: a('100'), SOL: a('20'), WSOL: a('20') };
const TERMS: BookTerms = {
  groupOf: (asset) => (asset === 'WSOL' ? 'SOL' : asset),
  isCash: (asset) => asset === 'USD',
  strategyFlows: null,
  midOf: (_venue, fillId) => (fillId === 'nobody' ? null : a('100')),
};

interface Sequenced {
  readonly sequence: number;
  readonly transaction: Transaction;
}

const transaction = (
  sequence: number,
  atMs: number,
  cause: Cause,
  venue: string,
  postings: readonly Posting[],
): Sequenced => ({
  sequence,
  transaction: {
    id: `t${sequence}`,
    eventId: `e${sequence}`,
    cause,
    venue,
    atMs,
    venueIds: [`v${sequence}`],
    postings,
  },
});

/** What a number of transactions leave held, at constant prices. */
function valuation(
  known: readonly Sequenced[],
  fields: Pick<BookValuation, 'atMs'> & Partial<BookValuation>,
  prices: Readonly<Record<string, Amount>> = PRICES,
): BookValuation {
  const held = new Map<string, { venue: string; asset: string; quantity: Amount }>();
  for (const posting of known.flatMap((each) => each.transaction.postings)) {
    if ('external' in posting) continue;
    const { venue, asset } = posting;
    const quantity = add(held.get(`${venue} ${asset}`)?.quantity ?? ZERO, posting.amount);
    held.set(`${venue} ${asset}`, { venue, asset, quantity });
  }
  return {
    transactionSequence: null,
    beforeTransaction: null,
    strategies: [],
    holdings: [...held.values()]
      .filter(({ quantity }) => !isZero(quantity))
      .map((each) => {
        const price = each.asset === 'USD' ? a('1') : (prices[each.asset] ?? null);
        if (price === null) return { ...each, price: null, valueUsd: null };
        return { ...each, price: { price }, valueUsd: multiply(each.quantity, price) };
      }),
    ...fields,
  };
}

const deposit = (sequence: number, atMs: number, asset: string, quantity: string): Sequenced =>
  transaction(
    sequence,
    atMs,
    'deposit',
    'coinbase',
    receive('coinbase', 'available', asset, a(quantity), 'transfer'),
  );

const buy = (sequence: number, atMs: number, quantity: string, quote: string, fee = '0'): Sequenced =>
  transaction(sequence, atMs, 'fill', 'coinbase', [
    ...receive('coinbase', 'available', 'BTC', a(quantity), 'trade'),
    ...receive('coinbase', 'available', 'USD', negate(a(quote)), 'trade'),
    ...(fee === '0' ? [] : receive('coinbase', 'available', 'USD', negate(a(fee)), 'fee')),
  ]);

const gains = (period: AttributionPeriod | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (period === undefined ? [] : periodGains(period, new Set(['USD'])).cells).flatMap(({ cell, parts }) =>
      Object.entries(parts)
        .filter(([, gain]) => gain !== '0')
        .map(([part, gain]) => [`${cell.venue} ${cell.asset} ${part}`, gain]),
    ),
  );

describe('periods of a book', () => {
  it('have a fill as a trade with the fee, at the mid that it was decided at', () => {
    const all = [deposit(1, 1, 'USD', '1000'), buy(2, 5, '2', '201', '3')];
    const [period] = periodsOfBook(
      [
        valuation(all.slice(0, 1), { atMs: 2, transactionSequence: 1 }),
        valuation(all, { atMs: 9, transactionSequence: 2 }, { BTC: a('110') }),
      ],
      all,
      TERMS,
    );
    expect(period?.trades).toMatchObject([
      { asset: 'BTC', quote: 'USD', side: 'buy', quantity: '2', quoteUsd: '201' },
    ]);
    expect(gains(period)).toEqual({
      'coinbase BTC price': '20',
      'coinbase BTC slippage': '-1',
      'coinbase BTC fees': '-3',
    });
  });

  it('have a sell, and a fill of which nobody knows the mid', () => {
    const all = [
      deposit(1, 1, 'BTC', '3'),
      transaction(2, 5, 'fill', 'coinbase', [
        ...receive('coinbase', 'available', 'BTC', a('-1'), 'trade'),
        ...receive('coinbase', 'available', 'USD', a('99'), 'trade'),
      ]),
    ];
    const unasked = { ...TERMS, midOf: () => null };
    const [period] = periodsOfBook(
      [
        valuation(all.slice(0, 1), { atMs: 2, transactionSequence: 1 }),
        valuation(all, { atMs: 9, transactionSequence: 2 }),
      ],
      all,
      unasked,
    );
    expect(period?.trades).toMatchObject([
      { side: 'sell', quantity: '1', quoteUsd: '99', decisionMidUsd: null },
    ]);
    expect(gains(period)).toEqual({ 'coinbase BTC price': '-1' });
  });

  it('have what came in right after their opening at the opening, and else by where it went', () => {
    const all = [
      deposit(1, 1, 'USD', '1000'),
      deposit(2, 5, 'BTC', '-1'),
      deposit(3, 6, 'USD', '-10'),
      deposit(4, 7, 'USD', '20'),
    ];
    const [period] = periodsOfBook(
      [
        valuation(all.slice(0, 1), { atMs: 2, transactionSequence: 1, beforeTransaction: 't2' }, PRICES),
        valuation(all, { atMs: 9, transactionSequence: 4 }),
      ],
      all,
      TERMS,
    );
    expect(period?.flows.map(({ asset, valueUsd, at }) => [asset, valueUsd, at])).toEqual([
      ['BTC', '-100', 'opening'],
      ['USD', '-10', 'closing'],
      ['USD', '20', 'opening'],
    ]);
  });

  it('have what one venue sends to another as a transfer, also under another name there, and no flow', () => {
    const all = [
      deposit(1, 1, 'SOL', '10'),
      transaction(2, 5, 'transfer', 'solana', [
        own('coinbase', 'available', 'SOL', a('-4')),
        { external: 'transfer', asset: 'SOL', amount: a('4') },
        own('solana', 'available', 'WSOL', a('4')),
        { external: 'transfer', asset: 'WSOL', amount: a('-4') },
      ]),
    ];
    const [period] = periodsOfBook(
      [
        valuation(all.slice(0, 1), { atMs: 2, transactionSequence: 1 }),
        valuation(all, { atMs: 9, transactionSequence: 2 }),
      ],
      all,
      TERMS,
    );
    expect(period?.flows).toEqual([]);
    expect(period?.transfers).toMatchObject([
      { from: { venue: 'coinbase', asset: 'SOL' }, to: { venue: 'solana', asset: 'WSOL' }, valueUsd: '80' },
    ]);
    expect(gains(period)).toEqual({});
  });

  it('have funding, and leave what nobody explains in what the holdings gained', () => {
    const all = [
      deposit(1, 1, 'USD', '1000'),
      transaction(2, 5, 'funding', 'coinbase', receive('coinbase', 'available', 'USD', a('-7'), 'funding')),
      transaction(
        3,
        5,
        'correction',
        'coinbase',
        receive('coinbase', 'available', 'BTC', a('0.5'), 'unexplained'),
      ),
    ];
    const [period] = periodsOfBook(
      [
        valuation(all.slice(0, 1), { atMs: 2, transactionSequence: 1 }),
        valuation(all, { atMs: 9, transactionSequence: 3 }),
      ],
      all,
      TERMS,
    );
    expect(gains(period)).toEqual({ 'coinbase USD funding': '-7', 'coinbase BTC price': '50' });
  });

  it('have what was bought and sold again in between as trades, with the gain and a fee in it', () => {
    const all = [
      deposit(1, 1, 'USD', '1000'),
      buy(2, 5, '2', '200'),
      transaction(3, 6, 'fill', 'coinbase', [
        ...receive('coinbase', 'available', 'BTC', a('-1.9'), 'trade'),
        ...receive('coinbase', 'available', 'USD', a('209'), 'trade'),
        ...receive('coinbase', 'available', 'BTC', a('-0.1'), 'fee'),
      ]),
    ];
    const [period] = periodsOfBook(
      [
        valuation(all.slice(0, 1), { atMs: 2, transactionSequence: 1 }),
        valuation(all, { atMs: 9, transactionSequence: 3 }),
      ],
      all,
      { ...TERMS, midOf: () => null },
    );
    expect(period).toMatchObject({ flows: [], unpriced: [] });
    expect(gains(period)).toEqual({ 'coinbase BTC price': '20', 'coinbase BTC fees': '-11' });
  });

  it('name an asset without a price, and take what was paid for it as a flow', () => {
    const all = [
      deposit(1, 1, 'USD', '1000'),
      transaction(2, 5, 'fill', 'coinbase', [
        ...receive('coinbase', 'available', 'MEME', a('1000'), 'trade'),
        ...receive('coinbase', 'available', 'USD', a('-10'), 'trade'),
      ]),
    ];
    const [period] = periodsOfBook(
      [
        valuation(all.slice(0, 1), { atMs: 2, transactionSequence: 1 }),
        valuation(all, { atMs: 9, transactionSequence: 2 }),
      ],
      all,
      TERMS,
    );
    expect(period?.unpriced).toEqual(['MEME']);
    expect(period?.flows).toMatchObject([{ asset: 'USD', valueUsd: '-10', at: 'closing' }]);
    expect(gains(period)).toEqual({});
  });

  it('take back what a recorded valuation does not know of that a backfilled one before it knows', () => {
    const late = deposit(2, 3, 'USD', '500');
    const all = [deposit(1, 1, 'USD', '1000'), late];
    const periods = periodsOfBook(
      [
        valuation(all.slice(0, 1), { atMs: 2, transactionSequence: 1 }),
        valuation(all, { atMs: 4 }),
        valuation(all.slice(0, 1), { atMs: 5, transactionSequence: 1 }),
        valuation(all, { atMs: 6, transactionSequence: 2 }),
      ],
      all,
      TERMS,
    );
    expect(periods.map((period) => period.flows.map(({ valueUsd }) => valueUsd))).toEqual([
      ['500'],
      ['-500'],
      ['500'],
    ]);
    expect(periods.map(gains)).toEqual([{}, {}, {}]);
  });
});

const flowOfStrategy = (scope: string, fields: Partial<ScopeFlow>): ScopeFlow => ({
  scope,
  sequence: null,
  atMs: 5,
  asset: 'BTC',
  quantity: a('1'),
  usd: null,
  ...fields,
});

/** What strategies hold of it after some of the flows. */
const sharesAfter = (flows: readonly ScopeFlow[], price = a('100')): BookValuation['strategies'] => {
  const held = new Map<string, Amount>();
  for (const { scope, quantity } of flows) held.set(scope, add(held.get(scope) ?? ZERO, quantity));
  return [...held].map(([strategy, quantity]) => ({
    strategy,
    asset: 'BTC',
    quantity,
    valueUsd: multiply(quantity, price),
  }));
};

const byStrategy = (period: AttributionPeriod | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    groupGains(period === undefined ? [] : periodGains(period, new Set(['USD'])).cells, 'strategy').flatMap(
      ({ name, parts }) =>
        Object.entries(parts)
          .filter(([, gain]) => gain !== '0')
          .map(([part, gain]) => [`${name || 'nobody'} ${part}`, gain]),
    ),
  );

describe('periods of a book by strategy', () => {
  const dear = { BTC: a('110') };
  const all = [deposit(1, 1, 'USD', '1000'), buy(2, 5, '4', '404', '8')];
  const periodWith = (
    flows: readonly ScopeFlow[],
    before: readonly ScopeFlow[] = [],
  ): AttributionPeriod | undefined =>
    periodsOfBook(
      [
        valuation(all.slice(0, 1), { atMs: 2, transactionSequence: 1, strategies: sharesAfter(before) }),
        valuation(
          all,
          { atMs: 9, transactionSequence: 2, strategies: sharesAfter([...before, ...flows], dear.BTC) },
          dear,
        ),
      ],
      all,
      { ...TERMS, strategyFlows: flows },
    )[0];

  it('give each strategy its share of a fill, with fee and slippage; cash is of none', () => {
    const period = periodWith([
      flowOfStrategy('trend', { sequence: 2, quantity: a('1') }),
      flowOfStrategy('carry', { sequence: 2, quantity: a('2') }),
    ]);
    expect(byStrategy(period)).toEqual({
      'trend price': '10',
      'trend slippage': '-1',
      'trend fees': '-2',
      'carry price': '20',
      'carry slippage': '-2',
      'carry fees': '-4',
      'nobody price': '10',
      'nobody slippage': '-1',
      'nobody fees': '-2',
    });
  });

  it('move what one takes over from another at what it paid, and what is only assigned at its price', () => {
    const period = periodWith([
      flowOfStrategy('trend', { sequence: 2, quantity: a('4') }),
      flowOfStrategy('trend', { quantity: a('-1'), usd: a('-105') }),
      flowOfStrategy('carry', { quantity: a('1'), usd: a('105') }),
      flowOfStrategy('carry', { quantity: a('-0.5') }),
    ]);
    expect(byStrategy(period)).toEqual({
      // Three at 110 and one sold at 105, of four at 100.
      'trend price': '35',
      'trend slippage': '-4',
      'trend fees': '-8',
      'carry price': '5',
    });
  });
});

/** Happened at one time and booked at another, by two venues. */
const histories = fc
  .array(
    fc.record({
      kind: fc.constantFrom('deposit', 'withdrawal', 'buy', 'sell', 'send', 'funding', 'fee'),
      venue: fc.constantFrom('coinbase', 'dydx'),
      quantity: fc.integer({ min: 1, max: 50 }).map((count) => a(String(count))),
      priceUsd: fc.integer({ min: 98, max: 102 }).map((price) => a(String(price))),
      lateMs: fc.integer({ min: 0, max: 12 }),
      gapMs: fc.integer({ min: 0, max: 4 }),
      shares: fc.array(fc.constantFrom('trend', 'carry'), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((steps) => {
    let bookedAtMs = 100;
    return steps.map(({ kind, venue, quantity, priceUsd, lateMs, gapMs, shares }, index) => {
      bookedAtMs += gapMs;
      const other = venue === 'coinbase' ? 'dydx' : 'coinbase';
      const quote = multiply(quantity, priceUsd);
      const postings = {
        deposit: () => receive(venue, 'available', 'BTC', quantity, 'transfer'),
        withdrawal: () => receive(venue, 'available', 'USD', negate(quantity), 'transfer'),
        buy: () => [
          ...receive(venue, 'available', 'BTC', quantity, 'trade'),
          ...receive(venue, 'available', 'USD', negate(quote), 'trade'),
          ...receive(venue, 'available', 'USD', a('-1'), 'fee'),
        ],
        sell: () => [
          ...receive(venue, 'available', 'BTC', negate(quantity), 'trade'),
          ...receive(venue, 'available', 'USD', quote, 'trade'),
          ...receive(venue, 'available', 'BTC', a('-0.01'), 'fee'),
        ],
        send: () => [
          own(venue, 'available', 'BTC', negate(quantity)),
          own(other, 'inTransit', 'BTC', quantity),
        ],
        funding: () => receive(venue, 'available', 'USD', quantity, 'funding'),
        fee: () => receive(venue, 'available', 'BTC', negate(quantity), 'fee'),
      }[kind]();
      const cause: Cause = kind === 'buy' || kind === 'sell' ? 'fill' : 'deposit';
      const atMs = bookedAtMs - lateMs;
      const change = sum(
        postings.flatMap((each) => ('venue' in each && each.asset === 'BTC' ? [each.amount] : [])),
      );
      // A fill is shared out by halves; anything else stands for what strategies take over at the price.
      const flows = shares.map((scope) =>
        cause === 'fill'
          ? flowOfStrategy(scope, { sequence: index + 1, atMs, quantity: multiply(change, a('0.5')) })
          : flowOfStrategy(scope, { atMs, quantity, usd: multiply(quantity, a('100')) }),
      );
      return { bookedAtMs, flows, ...transaction(index + 1, atMs, cause, venue, postings) };
    });
  });

type Booked = Sequenced & { readonly bookedAtMs: number; readonly flows: readonly ScopeFlow[] };

const byTime = (one: Sequenced, other: Sequenced): number =>
  one.transaction.atMs - other.transaction.atMs || one.sequence - other.sequence;

/** Of what was booked by then, or of what had happened by then; or before one of the transactions. */
function valuationsOf(
  all: readonly Booked[],
  kinds: readonly ('recorded' | 'backfilled' | 'beforeFlow')[],
): readonly BookValuation[] {
  const happened = [...all].sort(byTime);
  const flows = all.flatMap((each) => each.flows);
  const sharesAt = (atMs: number, known: readonly Sequenced[]): BookValuation['strategies'] =>
    sharesAfter(
      flows.filter((flow) =>
        flow.sequence === null ? flow.atMs < atMs : known.some(({ sequence }) => sequence === flow.sequence),
      ),
    );
  const made = kinds.map((kind, index): BookValuation => {
    const atMs = 90 + Math.floor((index * 160) / kinds.length);
    if (kind === 'recorded') {
      const known = all.filter(({ bookedAtMs }) => bookedAtMs <= atMs);
      const transactionSequence = known.at(-1)?.sequence ?? 0;
      return valuation(known, { atMs, transactionSequence, strategies: sharesAt(atMs, known) });
    }
    const next = happened.findIndex(({ transaction: { atMs: at } }) => at >= atMs);
    const flow = happened[next];
    if (kind === 'backfilled' || flow === undefined) {
      const known = happened.slice(0, next === -1 ? happened.length : next);
      return valuation(known, { atMs, strategies: sharesAt(atMs, known) });
    }
    const { id, atMs: flowAtMs } = flow.transaction;
    const known = happened.slice(0, next);
    return valuation(known, { atMs: flowAtMs, beforeTransaction: id, strategies: sharesAt(flowAtMs, known) });
  });
  return made.sort((one, other) => one.atMs - other.atMs);
}

const kinds = fc.array(fc.constantFrom('recorded' as const, 'backfilled' as const, 'beforeFlow' as const), {
  minLength: 2,
  maxLength: 12,
});

describe('of random books', () => {
  it('a transaction is in the period whose last valuation knows of it and whose first does not', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 2, max: 12 }), (all, count) => {
        const valuations = valuationsOf(
          all,
          Array.from({ length: count }, () => 'recorded' as const),
        );
        const periods = periodsOfBook(valuations, [...all].sort(byTime), TERMS);
        for (const [index, period] of periods.entries()) {
          const [from, to] = [valuations[index], valuations[index + 1]].map(
            (each) => each?.transactionSequence ?? 0,
          );
          const booked = all.filter(({ sequence }) => sequence > (from ?? 0) && sequence <= (to ?? 0));
          const fills = booked.filter(({ transaction: { cause } }) => cause === 'fill');
          // What came and went without ever having a price takes its trades with it.
          if (period.unpriced.length > 0) continue;
          expect(period.trades).toHaveLength(fills.length);
        }
      }),
    );
  });

  it('what all transactions of a period move is what its valuations differ by, but for prices', () => {
    fc.assert(
      fc.property(histories, kinds, (all, some) => {
        const periods = periodsOfBook(valuationsOf(all, some), [...all].sort(byTime), TERMS);
        for (const period of periods) {
          const { cells, gainUsd } = periodGains(period, new Set(['USD']));
          // Prices stand still: nothing is gained by them, and every fill is off its mid by what it says.
          expect(cells.filter(({ parts }) => parts.price !== '0' || parts.cash !== '0')).toEqual([]);
          const told = cells.flatMap(({ parts }) => [parts.fees, parts.slippage, parts.funding]);
          expect(sum(told)).toBe(gainUsd);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('by strategy too, nothing is gained by prices that stand still', () => {
    fc.assert(
      fc.property(histories, kinds, (all, some) => {
        const strategyFlows = all.flatMap(({ flows }) => flows);
        const valuations = valuationsOf(all, some);
        for (const period of periodsOfBook(valuations, [...all].sort(byTime), { ...TERMS, strategyFlows })) {
          const { cells, gainUsd } = periodGains(period, new Set(['USD']));
          const groups = groupGains(cells, 'strategy');
          expect(groups.filter(({ parts }) => parts.price !== '0' || parts.cash !== '0')).toEqual([]);
          expect(sum(groups.flatMap(({ parts }) => Object.values(parts)))).toBe(gainUsd);
        }
      }),
      { numRuns: 300 },
    );
  });
});
