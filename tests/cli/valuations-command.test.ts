import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readAudit } from '../../db/audit-repository.ts';
import { readEventHistory, recordBookEvent } from '../../db/book-event-repository.ts';
import { saveReport } from '../../db/report-repository.ts';
import { saveValuation } from '../../db/valuation-repository.ts';
import { takeOwnership } from '../../src/app/owner-lock.ts';
import { registerValuations } from '../../src/cli/valuations-command.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { decideBookEvent } from '../../src/domain/book/post-event.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { makeValuation } from '../../src/domain/valuation/valuation.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { deposited, filled, RULES } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { runInProcess } from './command-line.ts';

const a = amount;
let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

const on = (day: string, time = '12:00:00'): number => Date.parse(`${day}T${time}Z`);
const usd = (eventId: string, day: string, quantity: string): BookEvent =>
  deposited({ eventId, activityId: eventId, asset: 'USD', amount: a(quantity), atMs: on(day) });
const bought = (id: string, day: string, base: string, price: string): BookEvent =>
  filled({
    eventId: id,
    fillId: id,
    clientOrderId: id,
    atMs: on(day),
    base,
    quantity: a('2'),
    price: a(price),
    fee: { asset: 'USD', amount: a('1') },
  });

const HAPPENED: readonly BookEvent[] = [
  usd('d1', '2022-05-01', '1000'),
  bought('f1', '2022-05-02', 'BTC', '100'),
  usd('d2', '2022-05-04', '500'),
  bought('f2', '2022-05-05', 'DOGE', '1'),
];

const CLOSES = ['at,asset,price', '2022-05-02,BTC,90', '2022-05-03,BTC,110', '2022-05-04T00:00:00Z,BTC,120']
  .concat(`${on('2022-05-05', '00:00:00')},BTC,130`, '2022-05-06,BTC,140', '')
  .join('\n');

/** A book that was written by somebody who has gone. */
async function book(): Promise<void> {
  const { db, close } = await folder.file();
  for (const event of HAPPENED) {
    const decision = decideBookEvent(event, { ...RULES, ...(await readEventHistory(db, event)) });
    await recordBookEvent(db, event, decision, event.atMs);
  }
  await saveReport(db, {
    venue: 'coinbase',
    atMs: on('2022-05-05', '06:00:00'),
    status: 'reconciled',
    snapshotId: null,
    unknownReason: null,
    body: {},
  });
  await close();
  writeFileSync(folder.path('trueup.json'), JSON.stringify({ database: 'book.sqlite', venues: [] }));
  writeFileSync(folder.path('closes.csv'), CLOSES);
}

const run = (...words: readonly string[]) =>
  runInProcess(
    ['valuations', ...words.map((word) => (word.startsWith('@') ? folder.path(word.slice(1)) : word))],
    {
      commands: [registerValuations],
    },
  );

async function document(...words: readonly string[]) {
  const { exitCode, out, err } = await run(...words, '--json');
  expect([exitCode, exitCode === 0 ? '' : err]).toEqual([0, '']);
  return JSON.parse(out);
}

const BACKFILL = ['backfill', '--config', '@trueup.json', '--to', '2022-05-06', '--prices', '@closes.csv'];
const LISTED = ['--database', '@book.sqlite', '--from', '2022-01-01', '--to', '2022-06-01'];

describe('trueup valuations', () => {
  it('backfills every day and before each flow, once', async () => {
    await book();
    const done = await document(...BACKFILL);
    expect(done).toMatchObject({ added: 6, present: 0, incomplete: 1, unpriced: { DOGE: 1 } });
    const { valuations } = await document(...LISTED, '--every', 'all');
    expect(
      valuations.map((each: Record<string, unknown>) => [each.at, each.tier, each.valueUsd, each.isComplete]),
    ).toEqual([
      ['2022-05-02T00:00:00.000Z', 'daily', '1000', true],
      ['2022-05-03T00:00:00.000Z', 'daily', '1019', true],
      ['2022-05-04T00:00:00.000Z', 'daily', '1039', true],
      // The price of that day's beginning, half a day old.
      ['2022-05-04T12:00:00.000Z', 'flow', '1039', true],
      ['2022-05-05T00:00:00.000Z', 'daily', '1559', true],
      ['2022-05-06T00:00:00.000Z', 'daily', '1576', false],
    ]);
    expect(await document(...BACKFILL)).toMatchObject({ added: 0, present: 6 });
    const audit = await readAudit((await folder.file()).db, { afterSequence: 0, limit: 10 });
    expect(audit.filter(({ kind }) => kind === 'valuationsBackfilled')).toHaveLength(2);
  });

  it('tells one in full: quantities, prices with their source and time, and what has none', async () => {
    await book();
    await document(...BACKFILL);
    const { valuation } = await document('--database', '@book.sqlite', '--at', '2022-05-06T10:00:00Z');
    expect(valuation).toMatchObject({
      at: '2022-05-06T00:00:00.000Z',
      origin: 'backfilled',
      venues: [{ venue: 'coinbase', isCertified: false, certifiedAt: '2022-05-05T06:00:00.000Z' }],
      holdings: [
        {
          asset: 'BTC',
          quantity: '2',
          price: '140',
          valueUsd: '280',
          priceSource: folder.path('closes.csv'),
          pricedAt: '2022-05-06T00:00:00.000Z',
        },
        { asset: 'DOGE', quantity: '2', price: null, valueUsd: null, priceSource: null, pricedAt: null },
        { asset: 'USD', quantity: '1296', price: '1', priceSource: 'cash' },
      ],
      unpriced: [{ venue: 'coinbase', asset: 'DOGE', quantity: '2' }],
    });
    expect((await document('--database', '@book.sqlite', '--at', '2022-01-01')).valuation).toBeNull();
    const { out } = await run('--database', '@book.sqlite', '--at', 'now');
    expect(out).toMatch(/^1576\.00 USD at 2022-05-06/);
    expect(out).toMatch(/no price, in no value: 2 DOGE at coinbase\n/);
    expect(out).toMatch(/coinbase did not agree with the book: as of 2022-05-05T06/);
  });

  it('keeps what was recorded, and takes its prices where a file has none', async () => {
    await book();
    const { db, close } = await folder.file();
    const recorded = makeValuation(
      {
        atMs: on('2022-05-03', '00:00:02'),
        venues: [{ venue: 'coinbase', isCertified: true, certifiedAtMs: 1 }],
        holdings: [{ venue: 'coinbase', asset: 'BTC', quantity: a('2') }],
        strategies: [],
      },
      () => ({ price: a('77'), source: 'coinbase BTC-USD', atMs: on('2022-05-03', '00:00:00') }),
    );
    const origin = { origin: 'recorded', transactionSequence: 2, beforeTransaction: null } as const;
    await saveValuation(db, recorded, { ...origin, tier: 'daily' });
    await close();
    const done = await document('backfill', '--config', '@trueup.json', '--to', '2022-05-04');
    expect(done).toMatchObject({ added: 2, present: 1, unpriced: {} });
    const { valuations } = await document(...LISTED, '--parts');
    expect(valuations.map((each: { valueUsd: string }) => each.valueUsd)).toEqual(['1000', '154', '953']);
    expect(valuations.at(-1).holdings[0]).toMatchObject({ price: '77', priceSource: 'coinbase BTC-USD' });
  });

  it('leaves out what lacks a price that is known of other times, until prices fill it', async () => {
    await book();
    writeFileSync(folder.path('some.csv'), 'at,asset,price\n2022-05-03,BTC,110\n');
    const some = ['backfill', '--config', '@trueup.json', '--to', '2022-05-06', '--prices', '@some.csv'];
    // Before anything of it was held, on its day, and for a day.
    expect(await document(...some)).toMatchObject({ added: 3, skipped: 3, gaps: { BTC: 3 }, unpriced: {} });
    expect(await document(...BACKFILL)).toMatchObject({ added: 3, present: 3, skipped: 0 });
  });

  it('reckons what was backfilled again where it is told to, and nothing else', async () => {
    await book();
    await document(...BACKFILL);
    writeFileSync(folder.path('other.csv'), CLOSES.replaceAll(',110', ',111').concat('2022-05-06,DOGE,3\n'));
    const other = [...BACKFILL.slice(0, -1), '@other.csv'];
    expect(await document(...other)).toMatchObject({ added: 0, present: 6 });
    expect(await document(...other, '--anew')).toMatchObject({ added: 6, present: 0, incomplete: 1 });
    const { valuations } = await document(...LISTED);
    expect(valuations[1].valueUsd).toBe('1021');
    expect(valuations.at(-1).valueUsd).toBe('1582');
  });

  it('shows a table to people', async () => {
    await book();
    await document(...BACKFILL);
    const { out } = await run(...LISTED);
    expect(out).toMatch(/At +Kept +Origin +Value USD +Complete\n/);
    expect(out).toMatch(/2022-05-06T00:00:00.000Z +daily +backfilled +1576.00 +no\n$/);
  });

  it('goes back thirty days from --to, and says in which time there is none', async () => {
    await book();
    await document(...BACKFILL);
    const { valuations } = await document('--database', '@book.sqlite', '--to', '2022-05-06');
    expect(valuations.at(-1)).toMatchObject({ at: '2022-05-06T00:00:00.000Z' });
    const { out } = await run('--database', '@book.sqlite', '--to', '2022-01-31');
    expect(out).toBe(
      'no valuations from 2022-01-01T00:00:00.000Z to 2022-01-31T00:00:00.000Z; "--at now" shows the newest\n',
    );
  });

  it('does not backfill beside a service', async () => {
    await book();
    const database = await folder.file();
    const ports = { clock: systemClock, processId: process.pid, onLost: () => {} };
    const ownership = await takeOwnership(database, ports);
    try {
      const { exitCode, err } = await run(...BACKFILL);
      expect([exitCode, err]).toEqual([1, expect.stringContaining('the book is owned by process')]);
    } finally {
      await ownership.release();
    }
  });

  it.each<[readonly string[], string]>([
    [['--database', '@book.sqlite', '--at', 'now', '--from', '7d'], 'found both'],
    [['--database', '@book.sqlite', '--parts'], 'expected --json'],
    [['--database', '@book.sqlite', '--from', '2022-05-09', '--to', '2022-05-01'], 'a time before --to'],
    [['--database', '@book.sqlite', '--from', 'yesterday'], '--from: expected a time such as'],
    [['backfill', '--database', '@book.sqlite'], 'expected --config, found --database'],
    [['backfill', '--config', '@trueup.json', '--at', 'now'], 'alone beside --config'],
    [['backfill', '--config', '@trueup.json', '--prices', '@none.csv'], 'found ENOENT'],
    [
      ['backfill', '--config', '@trueup.json', '--prices', '@bad.csv'],
      'bad.csv: line 3: price: expected a price above',
    ],
    [
      ['backfill', '--config', '@trueup.json', '--prices', '@twice.csv'],
      'twice.csv: line 4: expected one price of BTC at one time, 1, found 2',
    ],
    [['backfill', '--config', '@trueup.json', '--prices', '@bad.json'], 'bad.json: [0]: at: expected a time'],
    [['backfill', '--config', '@trueup.json', '--prices', '@trueup.json'], 'expected at,asset,price'],
  ])('refuses %j', async (words, problem) => {
    await book();
    writeFileSync(folder.path('bad.csv'), 'at,asset,price\n2022-05-01,BTC,1\n2022-05-01,BTC,-1\n');
    const twice = 'at,asset,price\n2022-05-01,BTC,1\n2022-05-01T00:00:00Z,BTC,1.0\n2022-05-01,BTC,2\n';
    writeFileSync(folder.path('twice.csv'), twice);
    writeFileSync(folder.path('bad.json'), '[{"at": "soon", "asset": "BTC", "price": "1"}]');
    const { exitCode, err } = await run(...words);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(problem)]);
  });
});
