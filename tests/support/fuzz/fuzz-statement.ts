import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJsonStatement } from '../../../src/app/json-statement.ts';
import { type Amount, add, amount } from '../../../src/domain/money/amount.ts';
import type { Exchange } from '../../../src/exchanges/exchange.ts';
import { readCsvStatement } from '../../../src/exchanges/statement/csv-statement.ts';
import { openStatementExchange } from '../../../src/exchanges/statement/statement-exchange.ts';
import type { GoodAnswer, ServedAnswer } from './fuzz-answer.ts';
import { FUZZ_NOW_MS, type FuzzVenue, type SaidDocument } from './fuzz-venue.ts';

const TRADE = { market: 'BTC-USD', base: 'BTC', quote: 'USD', side: 'buy', quantity: '0.1', price: '60000' };
const JSON_TEXT = JSON.stringify({
  venue: 'kraken',
  observedAt: FUZZ_NOW_MS,
  balances: { BTC: '1.00000001', ETH: '20.5', USD: '3000.25' },
  completeSince: 0,
  activity: [
    { id: 'd-1', kind: 'deposit', at: FUZZ_NOW_MS - 2_000, deltas: { USD: '250' } },
    { id: 't-1', ...TRADE, fee: { asset: 'USD', amount: '10' }, at: FUZZ_NOW_MS - 1_000 },
  ],
});
const CSV_TEXT = 'asset,available,hold\nBTC,1.00000001,0.5\nETH,20.5,0\nUSD,3000.25,10\n';

/** Files in both formats. What is a status or a header of an answer is here whether there is a file, and its time. */
export async function openFuzzStatement(): Promise<FuzzVenue> {
  const folder = mkdtempSync(join(tmpdir(), 'trueup-fuzz-'));
  const answers = new Map<string, GoodAnswer>([
    ['statement.json', { status: 200, headers: {}, body: JSON_TEXT }],
    ['statement.csv', { status: 200, headers: {}, body: CSV_TEXT }],
  ]);
  let asked: string[] = [];
  let files = 0;
  const open = (file: string) => async (): Promise<Exchange> => {
    asked.push(file);
    // Each read opens its file twice.
    files += 2;
    return openStatementExchange({
      venue: 'kraken',
      path: join(folder, file),
      scope: file,
      maxAgeMs: 60_000,
      readStatement: file.endsWith('.csv') ? readCsvStatement : readJsonStatement,
      now: () => FUZZ_NOW_MS,
    });
  };
  return {
    venue: 'statement',
    nowMs: FUZZ_NOW_MS,
    answers,
    secrets: [],
    cases: [
      {
        name: 'observe JSON',
        method: 'observe',
        open: open('statement.json'),
        call: (exchange, signal) => exchange.observe({ fillsSinceMs: null }, signal),
        amounts: / (?:balances\.\w+|activity\.\d+\.(?:quantity|price|fee\.amount))$/,
        totalsSaid: totalsInJson,
      },
      {
        name: 'readActivity JSON',
        method: 'readActivity',
        open: open('statement.json'),
        call: (exchange, signal) => exchange.readActivity({ sinceMs: 0, assets: ['USD'] }, signal),
        amounts: / activity\.\d+\.deltas\.USD$/,
      },
      {
        name: 'observe CSV',
        method: 'observe',
        open: open('statement.csv'),
        call: (exchange, signal) => exchange.observe({ fillsSinceMs: null }, signal),
        amounts: /$^/,
        totalsSaid: totalsInCsv,
      },
    ],
    endRecording() {},
    begin(changes) {
      asked = [];
      for (const [file, good] of answers) {
        const change = changes.find(({ key }) => key === file);
        write(join(folder, file), change?.answer ?? { ...good, isCut: false });
      }
    },
    asked: () => asked,
    tokens: () => [],
    requests: () => files,
    async close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function write(path: string, { status, headers, body, isCut }: ServedAnswer): void {
  rmSync(path, { recursive: true, force: true });
  if (status === 404) return;
  if (status >= 300) {
    mkdirSync(path);
    return;
  }
  writeFileSync(path, isCut ? body.slice(0, body.length / 2) : body);
  const atMs = headers.date === undefined ? FUZZ_NOW_MS : Date.parse(headers.date);
  const atSeconds = Number.isNaN(atMs) ? 0 : atMs / 1_000;
  utimesSync(path, atSeconds, atSeconds);
}

function totalsInJson([said]: readonly SaidDocument[]): Readonly<Record<string, string>> | null {
  const { balances } = (said?.document ?? {}) as { readonly balances: Readonly<Record<string, string>> };
  const totals = Object.entries(balances).map(([asset, total]) => [asset, amount(total)] as const);
  return Object.fromEntries(totals.filter(([, total]) => total !== '0'));
}

function totalsInCsv([said]: readonly SaidDocument[]): Readonly<Record<string, string>> | null {
  if (typeof said?.document !== 'string') return null;
  const totals = new Map<string, Amount>();
  for (const line of said.document.trimEnd().split(/\r?\n/).slice(1)) {
    const [asset = '', available = '', hold = '0'] = line.split(',');
    totals.set(asset, add(amount(available), amount(hold)));
  }
  return Object.fromEntries([...totals].filter(([, total]) => total !== '0'));
}
