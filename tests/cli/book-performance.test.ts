import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readEventHistory, recordBookEvent } from '../../db/book-event-repository.ts';
import { registerPerformance } from '../../src/cli/performance-command.ts';
import { registerValuations } from '../../src/cli/valuations-command.ts';
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

const on = (day: number, hour = 12): number => Date.UTC(2022, 4, day, hour);
const usd = (eventId: string, day: number, quantity: string): BookEvent =>
  deposited({ eventId, activityId: eventId, asset: 'USD', amount: a(quantity), atMs: on(day) });
const traded = (id: string, atMs: number, fields: Partial<ReturnType<typeof filled>>): BookEvent =>
  filled({
    eventId: id,
    fillId: id,
    clientOrderId: id,
    atMs,
    base: 'BTC',
    fee: { asset: 'USD', amount: a('1') },
    ...fields,
  });

/** 1000, two BTC for 201, 500 more, 100 to another venue, and one BTC sold for 149. */
const HAPPENED: readonly BookEvent[] = [
  usd('d1', 1, '1000'),
  traded('f1', on(2), { quantity: a('2'), price: a('100') }),
  usd('d2', 4, '500'),
  sent({ asset: 'USD', amount: a('100'), atMs: on(5, 13) }),
  received({ asset: 'USDC', amount: a('100'), atMs: on(5, 14) }),
  traded('f2', on(5, 15), { side: 'sell', quantity: a('1'), price: a('150') }),
];
const CLOSES = [
  'at,asset,price',
  ...[100, 100, 110, 120, 130, 140].map((price, day) => `2022-05-0${day + 1},BTC,${price}`),
].join('\n');

async function book(): Promise<void> {
  const { db, close } = await folder.file();
  for (const event of HAPPENED) {
    const decision = decideBookEvent(event, { ...RULES, ...(await readEventHistory(db, event)) });
    await recordBookEvent(db, event, decision, event.atMs);
  }
  await close();
  writeFileSync(folder.path('trueup.json'), JSON.stringify({ database: 'book.sqlite', venues: [] }));
  writeFileSync(folder.path('closes.csv'), CLOSES);
  const words = ['valuations', 'backfill', '--config', '@trueup.json', '--to', '2022-05-06'];
  expect((await run(...words, '--prices', '@closes.csv')).exitCode).toBe(0);
}

const run = (...words: readonly string[]) =>
  runInProcess(
    words.map((word) => (word.startsWith('@') ? folder.path(word.slice(1)) : word)),
    { commands: [registerPerformance, registerValuations] },
  );

async function document(...words: readonly string[]) {
  const { exitCode, out, err } = await run('performance', ...words, '--json');
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
}

const byScope = ({ scopes }: { readonly scopes: readonly { readonly scope: string }[] }) =>
  Object.fromEntries(scopes.map((each) => [each.scope, each]));
const close = (value: number) => expect.closeTo(value, 12);

describe('trueup performance of a book', () => {
  it('takes no deposit, transfer or trade for a gain', async () => {
    await book();
    const told = await document('--database', '@book.sqlite');
    expect(told).toMatchObject({ by: 'portfolio', valuations: 6, backfilled: 6, uncertified: 6 });
    expect(told.scopes).toMatchObject([
      {
        scope: 'portfolio',
        startUsd: 1000,
        endUsd: 1588,
        netFlowsUsd: 500,
        // The deposit came between 1039 and 1559, of which 1539 were there.
        timeWeightedReturn: close((1039 / 1000) * (1588 / 1539) - 1),
        realisedUsd: '48.5',
        unrealisedUsd: '39.5',
        roundTrips: {
          won: 1,
          lost: 0,
          unknown: 0,
          winRate: 1,
          profitFactor: null,
          profitFactorInfinite: true,
        },
        sharpe: null,
        reasons: { sharpe: '4 returns, at least 30 are needed' },
        unpriced: [],
      },
    ]);
  });

  it('measures each asset by what was paid for it, the fee included, and cash by itself', async () => {
    await book();
    const { BTC, CASH, ...others } = byScope(await document('--database', '@book.sqlite', '--by', 'asset'));
    expect(others).toEqual({});
    expect(BTC).toMatchObject({
      timeWeightedReturn: close((220 / 201) * (240 / 220) * (260 / 240) * ((140 + 149) / 260) - 1),
      netFlowsUsd: close(201 - 149),
      realisedUsd: '48.5',
      unrealisedUsd: '39.5',
    });
    expect(CASH).toMatchObject({ timeWeightedReturn: close(0), realisedUsd: '0' });
  });

  it('takes what moves between venues for a flow of each, and of neither for a gain', async () => {
    await book();
    const { coinbase, solana } = byScope(await document('--config', '@trueup.json', '--by', 'venue'));
    expect(coinbase).toMatchObject({
      endUsd: 1488,
      netFlowsUsd: 400,
      timeWeightedReturn: close((1039 / 1000) * (1559 / 1539) * ((1488 + 100) / 1559) - 1),
    });
    expect(solana).toMatchObject({
      endUsd: 100,
      netFlowsUsd: 100,
      timeWeightedReturn: close(0),
      // Three days and a flow before anything was there are one span.
      valuations: {
        undefinedPeriods: [
          {
            from: '2022-05-02T00:00:00.000Z',
            to: '2022-05-05T00:00:00.000Z',
            reason: 'nothing was there to earn a return',
          },
        ],
      },
    });
  });

  it('keeps to a span, and says why there is nothing', async () => {
    await book();
    const some = await document('--database', '@book.sqlite', '--from', '2022-05-05', '--to', '2022-05-06');
    expect(some.scopes).toMatchObject([
      { startUsd: 1559, netFlowsUsd: 0, timeWeightedReturn: close(1588 / 1559 - 1), realisedUsd: '48.5' },
    ]);
    const last = await document('--database', '@book.sqlite', '--from', '2022-05-06');
    expect(last.scopes).toMatchObject([{ startUsd: 1588, realisedUsd: '0', unrealisedUsd: '39.5' }]);
    const none = await document('--database', '@book.sqlite', '--to', '2022-01-01');
    expect(none.scopes).toMatchObject([
      {
        startUsd: null,
        timeWeightedReturn: null,
        reasons: { timeWeightedReturn: 'fewer than two valuations', xirr: 'fewer than two valuations' },
        roundTrips: { winRate: null, reason: 'no outcomes' },
      },
    ]);
    expect(await document('--database', '@book.sqlite', '--by', 'strategy')).toMatchObject({ scopes: [] });
  });

  it('shows figures to people', async () => {
    await book();
    const { out } = await run('performance', '--database', '@book.sqlite', '--by', 'asset');
    expect(out).toMatch(/^6 valuations, 6 of them backfilled/);
    expect(out).toMatch(/BTC\n0\.00 USD at first, 52\.00 came in, 140\.00 at last\nrealised 48\.50 USD\n/);
    expect(out).toMatch(/round trips: 1 won, 0 lost, 0 of unknown gain\n/);
  });

  it.each<[readonly string[], string]>([
    [[], 'expected --config or --database, found neither'],
    [['--input', 'x.json', '--by', 'asset'], 'found --by as well'],
    [['--input', 'x.json', '--database', '@book.sqlite'], 'found --database as well'],
    [['--database', '@book.sqlite', '--from', '2022-06-01', '--to', '2022-05-01'], 'a time before --to'],
    [['--database', '@book.sqlite', '--by', 'year'], 'Allowed choices are portfolio'],
  ])('refuses %j', async (words, problem) => {
    const { exitCode, err } = await run('performance', ...words);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(problem)]);
  });
});
