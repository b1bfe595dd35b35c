// How large ten years of valuations are, and how fast they are asked for:
// npm run bench:valuations -- [--years 10] [--assets 15] [--json]
//
// Beside the table that is used, the same valuations are kept with a row an asset, to compare.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import SqliteDatabase from 'better-sqlite3';
import { openDatabase, openDatabaseReadOnly } from '../db/database.ts';
import { saveNavPoint } from '../db/performance-repository.ts';
import {
  findValuationAt,
  readValuations,
  readValuationTotals,
  saveValuation,
} from '../db/valuation-repository.ts';
import { DEFAULT_GROUPS } from '../src/app/asset-groups.ts';
import { accountBookPerformance } from '../src/app/valuations/book-performance.ts';
import { ROLLED_UP_MAX, rollUpSeries } from '../src/app/valuations/roll-up-series.ts';
import { amount } from '../src/domain/money/amount.ts';
import { DEFAULT_ANNUAL_TERMS } from '../src/domain/performance/annual-terms.ts';
import { DEFAULT_RETENTION, isDue, tierOf } from '../src/domain/valuation/retention.ts';
import { makeValuation, type Valuation } from '../src/domain/valuation/valuation.ts';

const STEP_MS = 300_000;
const DAY_MS = 86_400_000;
const END_MS = Date.UTC(2026, 0, 1);
const BATCH = 2_000;
const RUNS = 9;
const VENUES = ['coinbase', 'dydx', 'solana'];
const STRATEGIES = ['trend', 'solBreakout'];

const { values } = parseArgs({
  options: {
    years: { type: 'string', default: '10' },
    assets: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  },
});
const days = Math.round(Number(values.years) * 365.25);
const assets = Array.from({ length: Number(values.assets) }, (_, index) => `ASSET${index}`);
const startMs = END_MS - days * DAY_MS;
const folder = mkdtempSync(join(tmpdir(), 'trueup-bench-'));
const path = join(folder, 'book.sqlite');

/** Each asset at one venue, two strategies with a third of them each, prices with seven digits. */
function valuationAt(atMs: number): Valuation {
  const wave = (index: number) => (1_000 * (1.5 + Math.sin(atMs / 1e9 + index))).toFixed(2);
  return makeValuation(
    {
      atMs,
      venues: VENUES.map((venue) => ({ venue, isCertified: true, certifiedAtMs: atMs - 12_345 })),
      holdings: assets.map((asset, index) => ({
        venue: VENUES[index % VENUES.length] ?? '',
        asset,
        quantity: amount(`${index + 1}.${12345671 + index}`),
      })),
      strategies: STRATEGIES.flatMap((strategy, n) =>
        assets
          .filter((_, index) => index % 3 === n)
          .map((asset) => ({ strategy, asset, quantity: amount('0.5') })),
      ),
    },
    (asset) => ({
      price: amount(wave(assets.indexOf(asset))),
      source: `coinbase ${asset}-USD`,
      atMs: atMs - 12_345,
    }),
  );
}

try {
  const database = await openDatabase(path, { nowMs: startMs });
  const { db } = database;
  let beforeMs: number | null = null;
  let taken = 0;
  let batch: { readonly atMs: number; readonly tier: ReturnType<typeof tierOf> }[] = [];
  const flush = async () => {
    await db.transaction().execute(async (trx) => {
      for (const { atMs, tier } of batch)
        await saveValuation(trx, valuationAt(atMs), {
          tier,
          origin: 'recorded',
          transactionSequence: 1,
          beforeTransaction: null,
        });
    });
    batch = [];
  };
  // What roll-up would have removed by now is not written: that it removes just this is a test's matter.
  for (let atMs = startMs; atMs < END_MS; atMs += STEP_MS) {
    const tier = tierOf(beforeMs, atMs);
    beforeMs = atMs;
    taken += 1;
    if (isDue({ tier, atMs }, DEFAULT_RETENTION, END_MS)) continue;
    batch.push({ atMs, tier });
    if (batch.length === BATCH) await flush();
  }
  await flush();
  // A flow every other week.
  await db.transaction().execute(async (trx) => {
    for (let atMs = startMs + 1; atMs < END_MS; atMs += 14 * DAY_MS)
      await saveValuation(trx, valuationAt(atMs), {
        tier: 'flow',
        origin: 'recorded',
        transactionSequence: 1,
        beforeTransaction: String(atMs).padStart(64, '0'),
      });
  });
  const { rows, bytes } = await db
    .selectFrom('valuation')
    .select((row) => [
      row.fn.countAll<number>().as('rows'),
      row.fn.avg<number>(row.fn<number>('length', ['body'])).as('bytes'),
    ])
    .executeTakeFirstOrThrow();
  const perAsset = sizeOfRowsPerAsset();

  const reader = await openDatabaseReadOnly(path);
  const year = { fromMs: END_MS - 365 * DAY_MS, toMs: END_MS, limit: 100_000 };
  const day = { fromMs: END_MS - DAY_MS, toMs: END_MS, tiers: null, limit: 100_000 };
  const all = { fromMs: 0, toMs: END_MS, limit: 100_000 };
  const queryMs: Record<string, number> = {
    'one year, a value a day': await median(() =>
      readValuationTotals(reader.db, { ...year, tiers: ['daily'] }),
    ),
    'one year, a day each, with all parts': await median(() =>
      readValuations(reader.db, { ...year, tiers: ['daily'] }),
    ),
    'last day, every one, with all parts': await median(() => readValuations(reader.db, day)),
    'at a time, with all parts': await median(() =>
      findValuationAt(reader.db, END_MS - 1_000 * DAY_MS - 777),
    ),
    'ten years, a value a day': await median(() =>
      readValuationTotals(reader.db, { ...all, tiers: ['daily'] }),
    ),
  };
  const request = {
    groups: DEFAULT_GROUPS,
    tax: null,
    fromMs: null,
    toMs: END_MS,
    terms: DEFAULT_ANNUAL_TERMS,
  };
  for (const by of ['portfolio', 'asset', 'strategy'] as const)
    queryMs[`performance by ${by}, ten years`] = await median(() =>
      accountBookPerformance(reader.db, { ...request, by }),
    );
  await reader.close();
  const { rollUpMs, takeMs } = await workOfOne(database);
  await database.close();
  const result = {
    years: Number(values.years),
    assets: assets.length,
    taken,
    kept: rows,
    bytesPerBody: Math.round(bytes),
    megabytes: megabytes(path),
    megabytesWithARowAnAsset: perAsset,
    queryMs,
    takeAndKeepMs: takeMs,
    rollUpOfAFullPieceMs: rollUpMs,
  };
  if (values.json) console.log(JSON.stringify(result));
  else {
    console.log(
      `${taken} valuations of ${assets.length} assets in ${result.years} years, of which ${rows} are kept`,
    );
    console.log(
      `${result.megabytes} MB (${result.bytesPerBody} bytes a body); with a row an asset ${perAsset} MB`,
    );
    console.log(`processor time, median of ${RUNS}:`);
    for (const [what, ms] of Object.entries(queryMs)) console.log(`${ms.toFixed(2).padStart(8)} ms  ${what}`);
    console.log(`${takeMs.toFixed(2).padStart(8)} ms  one is taken and kept, in its transaction`);
    console.log(
      `${rollUpMs.toFixed(2).padStart(8)} ms  roll-up where ${ROLLED_UP_MAX} and more are due in both series`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds of processor time: a machine that is shared says nothing by its clock. */
async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const from = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(from);
    times.push((user + system) / 1_000);
  }
  return Number((times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0).toFixed(3));
}

/** What the portfolio's writer is held by: a valuation more, and roll-up where much has piled up. */
async function workOfOne({ db }: Awaited<ReturnType<typeof openDatabase>>) {
  let atMs = END_MS + DAY_MS;
  const takeMs = await median(() => {
    atMs += STEP_MS;
    return db.transaction().execute((trx) =>
      saveValuation(trx, valuationAt(atMs), {
        tier: 'raw',
        origin: 'recorded',
        transactionSequence: 1,
        beforeTransaction: null,
      }),
    );
  });
  await db.transaction().execute(async (trx) => {
    let beforeNavMs: number | null = null;
    for (let at = startMs; at < startMs + 30 * DAY_MS; at += STEP_MS) {
      const tier = tierOf(beforeNavMs, at);
      beforeNavMs = at;
      const value = { navUsd: amount('1234567.89'), flowUsd: amount('0'), index: amount('1.0123') };
      const scope = { venues: VENUES, priced: assets, unpriced: [] };
      await saveNavPoint(trx, { atMs: at, ...value, ...scope }, { transactionSequence: 1, tier });
    }
  });
  // A month later, what is still raw is due.
  const nowMs = END_MS + 60 * DAY_MS;
  const rollUpMs = await median(() =>
    db.transaction().execute((trx) => rollUpSeries(trx, { retention: DEFAULT_RETENTION, nowMs })),
  );
  return { takeMs, rollUpMs };
}

/** The same, as a table with a row for each holding and each share of a strategy. */
function sizeOfRowsPerAsset(): number {
  const other = join(folder, 'rows.sqlite');
  const target = new SqliteDatabase(other);
  target.exec(`create table valuation (sequence integer primary key, at_ms integer not null, tier text not null,
      value_usd text not null) strict;
    create index by_time on valuation (at_ms);
    create index by_tier on valuation (tier, at_ms);
    create table valued (valuation integer not null, line integer not null, venue text, strategy text, asset text not null,
      quantity text not null, price text, source text, priced_at_ms integer, primary key (valuation, line)) strict, without rowid`);
  const source = new SqliteDatabase(path, { readonly: true });
  const times = source.prepare('select at_ms, tier from valuation order by sequence').all() as {
    readonly at_ms: number;
    readonly tier: string;
  }[];
  source.close();
  const one = target.prepare('insert into valuation (at_ms, tier, value_usd) values (?, ?, ?)');
  const line = target.prepare('insert into valued values (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  target.transaction(() => {
    for (const { at_ms, tier } of times) {
      const { valueUsd, holdings, strategies } = valuationAt(at_ms);
      const { lastInsertRowid } = one.run(at_ms, tier, valueUsd);
      let place = 0;
      for (const { venue, asset, quantity, price } of holdings)
        line.run(
          lastInsertRowid,
          place++,
          venue,
          null,
          asset,
          quantity,
          price?.price,
          price?.source,
          price?.atMs,
        );
      for (const { strategy, asset, quantity, price } of strategies)
        line.run(
          lastInsertRowid,
          place++,
          null,
          strategy,
          asset,
          quantity,
          price?.price,
          price?.source,
          price?.atMs,
        );
    }
  })();
  target.close();
  return megabytes(other);
}

function megabytes(file: string): number {
  return Number((statSync(file).size / 1e6).toFixed(1));
}
