import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, amount, multiply, negate, sum, ZERO } from '../../../src/domain/money/amount.ts';
import { crossInternally } from '../../../src/domain/strategies/cross-internally.ts';
import {
  applySubLedgerEvent,
  findUnattributed,
  openSubLedgers,
  type SubLedgerEvent,
  type SubLedgers,
  strategyHolding,
} from '../../../src/domain/strategies/sub-ledgers.ts';
import { decideUnassigned } from '../../../src/domain/strategies/unassigned-policy.ts';
import { amountsOf, anyAmount, anyDeltas } from './strategy-arbitraries.ts';

const SEED = 20_240_710;
const OPEN = openSubLedgers(amountsOf({ BTC: '3', USD: '1000' }));
const STEP = amount('0.1');
const CENT = amount('0.01');

const book = (ledgers: SubLedgers, ...events: readonly SubLedgerEvent[]): SubLedgers =>
  events.reduce((state, event) => {
    const outcome = applySubLedgerEvent(state, event);
    if (outcome.state === 'refused') throw new Error(outcome.reason);
    return outcome.ledgers;
  }, ledgers);
const assigned = (id: string, strategy: string, quantity: string, asset = 'BTC'): SubLedgerEvent => ({
  type: 'assigned',
  id,
  strategy,
  asset,
  quantity: amount(quantity),
});
const filled = (
  id: string,
  quantity: string,
  cash: string,
  remaining: Readonly<Record<string, string>>,
): SubLedgerEvent => ({
  type: 'filled',
  id,
  asset: 'BTC',
  quantity: amount(quantity),
  step: STEP,
  cashAsset: 'USD',
  cash: amount(cash),
  cashStep: CENT,
  remaining: amountsOf(remaining),
});

describe('sub-ledgers', () => {
  it('begin with everything assigned to nobody', () => {
    expect(OPEN.unassigned).toEqual(OPEN.holdings);
    expect(strategyHolding(OPEN, 'a', 'BTC')).toBe('0');
  });

  it('split a fill and its cost to those who wanted it', () => {
    const outcome = applySubLedgerEvent(OPEN, filled('f1', '0.3', '-100.01', { a: '0.4', b: '0.2' }));
    expect(outcome).toMatchObject({ state: 'booked', shares: amountsOf({ a: '0.2', b: '0.1' }) });
    const { holdings, strategies, unassigned } = outcome.ledgers;
    expect(holdings).toEqual(amountsOf({ BTC: '3.3', USD: '899.99' }));
    expect(strategies.get('a')).toEqual(amountsOf({ BTC: '0.2', USD: '-66.67' }));
    expect(strategies.get('b')).toEqual(amountsOf({ BTC: '0.1', USD: '-33.34' }));
    expect(unassigned).toEqual(amountsOf({ BTC: '3', USD: '1000' }));
  });

  it('leave to nobody what a venue filled beyond the order, and what it cost', () => {
    const { strategies, unassigned } = book(OPEN, filled('f1', '0.4', '-400', { a: '0.3' }));
    expect(strategies.get('a')).toEqual(amountsOf({ BTC: '0.3', USD: '-300' }));
    expect(unassigned).toEqual(amountsOf({ BTC: '3.1', USD: '900' }));
  });

  it('leave to nobody a fee without a fill', () => {
    expect(book(OPEN, filled('f1', '0', '-1', {})).unassigned).toEqual(amountsOf({ BTC: '3', USD: '999' }));
  });

  it('show as a shortfall of nobody what left without a strategy having been told', () => {
    const given = book(OPEN, assigned('a1', 'a', '3'));
    const left = book(given, { type: 'holdingChanged', id: 'w1', asset: 'BTC', delta: amount('-1') });
    expect(left.unassigned.get('BTC')).toBe('-1');
    expect(strategyHolding(left, 'a', 'BTC')).toBe('3');
  });

  it('find what the book holds otherwise', () => {
    expect(findUnattributed(OPEN, amountsOf({ BTC: '2.5', USD: '1000', SOL: '7' }))).toEqual(
      amountsOf({ BTC: '-0.5', SOL: '7' }),
    );
    expect(findUnattributed(OPEN, OPEN.holdings)).toEqual(new Map());
  });

  const crossed = (moved: Record<string, string>, cash: Record<string, string>): SubLedgerEvent => ({
    type: 'crossed',
    id: 'x1',
    asset: 'BTC',
    moved: amountsOf(moved),
    cashAsset: 'USD',
    cash: amountsOf(cash),
  });
  it.each<[string, SubLedgerEvent, string]>([
    ['more than is unassigned', assigned('a1', 'a', '3.1'), '3.1 of BTC is more than the 3 that nobody has'],
    ['more back than a strategy has', assigned('a1', 'a', '-1'), '1 of BTC is more than the 0 that a has'],
    ['an assignment to nobody', assigned('a1', '', '1'), 'an assignment is to a strategy with a name'],
    ['a crossing that makes something', crossed({ a: '1', b: '-0.9' }, {}), 'sums to zero, found 0.1 of BTC'],
    ['a crossing that costs', crossed({ a: '1', b: '-1' }, { a: '-1' }), 'sums to zero, found -1 of USD'],
  ])('refuse %s, and stay as they were', (_, event, reason) => {
    expect(applySubLedgerEvent(OPEN, event)).toEqual({
      state: 'refused',
      ledgers: OPEN,
      reason: expect.stringContaining(reason),
    });
  });

  const anyEvent = fc.oneof(
    fc.record({
      type: fc.constant('holdingChanged' as const),
      asset: fc.constantFrom('BTC', 'USD'),
      delta: anyAmount,
    }),
    fc
      .record({
        remaining: anyDeltas,
        quantity: anyAmount,
        cash: anyAmount,
        step: fc.constantFrom('1', '0.001', '0.25'),
      })
      .map(({ step, ...rest }) => ({
        type: 'filled' as const,
        asset: 'BTC',
        cashAsset: 'USD',
        step: amount(step),
        cashStep: CENT,
        ...rest,
      })),
    fc.tuple(anyDeltas, fc.integer({ min: 1, max: 90_000 })).map(([deltas, mid]) => {
      const { moved, cash } = crossInternally(deltas, amount(String(mid)));
      return { type: 'crossed' as const, asset: 'BTC', moved, cashAsset: 'USD', cash };
    }),
    fc.record({
      type: fc.constant('assigned' as const),
      strategy: fc.constantFrom('a', 'b'),
      asset: fc.constantFrom('BTC', 'USD'),
      quantity: anyAmount,
    }),
  );
  const anyEvents = fc
    .array(anyEvent, { maxLength: 12 })
    .map((events): readonly SubLedgerEvent[] =>
      events.map((event, index) => ({ ...event, id: `e${index}` })),
    );
  const heldIn = ({ strategies, unassigned }: SubLedgers, asset: string) =>
    sum([...[...strategies.values()].map((own) => own.get(asset) ?? ZERO), unassigned.get(asset) ?? ZERO]);

  it('what strategies hold and what is assigned to none sums to the holdings, of every asset, after every event', () => {
    let booked = 0;
    fc.assert(
      fc.property(anyEvents, (events) => {
        let ledgers = OPEN;
        const told = new Map(OPEN.holdings);
        for (const event of events) {
          const outcome = applySubLedgerEvent(ledgers, event);
          ledgers = outcome.ledgers;
          if (outcome.state === 'refused') continue;
          booked++;
          if (event.type === 'holdingChanged')
            told.set(event.asset, add(told.get(event.asset)!, event.delta));
          if (event.type === 'filled') {
            told.set('BTC', add(told.get('BTC')!, event.quantity));
            told.set('USD', add(told.get('USD')!, event.cash));
          }
          for (const [asset, quantity] of told) {
            expect(ledgers.holdings.get(asset)).toBe(quantity);
            expect(heldIn(ledgers, asset)).toBe(quantity);
          }
        }
      }),
      { seed: SEED },
    );
    expect(booked).toBeGreaterThan(300);
  });

  it('an internal crossing and an assignment change no holding', () => {
    let booked = 0;
    fc.assert(
      fc.property(anyEvents, (events) => {
        let ledgers = OPEN;
        for (const event of events) {
          const outcome = applySubLedgerEvent(ledgers, event);
          if (event.type === 'crossed' || event.type === 'assigned') {
            expect(outcome.ledgers.holdings).toEqual(ledgers.holdings);
            if (outcome.state === 'booked') booked++;
          }
          ledgers = outcome.ledgers;
        }
      }),
      { seed: SEED },
    );
    expect(booked).toBeGreaterThan(100);
  });

  it('an event is booked once, however often it is told', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        for (const event of events) {
          const first = applySubLedgerEvent(OPEN, event);
          if (first.state !== 'booked') continue;
          const again = applySubLedgerEvent(first.ledgers, event);
          expect(again).toEqual({ state: 'repeated', ledgers: first.ledgers });
        }
      }),
      { seed: SEED },
    );
  });

  it('follow a rebalance of two strategies: cross, send the net, split its fills', () => {
    const given = book(
      OPEN,
      assigned('a1', 'a', '1'),
      assigned('b1', 'b', '2'),
      assigned('c1', 'b', '1000', 'USD'),
    );
    // a wants 0.9 less, b 1.5 more: 0.9 are crossed at 100, 0.6 are bought in two fills.
    const crossing = crossInternally(amountsOf({ a: '-0.9', b: '1.5' }), amount('100'));
    const after = book(
      given,
      {
        type: 'crossed',
        id: 'x',
        asset: 'BTC',
        moved: crossing.moved,
        cashAsset: 'USD',
        cash: crossing.cash,
      },
      filled('f1', '0.4', negate(multiply(amount('0.4'), amount('100.5'))), { a: '0', b: '0.6' }),
      filled('f2', '0.2', '-20.1', { a: '0', b: '0.2' }),
    );
    expect(after.strategies.get('a')).toEqual(amountsOf({ BTC: '0.1', USD: '90' }));
    expect(after.strategies.get('b')).toEqual(amountsOf({ BTC: '3.5', USD: '849.7' }));
    expect(after.holdings).toEqual(amountsOf({ BTC: '3.6', USD: '939.7' }));
    expect(after.unassigned).toEqual(amountsOf({ BTC: '0', USD: '0' }));
  });
});

describe('what is unassigned', () => {
  const terms = {
    strategies: [
      { id: 'a', weightPpm: 500_000, mixPpm: { BTC: 1_000_000 } },
      { id: 'b', weightPpm: 250_000, mixPpm: { BTC: 1_000_000 } },
      { id: 'c', weightPpm: 250_000, mixPpm: { BTC: 0, ETH: 1_000_000 } },
    ],
    groupOf: (asset: string) => ({ WBTC: 'BTC', USD: 'CASH' })[asset] ?? asset,
    stepOf: () => STEP,
  };
  const held = amountsOf({ USD: '5', WBTC: '1', SOL: '2', DOGE: '-1', XRP: '0' });

  it('is held', () => {
    const decisions = decideUnassigned(held, 'hold', terms);
    expect(decisions.map(({ action, asset }) => [action, asset])).toEqual([
      ['hold', 'DOGE'],
      ['hold', 'SOL'],
      ['hold', 'USD'],
      ['hold', 'WBTC'],
    ]);
  });

  it('is sold, but for cash and for what is not there', () => {
    expect(decideUnassigned(held, 'sell', terms)).toEqual([
      { action: 'hold', asset: 'DOGE', quantity: '-1', reason: 'more has left than was unassigned' },
      { action: 'sell', asset: 'SOL', quantity: '2' },
      { action: 'hold', asset: 'USD', quantity: '5', reason: 'it is cash' },
      { action: 'sell', asset: 'WBTC', quantity: '1' },
    ]);
  });

  it('is adopted by those who want its group, as much as they do', () => {
    const decisions = decideUnassigned(held, 'adopt', terms);
    expect(decisions).toContainEqual({
      action: 'adopt',
      asset: 'WBTC',
      quantity: '1',
      shares: amountsOf({ a: '0.7', b: '0.3' }),
    });
    expect(decisions).toContainEqual({
      action: 'hold',
      asset: 'SOL',
      quantity: '2',
      reason: 'no strategy wants it',
    });
  });
});
