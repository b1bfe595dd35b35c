import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { sql } from 'kysely';
import { openDatabase } from '../../db/database.ts';
import { MIGRATIONS } from '../../db/migrate.ts';
import { readLastNavPoint, readNavSince, saveNavPoint } from '../../db/performance-repository.ts';
import {
  findValuationAt,
  readLastScheduledAt,
  readValuations,
  readValuationTotals,
  removeBackfilled,
  saveValuation,
} from '../../db/valuation-repository.ts';
import { ROLLED_UP_MAX, rollUpSeries } from '../../src/app/valuations/roll-up-series.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { isDue, tierOf } from '../../src/domain/valuation/retention.ts';
import { makeValuation, type Valuation } from '../../src/domain/valuation/valuation.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ALL = { fromMs: 0, toMs: 4e12, tiers: null, limit: 100_000 };

const valued = (atMs: number, price = '60000'): Valuation =>
  makeValuation(
    {
      atMs,
      venues: [
        { venue: 'coinbase', isCertified: true, certifiedAtMs: atMs - 7 },
        { venue: 'dydx', isCertified: false, certifiedAtMs: null },
      ],
      holdings: [
        { venue: 'coinbase', asset: 'BTC', quantity: amount('0.123456789') },
        { venue: 'coinbase', asset: 'DOGE', quantity: amount('7') },
        { venue: 'dydx', asset: 'BTC', quantity: amount('-1') },
        { venue: 'dydx', asset: 'USDC', quantity: amount('99.5') },
      ],
      strategies: [{ strategy: 'trend', asset: 'BTC', quantity: amount('0.1') }],
    },
    (asset) =>
      asset === 'DOGE'
        ? null
        : asset === 'BTC'
          ? { price: amount(price), source: 'coinbase BTC-USD', atMs: atMs - 20_000 }
          : { price: amount('1'), source: 'cash', atMs },
  );

const recorded = { origin: 'recorded', transactionSequence: 3, beforeTransaction: null } as const;

describe('valuations in the database', () => {
  it('come back as they were kept, with every part', async () => {
    const { db } = await folder.memory();
    const valuation = valued(DAY_MS);
    expect(await saveValuation(db, valuation, { ...recorded, tier: 'daily' })).toBe(true);
    expect(await readValuations(db, ALL)).toEqual([
      { ...valuation, ...recorded, tier: 'daily', sequence: 1 },
    ]);
    expect(await readValuationTotals(db, ALL)).toMatchObject([
      { atMs: DAY_MS, tier: 'daily', valueUsd: valuation.valueUsd, isComplete: false },
    ]);
  });

  it('are kept once of a time and of a flow, and what was there first stays', async () => {
    const { db } = await folder.memory();
    await saveValuation(db, valued(DAY_MS), { ...recorded, tier: 'daily' });
    const again = { ...recorded, origin: 'backfilled', transactionSequence: null, tier: 'daily' } as const;
    expect(await saveValuation(db, valued(DAY_MS, '1'), again)).toBe(false);
    const flow = { ...recorded, tier: 'flow', beforeTransaction: 'f'.repeat(64) } as const;
    expect(await saveValuation(db, valued(DAY_MS), flow)).toBe(true);
    expect(await saveValuation(db, valued(DAY_MS + 1), flow)).toBe(false);
    const other = { ...flow, beforeTransaction: 'e'.repeat(64) };
    expect(await saveValuation(db, valued(DAY_MS), other)).toBe(true);
    expect((await readValuationTotals(db, ALL)).map(({ valueUsd }) => valueUsd)).toEqual(
      Array.from({ length: 3 }, () => valued(DAY_MS).valueUsd),
    );
  });

  it('are found at a time or before it, the later of two of one time', async () => {
    const { db } = await folder.memory();
    expect(await findValuationAt(db, 4e12)).toBeNull();
    expect(await readLastScheduledAt(db)).toBeNull();
    await saveValuation(db, valued(DAY_MS), { ...recorded, tier: 'daily' });
    const flow = { ...recorded, tier: 'flow', beforeTransaction: 'f'.repeat(64) } as const;
    await saveValuation(db, valued(DAY_MS + 10), flow);
    expect(await findValuationAt(db, DAY_MS - 1)).toBeNull();
    expect(await findValuationAt(db, DAY_MS + 9)).toMatchObject({ atMs: DAY_MS });
    expect(await findValuationAt(db, DAY_MS + 10)).toMatchObject({ tier: 'flow' });
    expect(await readLastScheduledAt(db)).toBe(DAY_MS);
  });

  it.each([
    ["update valuation set value_usd = '1'", 'no row is ever updated'],
    ["delete from valuation where tier = 'daily'", 'kept for ever'],
    ["delete from valuation where tier = 'flow'", 'kept for ever'],
    [
      "insert or replace into valuation select sequence, at_ms, tier, origin, '1', is_complete, transaction_sequence, before_transaction, body from valuation",
      'no row is ever replaced',
    ],
  ])('refuse "%s"', async (statement, refusal) => {
    const { db } = await folder.memory();
    await saveValuation(db, valued(DAY_MS), { ...recorded, tier: 'daily' });
    const flow = { ...recorded, tier: 'flow', beforeTransaction: 'f'.repeat(64) } as const;
    await saveValuation(db, valued(DAY_MS), flow);
    const message = expect.stringContaining(refusal);
    await expect(sql.raw(statement).execute(db)).rejects.toMatchObject({ message });
  });
});

it('what was reckoned later is removed in a span, and nothing that was recorded', async () => {
  const { db } = await folder.memory();
  const reckoned = { ...recorded, origin: 'backfilled', transactionSequence: null, tier: 'daily' } as const;
  await saveValuation(db, valued(DAY_MS), { ...recorded, tier: 'daily' });
  for (const day of [2, 3, 4, 5]) await saveValuation(db, valued(day * DAY_MS), reckoned);
  expect(await removeBackfilled(db, { fromMs: 0, toMs: 4 * DAY_MS, limit: 2 })).toBe(2);
  expect(await removeBackfilled(db, { fromMs: 0, toMs: 4 * DAY_MS, limit: 2 })).toBe(1);
  const left = await readValuationTotals(db, ALL);
  expect(left.map(({ atMs }) => atMs / DAY_MS)).toEqual([1, 5]);
});

describe('what is older than it is kept', () => {
  const RETENTION = { rawMs: 2 * DAY_MS, hourlyMs: 5 * DAY_MS };
  const STEP_MS = 10 * 60_000;
  const DAYS = 8;
  const nowMs = 1_000 * DAY_MS + DAYS * DAY_MS;

  async function filled() {
    const { db } = await folder.memory();
    let beforeMs: number | null = null;
    await db.transaction().execute(async (trx) => {
      for (let atMs = 1_000 * DAY_MS; atMs < nowMs; atMs += STEP_MS) {
        const tier = tierOf(beforeMs, atMs);
        await saveValuation(trx, valued(atMs), { ...recorded, tier });
        await saveNavPoint(trx, point(atMs), { transactionSequence: 1, tier });
        beforeMs = atMs;
      }
      const flow = { ...recorded, tier: 'flow', beforeTransaction: 'f'.repeat(64) } as const;
      await saveValuation(trx, valued(1_000 * DAY_MS + 1), flow);
    });
    return db;
  }
  const point = (atMs: number) => ({
    atMs,
    navUsd: amount('100'),
    flowUsd: amount('1'),
    index: amount('1'),
    venues: [],
    priced: [],
    unpriced: [],
  });

  it('goes in pieces that are bounded, and leaves what the rule says', async () => {
    const db = await filled();
    const before = await readValuationTotals(db, ALL);
    await rollUpSeries(db, { retention: RETENTION, nowMs });
    const first = await readValuationTotals(db, ALL);
    expect(before.length - first.length).toBeLessThanOrEqual(2 * ROLLED_UP_MAX);
    expect(first.length).toBeLessThan(before.length);
    for (let round = 0; round < 10; round++) await rollUpSeries(db, { retention: RETENTION, nowMs });
    const left = await readValuationTotals(db, ALL);
    expect(left).toEqual(before.filter((row) => !isDue(row, RETENTION, nowMs)));
    // Of eight days: three by the day, three by the hour, two as they were taken, and what was before a flow.
    expect(left).toHaveLength(3 + 3 * 24 + 2 * 144 + 1);
  });

  it('goes from the series of the limits on losses too, which say what they said', async () => {
    const db = await filled();
    const asked = async () => {
      const since = await readNavSince(db, nowMs - DAY_MS);
      const { flow } = await db
        .selectFrom('nav_point')
        .select((row) => row.fn.sum<number>('flow_usd').as('flow'))
        .executeTakeFirstOrThrow();
      return { since, last: await readLastNavPoint(db), flow };
    };
    const before = await asked();
    for (let round = 0; round < 12; round++) await rollUpSeries(db, { retention: RETENTION, nowMs });
    expect(await asked()).toEqual(before);
    const { rows } = await db
      .selectFrom('nav_point')
      .select((row) => row.fn.countAll<number>().as('rows'))
      .executeTakeFirstOrThrow();
    // The newest that is older than raw ones are kept stays beside them.
    expect(rows).toBe(3 + 3 * 24 + 2 * 144 + 1);
  });
});

it('a series of an earlier version gets the tiers that it would have had', async () => {
  const path = folder.path('earlier.sqlite');
  const upTo = MIGRATIONS.findIndex(({ name }) => name === '0020-valuations');
  const earlier = await openDatabase(path, { nowMs: 1, migrations: MIGRATIONS.slice(0, upTo) });
  await earlier.close();
  const raw = new SqliteDatabase(path);
  const times = ['23:50', '23:55', '00:00', '00:05', '00:59', '01:04'].map((time, index) =>
    Date.parse(`2026-03-0${index < 2 ? 1 : 2}T${time}:00Z`),
  );
  for (const atMs of times)
    raw
      .prepare(
        'insert into nav_point (at_ms, nav_usd, flow_usd, index_value, transaction_sequence, scope) values (?, ?, ?, ?, 1, ?)',
      )
      .run(atMs, '1', '0', '1', '{}');
  raw.close();
  const { db } = folder.keep(await openDatabase(path, { nowMs: 2 }));
  const rows = await db.selectFrom('nav_point').select('tier').orderBy('sequence').execute();
  const expected = times.map((atMs, index) => tierOf(times[index - 1] ?? null, atMs));
  expect(rows.map(({ tier }) => tier)).toEqual(expected);
  expect(expected).toEqual(['daily', 'raw', 'daily', 'raw', 'raw', 'hourly']);
});
