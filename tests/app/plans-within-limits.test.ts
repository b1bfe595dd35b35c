import { afterEach, describe, expect, it } from '@jest/globals';
import { readAudit } from '../../db/audit-repository.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { DEFAULT_LIMITS, type PlanLimits } from '../../src/domain/rebalancing/plan-input.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '../../src/domain/risk/risk-limits.ts';
import type { ReadReturns } from '../../src/domain/targets/usable-returns.ts';
import { movingReturns, RETURNS_AGE_MAX_MS, returnsRead } from '../support/moving-returns.ts';
import { MINUTE_MS, openWorld, SECOND_MS, START_MS, type World } from '../support/reconciliation-world.ts';

const a = (text: string) => amount(text);
const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** 0.8 BTC, 1 ETH and 3000 USD at one venue, which is all there is: 54 000. */
async function planned(
  limits: PlanLimits & RiskLimits,
  {
    limitsWritten = [] as readonly string[],
    targets = { BTC: '0.6', ETH: '0.2', CASH: '0.2' },
    returns = null as ReadReturns | null,
  } = {},
) {
  const world = await openWorld({
    venue: { markets: ['BTC-USD', 'ETH-USD'], cashAsset: 'USD' },
    settings: { targets, limits, limitsWritten, ...(returns && { returnsAgeMaxMs: RETURNS_AGE_MAX_MS }) },
  });
  worlds.push(world);
  if (returns !== null) await world.harness.send(returnsRead(returns));
  await world.pass(MINUTE_MS);
  await rebalance(world, 'r-1');
  return world;
}

async function rebalance(world: World, requestId: string): Promise<void> {
  await world.harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.requested', requestId, approval: 'approved', reason: 'drift' },
  });
  await world.pass(20 * SECOND_MS);
}

async function audited(world: World, kind: 'planMade' | 'planRefused') {
  const entries = await readAudit(world.harness.database.db, { afterSequence: 0, limit: 1_000, kind });
  return entries.map(({ body }) => body as Readonly<Record<string, unknown>>);
}

const EVERYTHING: PlanLimits & RiskLimits = {
  ...DEFAULT_LIMITS,
  ...DEFAULT_RISK_LIMITS,
  maxVenuePct: a('100'),
  maxSlippageBps: a('50'),
  maxTurnoverPerDay: a('1'),
};

describe('a plan of the service', () => {
  it('is made for targets within the limits, and its audit entry says what could not be evaluated', async () => {
    const world = await planned(EVERYTHING);
    const [made] = await audited(world, 'planMade');
    expect(made).toMatchObject({
      requestId: 'r-1',
      risk: { mode: 'trade', dropped: [], targets: { BTC: expect.any(Number) } },
    });
    const { targets, notEvaluated, findings } = (made as { readonly risk: unknown }).risk as {
      readonly targets: Readonly<Record<string, number>>;
      readonly notEvaluated: readonly { readonly limit: string; readonly missing: string }[];
      readonly findings: readonly { readonly limit: string }[];
    };
    expect(targets.BTC).toBeGreaterThan(399_000);
    expect(targets.BTC).toBeLessThanOrEqual(400_000);
    expect(new Set(notEvaluated.map(({ limit }) => limit))).toEqual(
      new Set(['maxClusterPct', 'maxOrderPctADV', 'priceDeviation']),
    );
    // 89 % in BTC is what is there: the plan reduces it.
    expect(findings.map(({ limit }) => limit)).toEqual(['maxPositionPct']);
    expect(world.events('rebalancingEnded')).toMatchObject([{ outcome: 'done' }]);
  });

  it('is refused in the words of the limit, and the audit entry has every finding', async () => {
    const world = await planned({ ...EVERYTHING, minimumBalanceUsd: a('100000') });
    expect(world.venue.orders()).toEqual([]);
    expect(await audited(world, 'planMade')).toEqual([]);
    expect(await audited(world, 'planRefused')).toMatchObject([
      {
        requestId: 'r-1',
        reason: expect.stringMatching(/^minimumBalanceUsd: the portfolio is worth 5\d{4}/),
        risk: { mode: 'halted', findings: [{ limit: 'maxPositionPct' }, { limit: 'minimumBalanceUsd' }] },
      },
    ]);
  });

  it('is refused for a limit that somebody wrote down and that cannot be evaluated', async () => {
    const world = await planned(EVERYTHING, { limitsWritten: ['priceDeviation'] });
    expect(await audited(world, 'planRefused')).toMatchObject([
      {
        reason: expect.stringMatching(
          /^priceDeviation: it cannot be evaluated for ... at coinbase: a second source of the price of ... is not known$/,
        ),
      },
    ]);
  });

  it('buys nothing that makes a cluster too large, by the returns that are there', async () => {
    const limits = { ...DEFAULT_LIMITS, maxClusterPct: a('90'), maxSlippageBps: a('50') };
    const targetsOf = async (correlation: number) => {
      const world = await planned(limits, {
        limitsWritten: ['maxClusterPct'],
        targets: { BTC: '0.6', ETH: '0.35', CASH: '0.05' },
        returns: movingReturns({ volatility: 0.6, correlation }, START_MS),
      });
      const [made] = await audited(world, 'planMade');
      const { targets } = (made as { readonly risk: { readonly targets: Record<string, number> } }).risk;
      return (targets.BTC ?? 0) + (targets.ETH ?? 0);
    };
    expect(await targetsOf(0.5)).toBe(950_000);
    const cut = await targetsOf(0.7);
    expect(cut).toBeGreaterThan(899_000);
    expect(cut).toBeLessThanOrEqual(900_000);
  });

  const moving = movingReturns({ volatility: 0.6, correlation: 0.5 }, START_MS);
  it.each<[string, ReadReturns | null, string]>([
    ['are configured', null, 'which assets move together (no returns are configured'],
    [
      'are young enough',
      { ...moving, endsAtMs: START_MS - RETURNS_AGE_MAX_MS - 1 },
      'which assets move together (returns.csv: expected returns that end at most 30 days ago, found 30.01 days ago)',
    ],
    [
      'are of a group that is held',
      { ...moving, returns: { BTC: moving.returns.BTC! } },
      'what ETH moves together with (returns.csv: expected daily returns of ETH, found none)',
    ],
  ])(
    'only reduces where no returns %s, and somebody wrote a bound for clusters',
    async (_, returns, missing) => {
      const world = await planned(
        { ...DEFAULT_LIMITS, maxClusterPct: a('90') },
        { limitsWritten: ['maxClusterPct'], targets: { BTC: '0.1', ETH: '0.85', CASH: '0.05' }, returns },
      );
      const [made] = await audited(world, 'planMade');
      expect(JSON.stringify(made)).toContain(missing);
      expect(world.venue.orders().map(({ side }) => side)).not.toContain('buy');
      expect(world.venue.orders().length).toBeGreaterThan(0);
    },
  );

  it('loses the orders for which the hour has no room; the next is refused until it has', async () => {
    const world = await planned({ ...EVERYTHING, maxOrdersPerHour: 2 });
    const [made] = await audited(world, 'planMade');
    const plan = (made as { readonly plan: unknown }).plan as { readonly orders: readonly unknown[] };
    expect(plan.orders).toHaveLength(2);
    expect(world.venue.orders()).toHaveLength(2);
    await rebalance(world, 'r-2');
    expect(await audited(world, 'planRefused')).toMatchObject([
      { requestId: 'r-2', reason: 'maxOrdersPerHour: 2 orders were sent within 1 hours, at most 2 may be' },
    ]);
    await world.pass(60 * MINUTE_MS);
    await rebalance(world, 'r-3');
    expect(world.venue.orders()).toHaveLength(4);
  });

  it('counts what was traded before', async () => {
    // A tenth of twice 54 000 in a day: two orders of 5 000.
    const world = await planned({ ...EVERYTHING, maxTurnoverPerDay: a('0.1') });
    const traded = world.venue.orders().length;
    expect(traded).toBe(2);
    await rebalance(world, 'r-2');
    expect(world.venue.orders()).toHaveLength(traded);
    expect(await audited(world, 'planRefused')).toMatchObject([
      { requestId: 'r-2', reason: expect.stringMatching(/^maxTurnoverPerDay: with these orders /) },
    ]);
  });
});
