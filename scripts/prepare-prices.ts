// Writes src/exchanges/simulated/price-table.ts from hourly candles.
//
//   tsx scripts/prepare-prices.ts FOLDER
//
// FOLDER holds BTC-USDT.csv, ETH-USDT.csv and SOL-USDT.csv with the columns date,open,high,low,close,volume, where
// date is the hour's beginning. The window is fixed: three weeks that hold a crash and a rebound.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { amount, toAtoms } from '../src/domain/money/amount.ts';

const ASSETS = ['BTC', 'ETH', 'SOL'] as const;
/** The first close and the last, which is also the end of the window. */
const START_MS = Date.UTC(2024, 6, 29);
const END_MS = Date.UTC(2024, 7, 19);
const HOUR_MS = 3_600_000;
const HOURS_PER_LINE = 24;
const DECIMALS = 2;

const folder = process.argv[2];
if (folder === undefined) throw new Error('expected the folder of the hourly candles as an argument');
const tables = ASSETS.map((asset) => printTable(asset, readCloses(join(folder, `${asset}-USDT.csv`))));

writeFileSync(
  join(import.meta.dirname, '../src/exchanges/simulated/price-table.ts'),
  `// Hourly closing prices of BTC, ETH and SOL in USDT, ${isoHour(START_MS)} to ${isoHour(END_MS)}.
// Source: Binance spot hourly closes. Written by scripts/prepare-prices.ts; not edited by hand.
// Each table: the first close in hundredths, then the change to each next hour's close, one day a line.

export const PRICE_TABLE = {
  startMs: ${START_MS},
  stepMs: ${HOUR_MS},
  decimals: ${DECIMALS},
  hundredths: {
${tables.join('\n')}
  },
} as const;
`,
);

/** The close of every hour in the window, by the time at which the hour ended. */
function readCloses(file: string): readonly bigint[] {
  const byTime = new Map<number, bigint>();
  for (const line of readFileSync(file, 'utf8').trim().split('\n').slice(1)) {
    const [date = '', , , , close = ''] = line.split(',');
    byTime.set(Date.parse(date) + HOUR_MS, toAtoms(amount(close), DECIMALS));
  }
  const closes: bigint[] = [];
  for (let atMs = START_MS; atMs <= END_MS; atMs += HOUR_MS) {
    const close = byTime.get(atMs);
    if (close === undefined) throw new Error(`expected a close at ${isoHour(atMs)} in ${file}, found none`);
    closes.push(close);
  }
  return closes;
}

function printTable(asset: string, closes: readonly bigint[]): string {
  const [first, ...rest] = closes;
  const changes = rest.map((close, index) => String(close - (closes[index] ?? 0n)));
  const lines: string[] = [];
  for (let from = 0; from < changes.length; from += HOURS_PER_LINE) {
    lines.push(changes.slice(from, from + HOURS_PER_LINE).join(','));
  }
  return `    ${asset}: \`${first}\n${lines.join('\n')}\`,`;
}

function isoHour(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16)}Z`;
}
