import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../src/app/configuration.ts';
import { openExchange } from '../../src/app/open-exchange.ts';
import { snapshotDocument } from '../../src/app/snapshot-document.ts';
import type { StatementConfiguration } from '../../src/app/venue-configuration.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { whyStale } from '../../src/domain/reconciliation/freshness.ts';
import type { Known, Snapshot } from '../../src/domain/venue/observation.ts';
import { bookOf, snapshotOf } from '../support/reconciliation-fixtures.ts';

const NOW_MS = 1_750_000_000_000;
const signal = new AbortController().signal;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-statement-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function write(content: string | Buffer, extension = 'csv', modifiedAtMs = NOW_MS): string {
  files += 1;
  const path = join(folder, `statement-${files}.${extension}`);
  writeFileSync(path, content);
  utimesSync(path, modifiedAtMs / 1_000, modifiedAtMs / 1_000);
  return path;
}

function open(path: string, maxAgeMs = 60_000) {
  const venue: StatementConfiguration = {
    id: 'kraken',
    kind: 'statement',
    file: basename(path),
    path,
    maxAgeMs,
    policy: 'propose',
    opening: 'confirm',
    markets: [],
    credentials: null,
  };
  return openExchange(venue, { now: () => NOW_MS });
}

const observe = async (path: string, maxAgeMs?: number) =>
  (await open(path, maxAgeMs)).observe({ fillsSinceMs: null }, signal);
const observeCsv = (content: string | Buffer) => observe(write(content));
const observeJson = (content: unknown) =>
  observe(write(typeof content === 'string' ? content : JSON.stringify(content), 'json'));

const balance = (asset: string, total: string, available = total, hold = '0') => ({
  asset,
  symbol: null,
  total,
  available,
  hold,
});

describe('a statement in CSV', () => {
  it('states totals to the last digit, sorted, with the hash of its bytes', async () => {
    const content = 'asset,total\nUSD,3000.10\nBTC,0.123456789012345678\nDOGE,-5\n';
    const path = write(content);
    expect(await observe(path)).toMatchObject({
      state: 'known',
      value: {
        balances: [balance('BTC', '0.123456789012345678'), balance('DOGE', '-5'), balance('USD', '3000.1')],
      },
      certificate: {
        venue: 'kraken',
        kind: 'statement',
        scope: basename(path),
        observedAtMs: NOW_MS,
        watermarkAfter: { height: NOW_MS },
        pages: [{ endpoint: 'FILE', rows: 3, sha256: createHash('sha256').update(content).digest('hex') }],
      },
    });
  });

  it('states what is available and held apart, also as Windows writes it', async () => {
    expect(await observeCsv('\ufeffasset,available,hold\r\nBTC,0.1,0.02\r\n')).toMatchObject({
      value: { balances: [balance('BTC', '0.12', '0.1', '0.02')] },
    });
  });

  it.each([
    ['without its last line break', 'asset,total\nBTC,0.5', 'incomplete'],
    ['that is empty', '', 'incomplete'],
    ['of a header alone', 'asset,total\n', 'incomplete'],
    ['under another header', 'coin,total\nBTC,0.5\n', 'malformed'],
    ['without a header', 'BTC,0.5\nETH,1\n', 'malformed'],
    ['with a line that lacks an amount', 'asset,available,hold\nBTC,0.5\n', 'malformed'],
    ['with an empty amount', 'asset,total\nBTC,\n', 'malformed'],
    ['with an empty line', 'asset,total\n\nBTC,1\n', 'malformed'],
    ['with a thousands separator', 'asset,total\nUSD,"1,000"\n', 'malformed'],
    ['with more digits than an amount has', `asset,total\nBTC,0.${'1'.repeat(59)}\n`, 'malformed'],
    ['with an exponent', 'asset,total\nBTC,1e-8\n', 'malformed'],
    ['with a name that is none', 'asset,total\n,1\n', 'malformed'],
    ['that names an asset twice', 'asset,total\nBTC,1\nBTC,2\n', 'malformed'],
    ['of other bytes than UTF-8', Buffer.from([0x61, 0xff, 0x0a]), 'malformed'],
  ])('%s is unknown', async (_which, content, reason) => {
    expect(await observeCsv(content)).toMatchObject({ state: 'unknown', reason });
  });
});

const statedFill = (quantity: string): string => {
  const at = new Date(NOW_MS).toISOString();
  const moved = {
    market: 'BTC-USD',
    base: 'BTC',
    quote: 'USD',
    side: 'buy',
    quantity,
    price: '9'.repeat(60),
  };
  return JSON.stringify({
    balances: {},
    activity: [{ id: 't', ...moved, fee: { asset: 'USD', amount: '0' }, at }],
  });
};

describe('a statement in JSON', () => {
  it('states a fill of as many digits as its product can have', async () => {
    expect(await observe(write(statedFill('9'.repeat(60)), 'json'))).toMatchObject({
      state: 'known',
    });
  });

  const read = snapshotOf(
    { BTC: '0.5/0.1', USD: '3000' },
    {
      positions: [{ market: 'ETH-PERP', side: 'short', size: amount('-2'), entryPrice: amount('3000') }],
      accrued: [{ asset: 'USD', amount: '-0.25' }],
    },
  );

  it('is what trueup snapshot prints', async () => {
    const document = snapshotDocument('kraken', 'coinbase', read);
    expect(await observeJson({ ...document, observedAtMs: NOW_MS - 1_000 })).toMatchObject({
      state: 'known',
      value: {
        ...read.value,
        balances: [balance('BTC', '0.5', '0.4', '0.1'), balance('USD', '3000')],
      },
      certificate: { watermarkAfter: { height: NOW_MS - 1_000 } },
    });
  });

  it('is an object from asset to amount', async () => {
    expect(await observeJson({ USD: '3000', BTC: { available: '0.1', hold: '0.02' } })).toMatchObject({
      value: { balances: [balance('BTC', '0.12', '0.1', '0.02'), balance('USD', '3000')], openOrders: [] },
    });
  });

  it('states positions, orders, fills and activity', async () => {
    const fill = {
      id: 't-2',
      market: 'BTC-USD',
      base: 'BTC',
      quote: 'USD',
      side: 'buy',
      quantity: '0.1',
      price: '60000',
      fee: { asset: 'USD', amount: '10' },
      at: NOW_MS - 5_000,
    };
    const deposit = { id: 'd-1', kind: 'deposit', at: NOW_MS - 9_000, deltas: { USD: '250' } };
    const path = write(
      JSON.stringify({
        venue: 'kraken',
        balances: { USD: '3000' },
        positions: { 'BTC-USD': '-0.5' },
        openOrders: [{ clientOrderId: 'bot-1', market: 'BTC-USD', side: 'buy', remaining: '0.1' }],
        completeSince: NOW_MS - 10_000,
        activity: [deposit, fill],
      }),
      'json',
    );
    expect(await observe(path)).toMatchObject({
      value: {
        balances: [balance('USD', '3000'), balance('perpetual:BTC-USD', '-0.5')],
        openOrders: [{ id: 'bot-1', remaining: '0.1' }],
        fills: [{ id: 't-2', quoteAmount: '6000' }],
      },
    });
    const exchange = await open(path);
    const activity = (sinceMs: number, asset: string) =>
      exchange.readActivity({ sinceMs, assets: [asset] }, signal);
    expect(await activity(NOW_MS - 10_000, 'USD')).toMatchObject({ state: 'known', value: [{ id: 'd-1' }] });
    expect(await activity(NOW_MS - 10_000, 'BTC')).toMatchObject({ state: 'known', value: [] });
    expect(await activity(NOW_MS - 8_000, 'USD')).toMatchObject({ state: 'known', value: [] });
    expect(await activity(NOW_MS - 10_001, 'USD')).toMatchObject({ state: 'unknown', reason: 'incomplete' });
  });

  it('without its activity says nothing of what has happened', async () => {
    const exchange = await open(write('{"BTC": "1"}', 'json'));
    expect(await exchange.readActivity({ sinceMs: NOW_MS, assets: ['BTC'] }, signal)).toMatchObject({
      state: 'unknown',
      reason: 'incomplete',
    });
  });

  it.each([
    ['cut off', '{"balances": {"BTC": "0.5"', 'incomplete'],
    ['with a mistake', '{"balances": {"BTC": "0.5",}}', 'malformed'],
    ['with a number', '{"BTC": 0.5}', 'malformed'],
    ['of nothing', '{}', 'malformed'],
    ['with an asset twice', '{"BTC": "1", "BTC": "2"}', 'malformed'],
    ['with an unknown key', '{"balances": {}, "orders": []}', 'malformed'],
    ['of another venue', '{"venue": "coinbase", "balances": {}}', 'wrongScope'],
    ['of an old time', '{"observedAt": "2024-05-01T12:00:00Z", "balances": {}}', 'stale'],
    ['with activity that is none', '{"balances": {}, "activity": [{"id": "x"}]}', 'malformed'],
    [
      'that is unknown itself',
      '{"venue": "kraken", "kind": "dydx", "state": "unknown", "reason": "stale", "detail": ""}',
      'incomplete',
    ],
    ['nested without end', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'malformed'],
    ['of one long text', `{"BTC": "${'1'.repeat(7_000_000)}"}`, 'malformed'],
    ['with a fill worth more digits than an amount has', statedFill('9'.repeat(61)), 'malformed'],
  ])('%s is unknown', async (_which, content, reason) => {
    expect(await observeJson(content)).toMatchObject({ state: 'unknown', reason });
  });
});

describe('a statement', () => {
  const ROW = 'asset,total\nBTC,1\n';

  it('that is not there is unreachable', async () => {
    expect(await observe(join(folder, 'none.csv'))).toMatchObject({
      state: 'unknown',
      reason: 'unreachable',
    });
  });

  it('that is a folder or a pipe is refused, and not waited for', async () => {
    const [directory, pipe] = [join(folder, 'folder.csv'), join(folder, 'pipe.csv')];
    mkdirSync(directory);
    execFileSync('mkfifo', [pipe]);
    for (const path of [directory, pipe])
      expect(await observe(path)).toMatchObject({ state: 'unknown', reason: 'refused' });
  });

  it('larger than 8 MiB is incomplete, whatever it holds', async () => {
    expect(await observeCsv(`asset,total\n${'BTC,1\n'.repeat(1_500_000)}`)).toMatchObject({
      state: 'unknown',
      reason: 'incomplete',
      detail: expect.stringMatching(/^\S+\.csv: expected at most 8388608 bytes, found more$/),
    });
  });

  it('is stale beyond its greatest age, and where it is of a time to come', async () => {
    expect(await observe(write(ROW, 'csv', NOW_MS - 60_000))).toMatchObject({ state: 'known' });
    for (const atMs of [NOW_MS - 60_001, NOW_MS + 3_000])
      expect(await observe(write(ROW, 'csv', atMs))).toMatchObject({
        state: 'unknown',
        reason: 'stale',
        detail: expect.stringMatching(/^\S+\.csv: expected at most 60 s of age, found -?[\d.]+ s$/),
      });
  });

  it('that somebody writes to while it is read is incoherent', async () => {
    const path = write(ROW);
    const exchange = await open(path, Number.MAX_SAFE_INTEGER);
    let isReading = true;
    const reading = exchange.observe({ fillsSinceMs: null }, signal).finally(() => {
      isReading = false;
    });
    for (let row = 0; isReading; row += 1) {
      appendFileSync(path, `A${row},1\n`);
      utimesSync(path, NOW_MS / 1_000, NOW_MS / 1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await reading).toMatchObject({ state: 'unknown', reason: 'incoherent' });
  });

  it('takes no orders and has no markets', async () => {
    const exchange = await open(write(ROW));
    expect(await exchange.readMarkets([], signal)).toMatchObject({ state: 'unknown', reason: 'refused' });
    expect(await exchange.prepareOrder({} as never, signal)).toEqual({
      state: 'deniedLocally',
      reason: 'a statement takes no orders',
    });
  });

  it('is timed out where the deadline has passed', async () => {
    const exchange = await open(write(ROW));
    expect(await exchange.observe({ fillsSinceMs: null }, AbortSignal.abort())).toMatchObject({
      state: 'unknown',
      reason: 'timedOut',
    });
  });

  it('is stale where the book knows of a fill that is younger, and where an earlier read saw a younger one', async () => {
    const path = write(ROW, 'csv', NOW_MS - 10_000);
    const read = (await observe(path)) as Known<Snapshot>;
    const book = (newestFillAtMs: number | null) => bookOf({}, { newestFillAtMs });
    expect(whyStale(read, { before: null, book: book(NOW_MS - 10_000) })).toBe(null);
    expect(whyStale(read, { before: null, book: book(NOW_MS - 9_999) })).toBe(
      'the book knows of a fill 1 ms after the statement was drawn up',
    );
    const younger = (await observe(write(ROW, 'csv', NOW_MS - 5_000))) as Known<Snapshot>;
    expect(whyStale(read, { before: younger, book: book(null) })).toContain('an earlier read saw');
  });
});

describe('the configuration of a statement', () => {
  const load = (venue: object) =>
    loadConfiguration({
      path: '/etc/trueup/trueup.json',
      environment: {},
      readFile: () => JSON.stringify({ venues: [{ id: 'kraken', kind: 'statement', ...venue }] }),
    });

  it('finds the file beside it, and takes a day for its greatest age', () => {
    expect(load({ file: 'kraken.csv' })).toMatchObject({
      ok: true,
      configuration: {
        venues: [{ file: 'kraken.csv', path: '/etc/trueup/kraken.csv', maxAgeMs: 86_400_000, markets: [] }],
      },
    });
  });

  it.each([
    [{ file: 'kraken.xlsx' }, 'venues[0].file'],
    [{}, 'venues[0].file'],
    [{ file: 'kraken.csv', maxAgeSeconds: 0 }, 'venues[0].maxAgeSeconds'],
    [{ file: 'kraken.csv', markets: ['BTC-USD'] }, 'venues[0].markets'],
  ])('refuses %j', (venue, path) => {
    expect(load(venue)).toMatchObject({ ok: false, problems: [{ path }] });
  });
});
