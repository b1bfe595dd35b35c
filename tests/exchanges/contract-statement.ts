import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJsonStatement } from '../../src/app/json-statement.ts';
import { openStatementExchange } from '../../src/exchanges/statement/statement-exchange.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { CHANGES, type Trouble } from '../support/trouble.ts';
import { type AdapterUnderTest, rowsOf, type Setting } from './contract.ts';
import { instructionOf } from './contract-venue.ts';

/** What can happen to a file. Nobody limits how often it is read, and a file does not hang. */
const WRITES: Readonly<Partial<Record<Trouble, (path: string, content: string) => void>>> = {
  reset: () => {},
  refused: (path) => mkdirSync(path),
  huge: (path) => writeFileSync(path, Buffer.alloc(9 * 1_024 * 1_024, ' ')),
  emptyBody: (path) => writeFileSync(path, ''),
  html: (path) => writeFileSync(path, '<html>welcome</html>'),
  cutJson: (path, content) => writeFileSync(path, CHANGES.cutJson(content)),
  numbers: (path, content) => writeFileSync(path, CHANGES.numbers(content)),
  nulls: (path, content) => writeFileSync(path, CHANGES.nulls(content)),
  missing: (path, content) => writeFileSync(path, CHANGES.missing(content)),
};

export const statementUnderTest: AdapterUnderTest = {
  adapter: 'statement',
  asks: new Set(['observe', 'readActivity']),
  rateLimitedOrder: 'rejected',
  tellsTime: true,
  namesAccount: true,
  lists: [
    { of: 'balances', read: 'observe', counts: [0, 1, 2, 5_000] },
    { of: 'deposits', read: 'readActivity', counts: [0, 1, 2, 5_000] },
  ],
  async open(setting) {
    const folder = mkdtempSync(join(tmpdir(), 'trueup-contract-'));
    const path = join(folder, 'kraken.json');
    const document = documentOf(setting);
    const content = JSON.stringify(document);
    const restore = () => {
      rmSync(path, { recursive: true, force: true });
      writeFileSync(path, content);
    };
    restore();
    const exchange = openStatementExchange({
      venue: 'kraken',
      path,
      scope: 'kraken.json',
      maxAgeMs: 60_000,
      readStatement: readJsonStatement,
      now: () => systemClock.now() - setting.skewMs,
    });
    return {
      exchange,
      markets: ['BTC-USD'],
      assets: ['USD', 'BTC'],
      secrets: [],
      truth: () => ({
        totals: document.balances,
        fills: document.activity.filter((one) => 'market' in one).length,
        openOrders: 0,
        moved: document.activity.flatMap((one) => ('deltas' in one ? Object.values(one.deltas) : [])),
      }),
      knows: (trouble) => WRITES[trouble] !== undefined,
      meet(trouble) {
        restore();
        const write = trouble === null ? undefined : WRITES[trouble];
        if (write === undefined) return;
        rmSync(path);
        write(path, content);
      },
      asked: () => null,
      held: () => 0,
      overran: () => null,
      instruct: (serial) => instructionOf('kraken', serial),
      taken: async () => 0,
      async close() {
        await exchange.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

function documentOf(setting: Setting) {
  const rows = rowsOf(setting, 'balances');
  const nowMs = systemClock.now();
  const names = rows === null ? ['BTC', 'USD'] : Array.from({ length: rows }, (_, index) => `A${index}`);
  const deposits = Array.from({ length: rowsOf(setting, 'deposits') ?? 1 }, (_, index) => ({
    id: `d-${index}`,
    kind: 'deposit',
    at: nowMs - 2_000,
    deltas: { USD: `${index + 1}.000001` },
  }));
  const trade = {
    market: 'BTC-USD',
    base: 'BTC',
    quote: 'USD',
    side: 'buy',
    quantity: '0.1',
    price: '60000',
  };
  const fill = { id: 't-1', ...trade, fee: { asset: 'USD', amount: '10' }, at: nowMs - 1_000 };
  return {
    venue: setting.isForeign ? 'coinbase' : 'kraken',
    observedAt: nowMs,
    balances: Object.fromEntries(names.map((name, index) => [name, `${index + 1}.00000001`])),
    completeSince: 0,
    activity: rows === null ? [...deposits, fill] : deposits,
  };
}
