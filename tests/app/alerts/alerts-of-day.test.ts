import { afterEach, describe, expect, it } from '@jest/globals';
import { openDatabase } from '../../../db/database.ts';
import { readDayJudgement, saveDayJudgement } from '../../../db/day-judgement-repository.ts';
import { readLastDays, saveValuation } from '../../../db/valuation-repository.ts';
import type { AlertSettings } from '../../../src/app/alerts/alert-settings.ts';
import { DEFAULT_GROUPS } from '../../../src/app/asset-groups.ts';
import { readStatus } from '../../../src/app/read-status.ts';
import { readReport } from '../../../src/app/report/read-report.ts';
import { judgeDay, keepDayJudged } from '../../../src/app/valuations/judge-day.ts';
import { DEFAULT_COOLDOWN_MS } from '../../../src/domain/alerts/advance-alerts.ts';
import type { BookEvent } from '../../../src/domain/book/book-event.ts';
import { type Amount, amount, multiply } from '../../../src/domain/money/amount.ts';
import { makeValuation } from '../../../src/domain/valuation/valuation.ts';
import {
  fillEvents,
  MINUTE_MS,
  openWorld,
  placeOrder,
  START_MS,
  submittedEvent,
  TEST_PRICES,
  type World,
  type WorldOptions,
} from '../../support/reconciliation-world.ts';
import { DatabaseFolder } from '../../support/temporary-database.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ALERTS: AlertSettings = {
  cooldownMs: DEFAULT_COOLDOWN_MS,
  quietHours: null,
  strategyDrawdown: amount('0.25'),
  checkIntervalMs: 10 * MINUTE_MS,
  routes: [],
};
/** Few enough rounds that a day passes quickly, and often enough that the venue stays certified. */
const HOURLY = { pollIntervalMs: 50 * MINUTE_MS, gateTimeLimitMs: HOUR_MS };
/** Half of the risk is in each: the level is high where they correlate by more than 0.6, and medium else. */
const HALVES = { BTC: '0.05', ETH: '1', USD: '3000' };

let folder = new DatabaseFolder();
let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
  await folder.clean();
  folder = new DatabaseFolder();
});

/** The price of each asset, over that with which it begins. */
interface Moves {
  BTC: string;
  ETH: string;
}

async function open(options: WorldOptions = {}) {
  const factors: Moves = { BTC: '1', ETH: '1' };
  const opened = await openWorld({
    reconciliation: HOURLY,
    database: folder.path(),
    ...options,
    prices: {
      priceAt: (asset: string): Amount =>
        asset === 'BTC' || asset === 'ETH'
          ? multiply(TEST_PRICES.priceAt(asset), amount(factors[asset]))
          : TEST_PRICES.priceAt(asset),
    },
    settings: {
      alerts: ALERTS,
      valuations: { intervalMs: 8 * HOUR_MS, retention: { rawMs: 1e12, hourlyMs: 1e12 } },
      ...options.settings,
    },
  });
  world = opened;
  await opened.pass(MINUTE_MS);
  await opened.reconcile();
  /** Prices move in the hours before a midnight, which is then looked at. */
  const midnight = async (day: number, moves: Partial<Moves>): Promise<void> => {
    await opened.harness.advanceTo(START_MS + (day - 1) * DAY_MS + 20 * HOUR_MS);
    Object.assign(factors, moves);
    await opened.harness.advanceTo(START_MS + day * DAY_MS + 11 * MINUTE_MS);
  };
  const changes = (code: string): readonly string[] =>
    opened
      .events('alertChanged')
      .filter(({ alert }) => alert.code === code)
      .map(({ change, alert }) => `${change} ${alert.about ?? '-'}`);
  const status = async () =>
    (await readStatus(opened.harness.database, { nowMs: opened.harness.clock.now(), host: 'here' })).day;
  return { world: opened, midnight, changes, status };
}

/**
 * Days before the service began, of which prices are known: those of ETH follow those of BTC for the most part. Strategies
 * hold BTC until so many days before it.
 */
async function seedDays(count: number, heldUntil: Readonly<Record<string, number>> = {}): Promise<void> {
  const { db, close } = await openDatabase(folder.path(), { nowMs: START_MS });
  let [btc, eth] = [60_000, 3_000];
  const own = (day: number, step: number): number => Math.sin(day * step) / 50;
  for (let day = count; day >= 1; day -= 1) {
    const atMs = START_MS - day * DAY_MS;
    const prices: Readonly<Record<string, number>> = { BTC: btc, ETH: eth, USD: 1 };
    const price = (asset: string) => ({
      price: amount(String(prices[asset]?.toFixed(6))),
      source: 'a file',
      atMs,
    });
    const holdings = Object.entries(HALVES).map(([asset, quantity]) => ({
      venue: 'coinbase',
      asset,
      quantity: amount(quantity),
    }));
    const strategies = Object.entries(heldUntil)
      .filter(([, until]) => day >= until)
      .map(([strategy]) => ({ strategy, asset: 'BTC', quantity: amount('0.01') }));
    const venues = [{ venue: 'coinbase', isCertified: true, certifiedAtMs: atMs }];
    const valuation = makeValuation({ atMs, venues, holdings, strategies }, price);
    await saveValuation(db, valuation, {
      tier: 'daily',
      origin: 'backfilled',
      transactionSequence: null,
      beforeTransaction: null,
    });
    btc *= 1 + own(day, 1.7);
    eth *= 1 + own(day, 1.7) * 0.85 + own(day, 2.9) * 0.75;
  }
  await close();
}

describe('the level of correlation risk', () => {
  it('is told where it is high, stays where a day is within its interval, also over a restart, and ends beyond it', async () => {
    await seedDays(45);
    const { world: of, midnight, changes, status } = await open({ balances: HALVES });
    await of.pass(15 * MINUTE_MS);
    expect(changes('correlationRiskHigh')).toEqual(['opened -']);
    const [opened] = of.events('alertChanged').filter(({ alert }) => alert.code === 'correlationRiskHigh');
    expect(opened?.alert.detail).toMatch(/^Highly concentrated: BTC, ETH bring 100 % .* To spread the risk/);

    await midnight(1, { BTC: '1.06', ETH: '0.97' });
    const levelOf = async (previousLevel: 'high' | null) => {
      const { db } = of.harness.database;
      const valuedAtMs = START_MS + DAY_MS;
      const days = await readLastDays(db, { toMs: valuedAtMs, limit: 91 });
      expect(days.at(-1)?.atMs).toBe(valuedAtMs);
      return (await judgeDay(db, { groups: DEFAULT_GROUPS, valuedAtMs, previousLevel })).correlation;
    };
    expect([await levelOf(null), await levelOf('high')]).toMatchObject([
      { level: 'medium' },
      { level: 'high' },
    ]);
    expect(await status()).toMatchObject({
      valuedAtMs: START_MS + DAY_MS,
      correlation: { level: 'high' },
      rememberedLevel: 'high',
    });
    const report = async (toMs: number) => {
      const request = { title: 't', groups: DEFAULT_GROUPS, tax: null, fromMs: null, toMs };
      return (await readReport(of.harness.database.db, request)).correlation;
    };
    expect(await report(START_MS + DAY_MS)).toMatchObject({ value: { riskLevel: 'high' } });
    await of.restart();
    await of.pass(30 * MINUTE_MS);
    expect(changes('correlationRiskHigh')).toEqual(['opened -']);

    await midnight(2, { BTC: '1.1', ETH: '0.9' });
    expect(await status()).toMatchObject({ correlation: { level: 'medium' }, rememberedLevel: 'medium' });
    expect(changes('correlationRiskHigh')).toEqual(['opened -', 'resolved -']);
    // A report of an earlier time does not go on from what was told after it, which would leave it at medium.
    expect(await report(START_MS - DAY_MS)).toMatchObject({ value: { riskLevel: 'high' } });
  }, 60_000);

  it('is unknown, and no alert, where days are too few', async () => {
    await seedDays(10);
    const { midnight, changes, status } = await open({ balances: HALVES });
    await midnight(1, {});
    expect(await status()).toMatchObject({
      correlation: { state: 'unknown', reason: expect.stringContaining('too few') },
      rememberedLevel: null,
    });
    expect(changes('correlationRiskHigh')).toEqual([]);
  }, 60_000);
});

describe('the fall of a strategy', () => {
  it('is told from the bound on, stays until it is well within it, and ends then', async () => {
    const { world: of, midnight, changes, status } = await open();
    const order = placeOrder(of.venue, { id: 'o-1', quantity: '0.01' });
    await of.report({ ...submittedEvent(order), strategy: 'trend' } as BookEvent);
    await of.report(...fillEvents(of.venue, order));
    await of.reconcile();
    await midnight(1, { BTC: '0.7' });
    expect(changes('strategyDrawdown')).toEqual(['opened trend']);
    const [fell] = (await status())?.strategies ?? [];
    if (fell?.fall.state !== 'known') throw new Error('the fall is known');
    // 0.7 of the price, and the fee and the spread of the purchase.
    expect(Number(fell.fall.value.fraction)).toBeCloseTo(0.304, 2);
    const [opened] = of.events('alertChanged').filter(({ alert }) => alert.code === 'strategyDrawdown');
    expect(opened?.alert).toMatchObject({
      level: 'warning',
      measure: { bound: '0.25', direction: 'atMost' },
    });
    // Within the bound, and not within four fifths of it.
    await midnight(2, { BTC: '0.77' });
    expect(changes('strategyDrawdown')).toEqual(['opened trend']);
    await midnight(3, { BTC: '0.9' });
    expect(changes('strategyDrawdown')).toEqual(['opened trend', 'resolved trend']);
  }, 60_000);
});

describe('the judgement of a day', () => {
  it('leaves out a strategy that has held nothing for 30 days', async () => {
    await seedDays(40, { gone: 32, flat: 31, present: 1 });
    const { db, close } = await openDatabase(folder.path(), { nowMs: START_MS });
    const day = await keepDayJudged({ db }, { groups: DEFAULT_GROUPS, nowMs: START_MS });
    expect(day?.strategies.map(({ strategy }) => strategy)).toEqual(['flat', 'present']);
    await close();
  });

  it('is worked out once: what is kept of the newest day is read, whatever it says', async () => {
    await seedDays(2);
    const { db, close } = await openDatabase(folder.path(), { nowMs: START_MS });
    const ask = (nowMs: number) => keepDayJudged({ db }, { groups: DEFAULT_GROUPS, nowMs });
    expect(await ask(START_MS - 3 * DAY_MS)).toBeNull();
    const first = await ask(START_MS - 2 * DAY_MS);
    expect(first).toMatchObject({ valuedAtMs: START_MS - 2 * DAY_MS, correlation: { state: 'unknown' } });
    const other = { ...first, rememberedLevel: 'low', correlation: { state: 'unknown', reason: 'other' } };
    await saveDayJudgement(db, other as Parameters<typeof saveDayJudgement>[1]);
    expect(await ask(START_MS - DAY_MS - 1)).toEqual(other);
    // The next day is judged anew, and keeps the level that was told.
    const second = await ask(START_MS);
    expect(second).toMatchObject({ valuedAtMs: START_MS - DAY_MS, rememberedLevel: 'low' });
    expect(second?.correlation).not.toEqual(other.correlation);
    expect(await readDayJudgement(db)).toEqual(second);
    await close();
  });
});
