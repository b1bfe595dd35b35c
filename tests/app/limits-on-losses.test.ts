import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { readAudit } from '../../db/audit-repository.ts';
import { readPerformance } from '../../db/performance-repository.ts';
import { presentVenuesOf } from '../../src/app/rebalancing/plan-input-of.ts';
import { ACTIVITY_UNREAD, riskStateOf } from '../../src/app/rebalancing/risk-state-of.ts';
import { type Amount, amount, multiply } from '../../src/domain/money/amount.ts';
import { DEFAULT_LIMITS } from '../../src/domain/rebalancing/plan-input.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '../../src/domain/risk/risk-limits.ts';
import { dydxBeside } from '../support/other-venues.ts';
import {
  MINUTE_MS,
  openWorld,
  TEST_PRICES,
  type World,
  type WorldOptions,
} from '../support/reconciliation-world.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const HOUR_MS = 60 * MINUTE_MS;
const folder = new DatabaseFolder();
const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => folder.clean());

/** 54 000 USD, of which 51 000 follow a factor of the market. */
async function opened(limits: RiskLimits, options: WorldOptions = {}) {
  const market = { factor: amount('1') };
  const world = await openWorld({
    ...options,
    prices: {
      priceAt: (asset: string): Amount =>
        asset === 'USD' ? amount('1') : multiply(TEST_PRICES.priceAt(asset), market.factor),
    },
    settings: {
      targets: { BTC: '0.8', ETH: '0.1', CASH: '0.1' },
      limits: { ...DEFAULT_LIMITS, maxOrderUsd: amount('40000'), minTradeUsd: amount('10'), ...limits },
    },
  });
  worlds.push(world);
  await world.pass(MINUTE_MS);
  await world.reconcile();
  const to = async (factor: string) => {
    market.factor = amount(factor);
    return world.reconcile();
  };
  return { world, to };
}

async function asked(world: World, requestId: string) {
  await world.harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.requested', requestId, approval: 'planOnly', reason: 'drift' },
  });
  await world.pass(MINUTE_MS);
  const entries = await readAudit(world.harness.database.db, { afterSequence: 0, limit: 10_000 });
  const told = entries
    .filter(({ kind }) => kind === 'planMade' || kind === 'planRefused')
    .map(({ kind, body }) => ({
      kind,
      ...(body as { readonly requestId: string; readonly reason?: string }),
    }))
    .find((each) => each.requestId === requestId);
  return told?.kind === 'planMade' ? 'planned' : `refused: ${told?.reason}`;
}

const decide = (world: World, by: string) =>
  world.harness.send({
    to: 'portfolio',
    message: {
      type: 'portfolio.decisionMade',
      requestId: `rearm-${by}`,
      by,
      decision: { kind: 'rearmTrading', reason: 'looked at it' },
    },
  });

const kept = (world: World) => readPerformance(world.harness.database.db);
const points = (world: World) =>
  world.harness.database.db.selectFrom('nav_point').selectAll().orderBy('sequence').execute();
const { drawdownHalt, dailyLoss } = DEFAULT_RISK_LIMITS;

describe('a fall from the highest', () => {
  it('stops trading until a person re-arms it, over what comes in, a recovery and a restart', async () => {
    const { world, to } = await opened({ drawdownHalt }, { database: folder.path('drawdown.sqlite') });
    expect(await kept(world)).toMatchObject({ drawdown: { index: '1', halt: null } });
    expect(await asked(world, 'before')).toMatch(/^planned/);
    await to('0.8');
    expect((await kept(world))?.drawdown.halt).toBeNull();
    await to('0.7');
    // 51 000 fall by three tenths of 54 000.
    const halt = { drawdown: expect.stringMatching(/^0\.283/) };
    expect(await kept(world)).toMatchObject({ drawdown: { halt } });
    expect(await asked(world, 'halted')).toMatch(
      /^refused: drawdownHalt: the index is 0\.283\d* below .* stops at 0\.25/,
    );
    await world.restart();
    await to('1.2');
    expect(await kept(world)).toMatchObject({ drawdown: { halt } });
    expect(await asked(world, 'recovered')).toMatch(/^refused: drawdownHalt/);
    await decide(world, 'rebalancing');
    expect(await kept(world)).toMatchObject({ drawdown: { halt } });
    await to('1');
    await decide(world, 'person:a');
    const { drawdown } = (await kept(world)) ?? {};
    expect(drawdown).toMatchObject({ halt: null, highWaterIndex: drawdown?.index });
    expect(await asked(world, 'rearmed')).toMatch(/^planned/);
    const { db } = world.harness.database;
    expect(await readAudit(db, { afterSequence: 0, limit: 10, kind: 'drawdownHalted' })).toHaveLength(1);
    await decide(world, 'person:b');
    expect(world.events('decisionAnswered').map(({ answer }) => answer)).toMatchObject([
      { status: 'refused', reason: 'only a person re-arms, found rebalancing' },
      { status: 'done', reason: 'trading may go on: the high-water mark is what the portfolio is now' },
      { status: 'refused', reason: 'trading is not stopped' },
    ]);
  });

  it('is none where something goes out or comes in', async () => {
    const { world } = await opened({ drawdownHalt });
    for (const [type, btc] of [
      ['portfolio.withdrawalReported', '0.5'],
      ['portfolio.depositReported', '40'],
    ] as const) {
      const quantity = amount(btc);
      if (type === 'portfolio.depositReported') world.venue.deposit('BTC', quantity);
      else world.venue.withdraw('BTC', quantity);
      const common = { eventId: btc, venue: 'coinbase', asset: 'BTC', amount: quantity, activityId: null };
      const atMs = world.harness.clock.now();
      await world.report(
        type === 'portfolio.depositReported'
          ? { type, ...common, atMs }
          : { type, ...common, atMs, fee: null },
      );
      expect((await world.reconcile()).status).toBe('reconciled');
      await world.pass(6 * MINUTE_MS);
      expect((await kept(world))?.drawdown).toMatchObject({ index: '1', highWaterIndex: '1', halt: null });
      expect((await kept(world))?.day.pnlUsd).toBe('0');
    }
    expect((await points(world)).map(({ flow_usd }) => flow_usd)).toEqual(
      expect.arrayContaining(['0', '-30000', '2400000']),
    );
  });
});

describe('a loss of the day', () => {
  it('stops trading for 24 hours, and no longer', async () => {
    const { world, to } = await opened({ dailyLoss }, { reconciliation: { pollIntervalMs: HOUR_MS } });
    await to('0.94');
    const { day } = (await kept(world)) ?? {};
    expect(day).toMatchObject({ pnlUsd: '-3060', startUsd: '54000', haltedAtMs: expect.any(Number) });
    expect(await asked(world, 'lost')).toMatch(
      /^refused: dailyLoss: 3060 of 54000 were lost within 24 hours/,
    );
    await to('0.99');
    expect(await asked(world, 'within')).toMatch(
      /^refused: dailyLoss: a loss of 0\.05 or more within 24 hours stopped/,
    );
    await world.pass(24 * HOUR_MS);
    expect(await asked(world, 'a day later')).toMatch(/^planned/);
  });
});

describe('the series of values', () => {
  it('has a row at most every five minutes, and none of a time when nothing was certain', async () => {
    const { world } = await opened({ drawdownHalt });
    for (let n = 0; n < 4; n++) await world.reconcile();
    expect(await points(world)).toHaveLength(1);
    await world.pass(21 * MINUTE_MS);
    const some = await points(world);
    expect(some.length).toBeGreaterThan(3);
    for (const [n, { at_ms }] of some.entries())
      if (n > 0) expect(at_ms - (some[n - 1]?.at_ms ?? 0)).toBeGreaterThanOrEqual(5 * MINUTE_MS);
    world.venue.deposit('BTC', amount('1'));
    const before = await kept(world);
    expect((await world.reconcile()).status).not.toBe('reconciled');
    expect(await kept(world)).toEqual(before);
  });

  it('is of all venues, and has none of a time when one of them was not certain', async () => {
    const { world, to } = await opened(
      { drawdownHalt },
      { others: async (clock, now) => [await dydxBeside(clock, now)] },
    );
    const askDydx = async () => {
      const message = { type: 'reconciliation.requested', requestId: 'dydx' } as const;
      await world.harness.send({ to: 'reconciliation', venue: 'dydx', message });
      await world.pass(MINUTE_MS);
    };
    await askDydx();
    await world.reconcile();
    const [first] = await points(world);
    // 54 000 at the one, 10 000 and a position whose other side is in them at the other.
    expect(first).toMatchObject({ scope: expect.stringContaining('"venues":["coinbase","dydx"]') });
    const atBoth = await kept(world);
    await to('0.9');
    expect(await kept(world)).not.toEqual(atBoth);
    const before = await kept(world);
    const dydx = world.harness.service.reading().state.venues.get('dydx');
    if (!dydx) throw new Error('dydx is a venue');
    dydx.lastReport = { status: 'inconclusive', atMs: world.harness.clock.now() };
    await to('0.8');
    expect(await kept(world)).toEqual(before);
  });

  it('says nothing of now after an hour without one, but that what was halted is halted', async () => {
    const { world, to } = await opened({ drawdownHalt, dailyLoss });
    const stateAfter = (ms: number) => {
      const reading = world.harness.service.reading();
      const later = { ...reading, nowMs: (reading.state.performance?.drawdown.indexAtMs ?? 0) + ms };
      const { drawdown, day } = riskStateOf(later, presentVenuesOf(later), ACTIVITY_UNREAD);
      return [drawdown.state, day.state];
    };
    expect(stateAfter(HOUR_MS)).toEqual(['known', 'known']);
    expect(stateAfter(HOUR_MS + 1)).toEqual(['unknown', 'unknown']);
    await to('0.7');
    expect(stateAfter(23 * HOUR_MS)).toEqual(['known', 'known']);
    expect(stateAfter(25 * HOUR_MS)).toEqual(['known', 'unknown']);
  });
});
