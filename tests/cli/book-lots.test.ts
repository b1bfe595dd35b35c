import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readEventHistory, recordBookEvent } from '../../db/book-event-repository.ts';
import { registerLots } from '../../src/cli/lots-command.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { decideBookEvent } from '../../src/domain/book/post-event.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { deposited, filled, RULES, received, sent } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { runInProcess } from './command-line.ts';

const a = amount;
let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

const on = (day: string): number => Date.parse(`${day}T12:00:00Z`);
const fill = (id: string, day: string, fields: Partial<ReturnType<typeof filled>>): BookEvent =>
  filled({
    eventId: id,
    fillId: id,
    clientOrderId: id,
    atMs: on(day),
    quantity: a('1'),
    fee: { asset: 'USD', amount: a('1') },
    ...fields,
  });

const HAPPENED: readonly BookEvent[] = [
  fill('b1', '2021-01-04', { price: a('99') }),
  fill('b2', '2022-06-01', { price: a('299') }),
  deposited({ eventId: 'd1', activityId: 'd1', asset: 'ETH', amount: a('2'), atMs: on('2022-06-02') }),
  sent({ asset: 'BTC', amount: a('0.5'), atMs: on('2022-06-03') }),
  received({ asset: 'BTC', amount: a('0.5'), atMs: on('2022-06-03') }),
  fill('s1', '2022-09-01', { side: 'sell', price: a('201') }),
  fill('s2', '2022-09-02', { side: 'sell', base: 'ETH', price: a('50') }),
];

const TAX = { method: 'fifo', rates: { shortTerm: '0.4', longTerm: '0.1' } };

/** A book in which all of that was told, by an owner that is still running. */
async function book(events: readonly BookEvent[] = HAPPENED): Promise<void> {
  const { db } = await folder.file();
  for (const event of events) {
    const decision = decideBookEvent(event, { ...RULES, ...(await readEventHistory(db, event)) });
    await recordBookEvent(db, event, decision, event.atMs);
  }
}

const run = (...words: readonly string[]) =>
  runInProcess(['lots', ...words.map((word) => (word === 'DATABASE' ? folder.path() : word))], {
    commands: [registerLots],
  });

async function document(...words: readonly string[]) {
  const { exitCode, out, err } = await run(...words, '--json');
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
}

function configuration(tax: unknown): string {
  const path = folder.path('trueup.json');
  writeFileSync(path, JSON.stringify({ database: 'book.sqlite', venues: [], ...(tax ? { tax } : {}) }));
  return path;
}

describe('trueup lots of a book', () => {
  it('tells lots, disposals and gains by the book alone, and no tax without rates', async () => {
    await book();
    const told = await document('--database', 'DATABASE');
    const unknown = { unknown: 'no rates are given' };
    expect(told).toMatchObject({
      database: folder.path(),
      method: 'fifo',
      reportingCurrency: 'USD',
      withdrawn: [],
      disposals: [
        {
          id: 's1',
          account: 'coinbase',
          proceeds: '200',
          gain: '0',
          tax: unknown,
          matches: [
            { lot: 'b1', quantity: '0.5', basis: '50', gain: '50', term: 'longTerm' },
            { lot: 'b2', quantity: '0.5', basis: '150', gain: '-50', term: 'shortTerm' },
          ],
        },
        { id: 's2', proceeds: '49', gain: { unknown: expect.stringContaining('d1 is unknown: a deposit') } },
      ],
      lots: [
        { lot: 'b2', account: 'coinbase', asset: 'BTC', quantity: '0.5', basis: '150' },
        { lot: 'd1', asset: 'ETH', quantity: '1', longTermFrom: null },
        { lot: 'b1/received', account: 'solana', quantity: '0.5', basis: '50', longTermFrom: '2022-01-05' },
      ],
      years: [{ year: 2022, tax: unknown }],
    });
  });

  it('tells of a venue and of an asset alone', async () => {
    await book();
    const atCoinbase = await document('--database', 'DATABASE', '--venue', 'coinbase');
    expect(atCoinbase.lots.map(({ lot }: { lot: string }) => lot)).toEqual(['b2', 'd1']);
    expect((await run('--database', 'DATABASE', '--venue', 'kraken')).exitCode).toBe(2);
    const ofBtc = await document('--database', 'DATABASE', '--asset', 'BTC');
    expect(ofBtc.lots).toHaveLength(2);
    expect(ofBtc.years).toMatchObject([{ gain: '0' }]);
    const { exitCode, err } = await run('--database', 'DATABASE', '--asset', 'btc');
    expect([exitCode, err]).toEqual([
      2,
      expect.stringContaining('--asset: expected "BTC", "ETH", found "btc"'),
    ]);
  });

  it('taxes by the configuration, and by another method where one is named', async () => {
    await book();
    const config = configuration(TAX);
    const taxed = await document('--config', config, '--asset', 'BTC');
    expect(taxed.disposals).toMatchObject([{ gain: '0', tax: '-15' }]);
    const least = await document('--config', config, '--asset', 'BTC', '--method', 'mintax');
    expect(least.disposals).toMatchObject([{ gain: '-100', tax: '-40' }]);
    const own = configuration({ ...TAX, zone: 'Asia/Tokyo' });
    expect((await document('--config', own)).zone).toBe('Asia/Tokyo');
  });

  it('shows tables to people', async () => {
    await book();
    const { exitCode, out } = await run('--database', 'DATABASE');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/s1 +2022-09-01 +coinbase +BTC +b1 +0.5 +100 +50 +50 +longTerm +unknown\n/);
    expect(out).toMatch(/d1 +coinbase +ETH +1 +unknown +unknown\n/);
  });

  it.each<[readonly string[], string]>([
    [[], 'expected --config or --database, found neither'],
    [['--input', 'x.json', '--database', 'DATABASE'], 'found several'],
    [['--input', 'x.json', '--asset', 'BTC'], 'found --input'],
    [['--database', 'DATABASE', '--method', 'specific'], 'a book names none, found specific'],
    [['--database', 'DATABASE', '--method', 'mintax'], 'needs no rates'],
  ])('refuses %j', async (words, problem) => {
    await book([]);
    const { exitCode, err } = await run(...words);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(problem)]);
  });

  it.each<[unknown, string]>([
    [{ ...TAX, rates: { shortTerm: 0.4, longTerm: '0.1' } }, 'tax.rates.shortTerm'],
    [{ ...TAX, rates: { shortTerm: '40', longTerm: '0.1' } }, 'tax.rates.shortTerm'],
    [{ method: 'fifo' }, 'tax.rates'],
    [{ ...TAX, method: 'specific' }, 'tax.method'],
    [{ ...TAX, methods: { kraken: 'fifo' } }, 'tax.methods.kraken'],
    [{ ...TAX, zone: 'Mars/Olympus' }, 'tax.zone'],
    [{ ...TAX, washSale: { groups: [['A'], ['A']] } }, 'tax.washSale.groups[1][0]'],
    [{ ...TAX, method: 'average', washSale: { groups: [['A']] } }, 'tax.method'],
    [{ ...TAX, aversion: '2' }, 'tax.aversion'],
  ])('refuses the configuration %j at %s', async (tax, path) => {
    const { exitCode, err } = await run('--config', configuration(tax));
    expect([exitCode, err]).toEqual([2, expect.stringContaining(path)]);
  });
});
