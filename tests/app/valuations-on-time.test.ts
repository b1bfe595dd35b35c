import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { readValuations, type StoredValuation } from '../../db/valuation-repository.ts';
import { DEFAULT_GROUPS } from '../../src/app/asset-groups.ts';
import {
  accountBookPerformance,
  type BookPerformanceRequest,
} from '../../src/app/valuations/book-performance.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { type Amount, amount, multiply } from '../../src/domain/money/amount.ts';
import { DEFAULT_ANNUAL_TERMS } from '../../src/domain/performance/annual-terms.ts';
import { unpricedOf } from '../../src/domain/valuation/valuation.ts';
import { dydxBeside } from '../support/other-venues.ts';
import {
  AUTO,
  fillEvents,
  MINUTE_MS,
  openWorld,
  placeOrder,
  SECOND_MS,
  START_MS,
  submittedEvent,
  TEST_PRICES,
  type World,
  type WorldOptions,
} from '../support/reconciliation-world.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Few enough rounds that a day passes quickly, and often enough that the venue stays certified. */
const HOURLY = { pollIntervalMs: 50 * MINUTE_MS, gateTimeLimitMs: HOUR_MS };
const FOR_EVER = { rawMs: 1e12, hourlyMs: 1e12 };

const folder = new DatabaseFolder();
const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => folder.clean());

/** 0.8 BTC at 60 000, 1 ETH at 3 000 and 3 000 USD: 54 000. */
async function opened(options: WorldOptions = {}): Promise<World> {
  const world = await openWorld({ reconciliation: HOURLY, ...options });
  worlds.push(world);
  await world.pass(MINUTE_MS);
  await world.reconcile();
  return world;
}

const taken = (world: World): Promise<readonly StoredValuation[]> =>
  readValuations(world.harness.database.db, { fromMs: 0, toMs: 4e12, tiers: null, limit: 10_000 });

const briefly = ({ atMs, tier, valueUsd, isComplete }: StoredValuation) =>
  [new Date(atMs).toISOString().slice(5, 16), tier, valueUsd, isComplete ? 'complete' : 'incomplete'].join(
    ' ',
  );

const moved = (world: World, quantity: string, eventId: string): BookEvent => ({
  type: 'portfolio.depositReported',
  eventId,
  venue: 'coinbase',
  atMs: world.harness.clock.now(),
  asset: 'BTC',
  amount: amount(quantity),
  activityId: null,
});

describe('valuations of a running service', () => {
  it('are taken on a grid of UTC, at 00:00 UTC, and before a deposit without it', async () => {
    const world = await opened({
      settings: { valuations: { intervalMs: 7 * HOUR_MS, retention: FOR_EVER } },
    });
    await world.harness.advanceTo(START_MS + DAY_MS);
    await world.pass(3 * MINUTE_MS);
    world.venue.deposit('BTC', amount('1'));
    await world.report(moved(world, '1', 'd-1'));
    await world.reconcile();
    await world.harness.advanceTo(START_MS + DAY_MS + 7 * HOUR_MS);
    const all = await taken(world);
    expect(all.map(briefly)).toEqual(
      [
        '08-05 07:00 daily 54000 complete',
        '08-05 14:00 hourly 54000 complete',
        '08-05 21:00 hourly 54000 complete',
        '08-06 00:00 daily 54000 complete',
        '08-06 00:03 flow 54000 complete',
        '08-06 07:00 hourly 114000 complete',
      ].map((line) => line.replace(' ', 'T')),
    );
    const [midnight, before, after] = all.slice(3);
    expect(midnight?.atMs).toBe(START_MS + DAY_MS);
    expect(before?.transactionSequence).toBe((after?.transactionSequence ?? 0) - 1);
    expect(before?.holdings).toContainEqual({
      venue: 'coinbase',
      asset: 'BTC',
      quantity: '0.8',
      valueUsd: '48000',
      price: { price: '60000', source: 'coinbase BTC-USD', atMs: expect.any(Number) },
    });
    expect(before?.holdings).toContainEqual({
      venue: 'coinbase',
      asset: 'USD',
      quantity: '3000',
      valueUsd: '3000',
      price: { price: '1', source: 'cash', atMs: before?.atMs },
    });
  });

  it('are none while nothing is in the book, and the opening of another venue is a flow', async () => {
    const world = await openWorld({
      others: async (clock, now) => [await dydxBeside(clock, now)],
    });
    worlds.push(world);
    await world.pass(MINUTE_MS);
    await world.reconcile();
    const message = { type: 'reconciliation.requested', requestId: 'dydx' } as const;
    await world.harness.send({ to: 'reconciliation', venue: 'dydx', message });
    await world.pass(MINUTE_MS);
    const flows = (await taken(world)).filter(({ tier }) => tier === 'flow');
    expect(flows).toHaveLength(1);
    expect(flows[0]?.venues).toHaveLength(1);
  });

  it('name what has no price with its quantity, and say that they are not complete', async () => {
    const world = await opened({ balances: { USD: '3000', BTC: '0.8', DOGE: '7' } });
    await world.pass(5 * MINUTE_MS);
    const [valuation] = await taken(world);
    expect(valuation).toMatchObject({ valueUsd: '51000', isComplete: false });
    expect(valuation && unpricedOf(valuation)).toEqual([{ venue: 'coinbase', asset: 'DOGE', quantity: '7' }]);
    expect(valuation?.holdings.find(({ asset }) => asset === 'DOGE')).toMatchObject({
      price: null,
      valueUsd: null,
    });
  });

  it('mark a venue that does not agree with the book as of when it last did', async () => {
    const world = await opened({ reconciliation: { pollIntervalMs: HOUR_MS } });
    const certifiedAtMs = world.harness.service.reading().state.venues.get('coinbase')?.lastCertifiedAtMs;
    await world.pass(5 * MINUTE_MS);
    world.venue.deposit('BTC', amount('1'));
    expect((await world.reconcile()).status).not.toBe('reconciled');
    await world.pass(5 * MINUTE_MS);
    const [agreed, differing] = await taken(world);
    expect(agreed?.venues).toEqual([{ venue: 'coinbase', isCertified: true, certifiedAtMs }]);
    expect(agreed?.isComplete).toBe(true);
    const { certifiedAtMs: asOfMs, ...venue } = differing?.venues[0] ?? {};
    expect(venue).toEqual({ venue: 'coinbase', isCertified: false });
    expect(Math.abs((asOfMs ?? 0) - (certifiedAtMs ?? 0))).toBeLessThan(SECOND_MS);
    expect(differing).toMatchObject({ valueUsd: '54000', isComplete: false });
  });

  it('are taken before a correction that finds a deposit, and not before the report that replaces it', async () => {
    const world = await opened({ venue: AUTO, reconciliation: { pollIntervalMs: HOUR_MS } });
    world.venue.deposit('USD', amount('20'));
    for (let round = 0; round < 3; round++) await world.reconcile();
    expect(world.booked('USD')).toBe('3020');
    const flows = async () => (await taken(world)).filter(({ tier }) => tier === 'flow');
    expect(await flows()).toMatchObject([{ valueUsd: '54000' }]);
    const rows = await world.harness.database.db
      .selectFrom('venue_id_index')
      .selectAll()
      .where('venue', '=', 'coinbase')
      .execute();
    const activityId = rows.at(-1)?.venue_id ?? null;
    await world.report({ ...moved(world, '20', 'late'), asset: 'USD', activityId } as BookEvent);
    expect(world.booked('USD')).toBe('3020');
    expect(await flows()).toHaveLength(1);
  });

  it('are taken before what takes such a correction back', async () => {
    const world = await opened({ venue: AUTO, reconciliation: { pollIntervalMs: HOUR_MS } });
    world.venue.deposit('USD', amount('20'));
    for (let round = 0; round < 3; round++) await world.reconcile();
    const [applied] = world.events('correctionChanged').filter(({ state }) => state === 'applied');
    const message = {
      type: 'portfolio.decisionMade',
      requestId: 'r-1',
      by: 'person:a',
      decision: { kind: 'reverseCorrection', correctionId: applied?.correctionId ?? '' },
    } as const;
    await world.harness.send({ to: 'portfolio', message });
    expect(world.booked('USD')).toBe('3000');
    const flows = (await taken(world)).filter(({ tier }) => tier === 'flow');
    expect(flows.map(({ valueUsd }) => valueUsd)).toEqual(['54000', '54020']);
  });

  it('have no price that is more than an hour old', async () => {
    const world = await opened({
      reconciliation: { pollIntervalMs: 5 * HOUR_MS },
      settings: { valuations: { intervalMs: HOUR_MS, retention: FOR_EVER } },
    });
    await world.pass(2 * HOUR_MS);
    expect((await taken(world)).map(briefly).map((line) => line.slice(6))).toEqual([
      '01:00 daily 54000 incomplete',
      '02:00 hourly 3000 incomplete',
    ]);
  });

  it('go as they become old, while the service goes on', async () => {
    const retention = { rawMs: HOUR_MS, hourlyMs: 2 * HOUR_MS };
    const world = await opened({
      settings: { valuations: { intervalMs: 20 * MINUTE_MS, retention } },
    });
    await world.pass(5 * HOUR_MS);
    expect((await taken(world)).map(({ atMs, tier }) => `${(atMs - START_MS) / MINUTE_MS} ${tier}`)).toEqual([
      '20 daily',
      '180 hourly',
      '240 hourly',
      '260 raw',
      '280 raw',
      '300 hourly',
    ]);
  });

  it('of the first time after a night without a service is the one of its day', async () => {
    const world = await opened({ database: folder.path('night.sqlite') });
    await world.pass(5 * MINUTE_MS);
    await world.harness.close();
    await world.worldClock.moveTo(START_MS + DAY_MS + 3 * HOUR_MS + MINUTE_MS);
    await world.restart();
    await world.pass(15 * MINUTE_MS);
    expect((await taken(world)).map(briefly).map((line) => line.slice(0, 18))).toEqual([
      '08-05T00:05 daily ',
      '08-06T03:05 daily ',
      '08-06T03:10 raw 54',
      '08-06T03:15 raw 54',
    ]);
  });
});

describe('performance of what was recorded', () => {
  const performanceBy = (world: World, by: BookPerformanceRequest['by']) =>
    accountBookPerformance(world.harness.database.db, {
      by,
      groups: DEFAULT_GROUPS,
      tax: null,
      fromMs: null,
      toMs: 4e12,
      terms: DEFAULT_ANNUAL_TERMS,
    });

  it('has the deposit of a running service as a flow, and what a strategy bought as its own', async () => {
    const market = { factor: amount('1') };
    const world = await opened({
      prices: {
        priceAt: (asset: string): Amount =>
          asset === 'USD' ? amount('1') : multiply(TEST_PRICES.priceAt(asset), market.factor),
      },
      settings: { valuations: { intervalMs: 8 * HOUR_MS, retention: FOR_EVER } },
    });
    await world.harness.advanceTo(START_MS + 9 * HOUR_MS);
    world.venue.deposit('BTC', amount('1'));
    await world.report(moved(world, '1', 'd-1'));
    const order = placeOrder(world.venue, { id: 'o-1', quantity: '0.01' });
    await world.report({ ...submittedEvent(order), strategy: 'trend' } as BookEvent);
    await world.report(...fillEvents(world.venue, order));
    await world.reconcile();
    await world.harness.advanceTo(START_MS + DAY_MS + MINUTE_MS);
    market.factor = amount('1.1');
    await world.harness.advanceTo(START_MS + DAY_MS + 9 * HOUR_MS);
    const [fill] = world.venue.fills();
    const paid = Number(fill?.quoteAmount) + Number(fill?.fee.amount);

    const { scopes: whole } = await performanceBy(world, 'portfolio');
    // 54 000, then 60 000 more, less the fee and the spread; of it 1.81 BTC and 1 ETH rise by a tenth.
    const end = 1.81 * 66_000 + 3_300 + 3_000 - paid;
    expect(whole[0]?.series).toMatchObject({
      flows: [{ atMs: START_MS + 9 * HOUR_MS, amount: 60_000 }],
      unpriced: [],
    });
    expect(whole[0]?.series.valuations.at(-1)?.value).toBeCloseTo(end, 6);
    expect(whole[0]?.figures.timeWeightedReturn.value).toBeCloseTo(end / 114_000 - 1, 9);

    const { scopes: strategies } = await performanceBy(world, 'strategy');
    expect(strategies.map(({ scope }) => scope)).toEqual(['trend']);
    expect(strategies[0]?.figures.timeWeightedReturn.value).toBeCloseTo((0.01 * 66_000) / paid - 1, 9);
    expect(strategies[0]?.gains.realised).toMatchObject({ state: 'unknown' });
  });
});
