import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Amount, amount, multiply, toNumber } from '../../../src/domain/money/amount.ts';
import { DEFAULT_ANNUAL_TERMS } from '../../../src/domain/performance/annual-terms.ts';
import { performanceOfValuations } from '../../../src/domain/performance/performance-figures.ts';
import { isDue, type Tier, tierOf } from '../../../src/domain/valuation/retention.ts';
import type { ScopeFlow } from '../../../src/domain/valuation/scope-flow.ts';
import { type ScopeValuation, scopeSeries } from '../../../src/domain/valuation/scope-series.ts';

const a = amount;
const groupOf = (asset: string): string => asset;
const HOUR_MS = 3_600_000;

/** Held quantities at prices; null for none. */
const valued = (
  atMs: number,
  transactionSequence: number | null,
  held: Readonly<Record<string, readonly [quantity: string, price: string | null]>>,
): ScopeValuation => ({
  atMs,
  transactionSequence,
  parts: Object.entries(held).map(([asset, [quantity, price]]) => ({
    asset,
    quantity: a(quantity),
    valueUsd: price === null ? null : multiply(a(quantity), a(price)),
  })),
  priceOf: (asset) => {
    const price = held[asset]?.[1];
    return price == null ? null : a(price);
  },
});
const flow = (
  sequence: number,
  atMs: number,
  asset: string,
  quantity: string,
  usd: string | null = null,
): ScopeFlow => ({
  scope: '',
  sequence,
  atMs,
  asset,
  quantity: a(quantity),
  usd: usd === null ? null : a(usd),
});

const returnOf = ({ valuations, flows }: ReturnType<typeof scopeSeries>) =>
  performanceOfValuations(valuations, flows, DEFAULT_ANNUAL_TERMS).timeWeightedReturn.value;

describe('the series of a part of the portfolio', () => {
  it('has flows at the price before them, at what was paid for them, or at the price after them', () => {
    const series = scopeSeries(
      [
        valued(10, 1, { BTC: ['1', '100'] }),
        valued(20, 2, { BTC: ['3', '110'] }),
        valued(30, 3, { BTC: ['3', '110'], ETH: ['5', '10'] }),
        valued(40, 4, { BTC: ['2', '120'], ETH: ['5', '10'] }),
      ],
      [flow(2, 10, 'BTC', '2'), flow(3, 25, 'ETH', '5'), flow(4, 30, 'BTC', '-1', '-119')],
      groupOf,
    );
    expect(series).toEqual({
      valuations: [
        { atMs: 10, value: 100 },
        { atMs: 20, value: 330 },
        { atMs: 30, value: 380 },
        { atMs: 40, value: 290 },
      ],
      flows: [
        { atMs: 10, amount: 200 },
        { atMs: 25, amount: 50 },
        { atMs: 30, amount: -119 },
      ],
      unpriced: [],
      unpricedFlows: [],
    });
  });

  it('takes the first of several valuations of one time: flows of that time come after it', () => {
    const series = scopeSeries(
      [
        valued(10, 1, { USD: ['1', '1'] }),
        valued(10, 2, { USD: ['5', '1'] }),
        valued(20, 3, { USD: ['9', '1'] }),
      ],
      [flow(2, 10, 'USD', '4'), flow(3, 10, 'USD', '4')],
      groupOf,
    );
    expect(series.valuations).toHaveLength(2);
    expect(series.flows).toEqual([
      { atMs: 10, amount: 4 },
      { atMs: 10, amount: 4 },
    ]);
    expect(returnOf(series)).toBe(0);
  });

  it('names what came without anybody saying what it was worth', () => {
    const series = scopeSeries(
      [valued(10, 1, { USD: ['1', '1'] }), valued(20, 3, { USD: ['1', '1'] })],
      [flow(2, 10, 'DOGE', '4'), flow(3, 11, 'DOGE', '-4')],
      groupOf,
    );
    expect(series).toMatchObject({ flows: [], unpricedFlows: ['DOGE'] });
  });

  const price = fc.integer({ min: 1, max: 500 }).map((n) => String(n));

  it('An asset that gets a price, or loses it, has earned nothing by that', () => {
    const steps = fc.array(fc.tuple(price, fc.boolean()), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 9 }), (prices, deposited) => {
        // Dollars never change their price: whatever BTC does while it has none at one end earns nothing.
        const series = scopeSeries(
          prices.map(([each, isPriced], index) =>
            valued(index * 10, index, {
              USD: ['100', '1'],
              BTC: [String(1 + index * deposited), isPriced && index % 2 === 0 ? each : null],
            }),
          ),
          prices.map((_, index) => flow(index, index * 10 - 5, 'BTC', String(deposited))),
          groupOf,
        );
        expect(returnOf(series)).toBeCloseTo(0, 12);
        expect(series.unpriced).toEqual(['BTC']);
      }),
    );
  });

  /** What is held of two assets over time, with what comes and goes before valuations of their own. */
  const histories = fc
    .array(
      fc.record({
        gapMs: fc.integer({ min: 1, max: 3 * HOUR_MS }),
        btc: price,
        deposit: fc.constantFrom('0', '0', '0', '0', '2', '5', '-1'),
      }),
      { minLength: 2, maxLength: 80 },
    )
    .map((steps) => {
      let [atMs, sequence, held, beforeMs] = [1e12, 1, 10, null as number | null];
      const valuations: (ScopeValuation & { readonly tier: Tier })[] = [];
      const flows: ScopeFlow[] = [];
      for (const { gapMs, btc, deposit } of steps) {
        atMs += gapMs;
        const parts = () => ({ USD: ['50', '1'], BTC: [String(held), btc] }) as const;
        if (deposit !== '0' && held + Number(deposit) > 0) {
          valuations.push({ ...valued(atMs, sequence, parts()), tier: 'flow' });
          sequence += 1;
          held += Number(deposit);
          flows.push(flow(sequence, atMs, 'BTC', deposit));
        } else {
          valuations.push({ ...valued(atMs, sequence, parts()), tier: tierOf(beforeMs, atMs) });
          beforeMs = atMs;
        }
      }
      return { valuations, flows };
    });

  it('Where everything has a price, value changes by flows and by prices alone', () => {
    fc.assert(
      fc.property(histories, ({ valuations, flows }) => {
        const series = scopeSeries(valuations, flows, groupOf);
        let index = 1;
        for (const [place, each] of valuations.slice(1).entries()) {
          const before = valuations[place];
          const held = toNumber(each.parts.find(({ asset }) => asset === 'BTC')?.quantity ?? a('0'));
          const worth = (at: ScopeValuation | undefined) =>
            50 + held * toNumber(at?.priceOf('BTC') ?? ('0' as Amount));
          index *= worth(each) / worth(before);
        }
        expect(returnOf(series)).toBeCloseTo(index - 1, 9);
      }),
    );
  });

  it('the return of what is left after roll-up is that of everything, from the first day to the last', () => {
    const retention = { rawMs: 0, hourlyMs: 0 };
    fc.assert(
      fc.property(histories, ({ valuations, flows }) => {
        const kept = valuations.filter((each) => !isDue(each, retention, 4e12));
        if (kept.length < 2) return;
        const upTo = valuations.filter(
          ({ atMs }) => atMs >= (kept[0]?.atMs ?? 0) && atMs <= (kept.at(-1)?.atMs ?? 0),
        );
        const [left, all] = [kept, upTo].map((each) => returnOf(scopeSeries(each, flows, groupOf)));
        expect(left).toBeCloseTo(all ?? Number.NaN, 9);
      }),
    );
  });
});
