import { afterEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_GROUPS } from '../../src/app/asset-groups.ts';
import type { MoneyAttributionDocument } from '../../src/app/attribution-document.ts';
import { attributionOfBook } from '../../src/app/attribution-of-book.ts';
import { EXECUTION_DEFAULTS } from '../../src/app/portfolio/service-settings.ts';
import { listRebalances } from '../../src/app/rebalancing/list-rebalances.ts';
import { accountBookPerformance } from '../../src/app/valuations/book-performance.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { type Amount, amount, multiply } from '../../src/domain/money/amount.ts';
import { DEFAULT_ANNUAL_TERMS } from '../../src/domain/performance/annual-terms.ts';
import { DEFAULT_LIMITS } from '../../src/domain/rebalancing/plan-input.ts';
import {
  fillEvents,
  MINUTE_MS,
  openWorld,
  placeOrder,
  submittedEvent,
  TEST_PRICES,
  type World,
} from '../support/reconciliation-world.ts';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** 0.8 BTC at 60 000, 1 ETH at 3 000 and 3 000 USD; the market rises by a tenth when it is told to. */
async function opened() {
  const market = { factor: amount('1') };
  const world = await openWorld({
    prices: {
      priceAt: (asset: string): Amount =>
        asset === 'USD' ? amount('1') : multiply(TEST_PRICES.priceAt(asset), market.factor),
    },
    settings: {
      targets: { BTC: '0.4', ETH: '0.4', CASH: '0.2' },
      limits: {
        ...DEFAULT_LIMITS,
        maxOrderUsd: amount('40000'),
        maxSlippageBps: amount('50'),
        minTradeUsd: amount('10'),
      },
      execution: { ...EXECUTION_DEFAULTS, replansMax: 0 },
      valuations: { intervalMs: 5 * MINUTE_MS, retention: { rawMs: 1e12, hourlyMs: 1e12 } },
    },
  });
  worlds.push(world);
  await world.pass(6 * MINUTE_MS);
  const rise = async () => {
    market.factor = amount('1.1');
    await world.pass(11 * MINUTE_MS);
  };
  return { world, rise };
}

async function attributed(
  world: World,
  grouping: 'strategy' | 'asset' | 'venue',
): Promise<MoneyAttributionDocument> {
  const { db } = world.harness.database;
  const outcome = await attributionOfBook(db, {
    fromMs: 0,
    toMs: 4e12,
    tiers: null,
    groups: DEFAULT_GROUPS,
    grouping,
  });
  if (outcome.state !== 'attributed') throw new Error(outcome.state);
  return outcome.document;
}

const byName = ({ contributions }: MoneyAttributionDocument) =>
  Object.fromEntries((contributions ?? []).map(({ name, ...parts }) => [name, parts]));
const about = (value: number) => expect.closeTo(value, 9);

describe('the attribution of a running service', () => {
  it('has the cost and the premium of a rebalance, by the mid price of its plan', async () => {
    const { world, rise } = await opened();
    await world.harness.send({
      to: 'rebalancing',
      message: { type: 'rebalancing.requested', requestId: 'r-1', approval: 'approved', reason: 'drift' },
    });
    await world.pass(5 * MINUTE_MS);
    await rise();
    const [record] = await listRebalances(world.harness.database.db, { sinceMs: null, limit: 1 });
    const cost = record?.plan?.cost.realised;
    if (cost?.state !== 'known') throw new Error('the cost is known');
    const document = await attributed(world, 'asset');
    const { rebalancing } = document;
    expect(rebalancing?.rebalances).toMatchObject([
      { id: record?.id, realised: { total: cost.value.totalUsd }, overrun: '0' },
    ]);
    // Nothing but the rebalance was traded: what its fills were off the mid of its plan is the slippage.
    const gained = (part: 'fees' | 'slippage' | 'cash'): number =>
      document.chains
        .flatMap(({ periods }) => periods)
        .flatMap(({ gains }) => gains)
        .reduce((total, gains) => total + Number(gains[part]), 0);
    expect(gained('fees')).toBeCloseTo(-Number(cost.value.feesUsd), 8);
    expect(gained('slippage')).toBeCloseTo(-Number(cost.value.shortfallUsd), 8);
    expect(gained('cash')).toBe(0);
    // 54 000 of which 51 000 would have risen by a tenth; as it was, 80 % of what was left did.
    const hold = 5_100 / 54_000;
    const premium = rebalancing?.rebalances[0]?.premium;
    expect(premium).toMatchObject({ hold: about(hold), actual: about(document.return ?? Number.NaN) });
    expect(document.return).toBeLessThan(hold);
  });

  it('has what a strategy bought as its own, with the fee, and the return that performance has', async () => {
    const { world, rise } = await opened();
    const order = placeOrder(world.venue, { id: 'o-1', quantity: '0.01' });
    await world.report({ ...submittedEvent(order), strategy: 'trend' } as BookEvent);
    await world.report(...fillEvents(world.venue, order));
    await world.reconcile();
    await rise();
    const [fill] = world.venue.fills();
    const [quote, fee] = [Number(fill?.quoteAmount), Number(fill?.fee.amount)];
    const document = await attributed(world, 'strategy');
    const { '': nobody, trend, ...others } = byName(document);
    expect(others).toEqual({});
    const periods = document.chains.flatMap((chain) => chain.periods);
    const gains = periods.flatMap((period) => period.gains.filter(({ name }) => name === 'trend'));
    const gained = (part: 'price' | 'fees' | 'slippage' | 'cash'): number =>
      gains.reduce((total, parts) => total + Number(parts[part]), 0);
    // Nobody planned it: its slippage is in what it gained by prices.
    expect([gained('price'), gained('fees'), gained('slippage'), gained('cash')]).toEqual([
      about(660 - quote),
      about(-fee),
      0,
      0,
    ]);
    expect((trend?.total ?? Number.NaN) + (nobody?.total ?? Number.NaN)).toBeCloseTo(
      document.return ?? 0,
      12,
    );
    const { scopes } = await accountBookPerformance(world.harness.database.db, {
      by: 'portfolio',
      groups: DEFAULT_GROUPS,
      tax: null,
      fromMs: null,
      toMs: 4e12,
      terms: DEFAULT_ANNUAL_TERMS,
    });
    expect(document.return).toBeCloseTo(scopes[0]?.figures.timeWeightedReturn.value ?? Number.NaN, 12);
    for (const grouping of ['asset', 'venue'] as const)
      expect((await attributed(world, grouping)).return).toBeCloseTo(document.return ?? Number.NaN, 14);
  });
});
