import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readEventHistory, recordBookEvent } from '../../db/book-event-repository.ts';
import { registerAttribution } from '../../src/cli/attribution-command.ts';
import { registerValuations } from '../../src/cli/valuations-command.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { decideBookEvent } from '../../src/domain/book/post-event.ts';
import { amount } from '../../src/domain/money/amount.ts';
import { deposited, filled, RULES } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { runInProcess } from './command-line.ts';

const a = amount;
let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

const on = (day: string): number => Date.parse(`${day}T12:00:00Z`);
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

/** DOGE has no price. */
const HAPPENED: readonly BookEvent[] = [
  usd('d1', '2022-05-01', '1000'),
  bought('f1', '2022-05-02', 'BTC', '100'),
  usd('d2', '2022-05-04', '500'),
  bought('f2', '2022-05-05', 'DOGE', '1'),
];
const CLOSES = [3, 4, 5, 6].map((day) => `2022-05-0${day},BTC,${80 + 10 * day}`);

const run = (...words: readonly string[]) =>
  runInProcess(
    words.map((word) => (word.startsWith('@') ? folder.path(word.slice(1)) : word)),
    { commands: [registerAttribution, registerValuations] },
  );

async function book(): Promise<void> {
  const { db, close } = await folder.file();
  for (const event of HAPPENED) {
    const decision = decideBookEvent(event, { ...RULES, ...(await readEventHistory(db, event)) });
    await recordBookEvent(db, event, decision, event.atMs);
  }
  await close();
  writeFileSync(folder.path('trueup.json'), JSON.stringify({ database: 'book.sqlite', venues: [] }));
  writeFileSync(folder.path('closes.csv'), `at,asset,price\n${CLOSES.join('\n')}\n`);
}

async function valuedBook(): Promise<void> {
  await book();
  const backfill = ['backfill', '--config', '@trueup.json', '--to', '2022-05-06', '--prices', '@closes.csv'];
  expect((await run('valuations', ...backfill)).exitCode).toBe(0);
}

async function document(...words: readonly string[]) {
  const { exitCode, out, err } = await run('attribution', ...words, '--json');
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
}

describe('trueup attribution of a book', () => {
  it('tells what each asset gained from valuation to valuation, deposits and what has no price left out', async () => {
    await valuedBook();
    const { chains, ...told } = await document('--database', '@book.sqlite');
    expect(told.database).toBe(folder.path('book.sqlite'));
    expect(chains).toHaveLength(1);
    expect(
      chains[0].periods.map((period: Record<string, unknown>) => [
        period.from,
        period.base,
        period.gain,
        period.unpriced,
      ]),
    ).toEqual([
      ['2022-05-02T00:00:00.000Z', '1000', '19', []],
      ['2022-05-03T00:00:00.000Z', '1019', '20', []],
      // Valued right before the deposit.
      ['2022-05-04T00:00:00.000Z', '1039', '0', []],
      ['2022-05-04T12:00:00.000Z', '1539', '20', []],
      ['2022-05-05T00:00:00.000Z', '1559', '19', ['DOGE']],
    ]);
    const [first] = chains[0].periods;
    expect(first.gains).toEqual([
      { name: 'BTC', price: '20', fees: '-1', slippage: '0', funding: '0', cash: '0' },
      { name: 'USD', price: '0', fees: '0', slippage: '0', funding: '0', cash: '0' },
    ]);
    expect(first.untold).toEqual({ slippageOfTrades: 1, feesOfTrades: 0 });
    expect(told.rebalancing).toMatchObject({
      rebalances: [],
      cumulative: {
        // Cash alone would have stayed what it was; what was paid for DOGE counts as gone from the day's beginning.
        premium: { actual: expect.closeTo((1039 / 1000) * (1559 / 1539) * (1576 / 1557) - 1, 14), hold: 0 },
        counted: 0,
      },
    });
    expect(told.return).toBeCloseTo((1039 / 1000) * (1559 / 1539) * (1578 / 1559) - 1, 14);
  });

  it('tells what venues gained, over a span', async () => {
    await valuedBook();
    const span = ['--from', '2022-05-03', '--to', '2022-05-04'];
    const told = await document('--config', '@trueup.json', '--by', 'venue', ...span);
    expect(told.contributions).toMatchObject([{ name: 'coinbase', price: expect.closeTo(20 / 1019, 15) }]);
  });

  it('names what it needs where there are too few valuations', async () => {
    await book();
    const { exitCode, out } = await run('attribution', '--database', '@book.sqlite');
    expect([exitCode, out]).toEqual([
      3,
      expect.stringContaining('expected two valuations at least in the span, found 0'),
    ]);
    const { out: json } = await run('attribution', '--database', '@book.sqlite', '--json');
    expect(JSON.parse(json)).toMatchObject({ return: null, reason: expect.stringContaining('found 0') });
  });

  it.each<[readonly string[], string]>([
    [[], 'expected --config or --database, found neither'],
    [['--input', '@closes.csv', '--database', '@book.sqlite'], 'found several'],
    [['--input', '@closes.csv', '--from', '7d'], 'with a book alone, found --input'],
    [['--database', '@book.sqlite', '--from', '2022-05-09', '--to', '2022-05-01'], 'a time before --to'],
  ])('refuses %j', async (words, problem) => {
    await book();
    const { exitCode, err } = await run('attribution', ...words);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(problem)]);
  });
});
