import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readEventHistory, recordBookEvent } from '../../db/book-event-repository.ts';
import { registerAttribution } from '../../src/cli/attribution-command.ts';
import { registerPerformance } from '../../src/cli/performance-command.ts';
import { registerReport } from '../../src/cli/report-command.ts';
import { registerValuations } from '../../src/cli/valuations-command.ts';
import type { BookEvent } from '../../src/domain/book/book-event.ts';
import { decideBookEvent } from '../../src/domain/book/post-event.ts';
import { amount } from '../../src/domain/money/amount.ts';
import type { ReportDocument } from '../../src/report/report-document.ts';
import { deposited, filled, RULES } from '../support/book-harness.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { BookRig } from './book-rig.ts';
import { type RunInProcessOptions, runInProcess } from './command-line.ts';

const a = amount;
let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.clean());

const on = (day: number, hour = 12): number => Date.UTC(2022, 4, day, hour);
const usd = (eventId: string, day: number, quantity: string): BookEvent =>
  deposited({ eventId, activityId: eventId, asset: 'USD', amount: a(quantity), atMs: on(day) });
const bought = (id: string, day: number, base: string, quantity: string, price: string): BookEvent =>
  filled({
    eventId: id,
    fillId: id,
    clientOrderId: id,
    atMs: on(day),
    base,
    quantity: a(quantity),
    price: a(price),
    fee: { asset: 'USD', amount: a('1') },
  });

/** 1000 USD, of which two BTC and ETH worth 100 are bought, and 500 more. */
const HAPPENED: readonly BookEvent[] = [
  usd('d1', 1, '1000'),
  bought('f1', 2, 'BTC', '2', '100'),
  bought('f2', 2, 'ETH', '10', '10'),
  usd('d2', 4, '500'),
];
const BTC = [100, 100, 110, 90, 130, 140];
const ETH = [10, 10, 11, 10, 12, 11];
const closesOf = (asset: string, prices: readonly number[]): readonly string[] =>
  prices.map((price, day) => `2022-05-0${day + 1},${asset},${price}`);

async function emptyBook(): Promise<void> {
  const { close } = await folder.file();
  await close();
}

async function book(): Promise<void> {
  const { db, close } = await folder.file();
  for (const event of HAPPENED) {
    const decision = decideBookEvent(event, { ...RULES, ...(await readEventHistory(db, event)) });
    await recordBookEvent(db, event, decision, event.atMs);
  }
  await close();
  writeFileSync(folder.path('trueup.json'), JSON.stringify({ database: 'book.sqlite', venues: [] }));
  const closes = ['at,asset,price', ...closesOf('BTC', BTC), ...closesOf('ETH', ETH)];
  writeFileSync(folder.path('closes.csv'), closes.join('\n'));
  const words = ['valuations', 'backfill', '--config', '@trueup.json', '--to', '2022-05-06'];
  expect((await run([...words, '--prices', '@closes.csv'])).exitCode).toBe(0);
}

const run = (words: readonly string[], options: RunInProcessOptions = {}) =>
  runInProcess(
    words.map((word) => (word.startsWith('@') ? folder.path(word.slice(1)) : word)),
    {
      commands: [registerReport, registerPerformance, registerAttribution, registerValuations],
      ...options,
    },
  );

const report = (words: readonly string[], options: RunInProcessOptions = {}) =>
  run(['report', '--database', '@book.sqlite', ...words], options);

async function documentOf(words: readonly string[]) {
  const { exitCode, out, err } = await run([...words, '--json']);
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
}

const TABLES = [
  'performance',
  'value',
  'drawdown',
  'allocation',
  'attribution',
  'correlation',
  'rebalances',
  'reconciliation',
];
const FILES = ['report.html', ...TABLES.map((table) => `${table}.csv`)];

/** The rows of a table that was written, by the names of its columns. */
function rowsOf(file: string): readonly Readonly<Record<string, string>>[] {
  const [header = [], ...rows] = readFileSync(folder.path(`report/${file}`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell = '']) => cell));
  return rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [header[index] ?? '', cell])));
}

const knownOf = <T>(fact: { readonly state: string; readonly value?: T }): T => {
  expect(fact.state).toBe('known');
  return fact.value as T;
};
const iso = (atMs: number): string => new Date(atMs).toISOString();

describe('trueup report', () => {
  it('writes a page and its tables, and says where', async () => {
    await book();
    const { exitCode, out, err } = await report(['--out', '@report', '--title', 'May <2022>']);
    expect([exitCode, err]).toEqual([0, '']);
    expect(out.trim().split('\n')).toEqual(FILES.map((file) => folder.path(`report/${file}`)));
    expect(readdirSync(folder.path('report')).sort()).toEqual(FILES.toSorted());
    const page = readFileSync(folder.path('report/report.html'), 'utf8');
    expect(page).toContain('<h1>May &lt;2022&gt;</h1>');
    expect(page).toContain('worth <data value="1588">1 588.00</data> USD');
    expect(page).toContain('Not known: too few days of prices: 5 of at least 31');
    expect(page).not.toMatch(/<script|NaN|undefined|\[object/);
  });

  it('has one set of numbers: on the page, in the tables, under --json and in the commands that they are of', async () => {
    await book();
    await report(['--out', '@report']);
    const told: ReportDocument = await documentOf(['report', '--database', '@book.sqlite']);
    const value = knownOf(told.value);
    expect(rowsOf('value.csv')).toEqual(
      value.map((point) => ({
        at: iso(point.atMs),
        value: knownOf(point.value),
        deposited: knownOf(point.deposited),
      })),
    );
    // Midnights from the first purchase of anything on; the deposit of the fourth was there at the next.
    expect(value.map(({ value: worth, deposited }) => [knownOf(worth), knownOf(deposited)])).toEqual([
      ['1000', '1000'],
      ['1028', '1000'],
      ['978', '1000'],
      ['1578', '1500'],
      ['1588', '1500'],
    ]);
    const drawdown = knownOf(told.drawdown);
    expect(rowsOf('drawdown.csv')).toEqual(
      drawdown.map((point) => ({ at: iso(point.atMs), drawdown: String(point.drawdown) })),
    );
    const page = readFileSync(folder.path('report/report.html'), 'utf8');
    const performance = (await documentOf(['performance', '--database', '@book.sqlite'])).scopes[0];
    for (const row of rowsOf('performance.csv')) {
      const own = performance[row.figure ?? ''];
      expect(row).toMatchObject(own === null ? { value: '' } : { value: String(own), reason: '' });
      if (own === null) expect(row.reason).toBe(performance.reasons[row.figure ?? '']);
      else expect(page).toContain(`<data value="${own}">`);
    }
    expect(Math.min(...drawdown.map(({ drawdown: below }) => below))).toBe(performance.maxDrawdown);
    const parts = knownOf(told.attribution);
    const attribution = await documentOf(['attribution', '--database', '@book.sqlite']);
    expect(parts.totalReturn).toBe(attribution.return);
    expect(parts.totalReturn).toBeCloseTo(performance.timeWeightedReturn, 12);
    expect(parts.parts.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(
      parts.totalReturn,
      12,
    );
    expect(rowsOf('attribution.csv')).toEqual(
      parts.parts.map((part) => ({
        part: part.name,
        kind: part.kind,
        contribution: String(part.contribution),
      })),
    );
  });

  it('has the shares of a valuation sum to one, and no target where no plan was made', async () => {
    await book();
    const told: ReportDocument = await documentOf(['report', '--database', '@book.sqlite']);
    const groups = knownOf(told.allocation);
    expect(groups.map(({ group }) => group)).toEqual(['CASH', 'BTC', 'ETH']);
    for (const [index] of (groups[0]?.points ?? []).entries())
      expect(groups.reduce((sum, { points }) => sum + (points[index]?.weight ?? 0), 0)).toBeCloseTo(1, 12);
    expect(groups.flatMap(({ points }) => points).every(({ target }) => target === null)).toBe(true);
  });

  it('keeps to a span', async () => {
    await book();
    const words = ['report', '--database', '@book.sqlite', '--from', '2022-05-05', '--to', '2022-05-06'];
    const told: ReportDocument = await documentOf(words);
    expect([iso(told.fromMs), iso(told.toMs)]).toEqual([
      '2022-05-05T00:00:00.000Z',
      '2022-05-06T00:00:00.000Z',
    ]);
    expect(knownOf(told.value).map(({ deposited }) => knownOf(deposited))).toEqual(['1578', '1578']);
    expect(told.performance.timeWeightedReturn).toMatchObject({ value: expect.closeTo(1588 / 1578 - 1, 12) });
    expect(knownOf(told.attribution).totalReturn).toBeCloseTo(1588 / 1578 - 1, 12);
  });

  it('says why nothing is known of a book without valuations, and is written all the same', async () => {
    await emptyBook();
    expect((await report(['--out', '@report'])).exitCode).toBe(0);
    const page = readFileSync(folder.path('report/report.html'), 'utf8');
    expect(page).toContain('Not known: no valuation was taken in this time');
    expect(page).not.toContain('<svg');
    expect(rowsOf('value.csv')).toEqual([]);
  });

  it('counts what was found and what is still open, also where one look came to a proposal', async () => {
    const rig = await BookRig.open();
    try {
      await rig.differ();
      const { out } = await rig.run('report --database DATABASE --from 1h --json', {
        commands: [registerReport],
      });
      expect(JSON.parse(out).reconciliation).toMatchObject([
        { venue: 'cb', discrepancies: 1, stillOpen: 1, corrections: 0 },
      ]);
    } finally {
      await rig.close();
    }
  });
});

describe('files that are there already', () => {
  const held = (): string => readFileSync(folder.path('report/value.csv'), 'utf8');
  beforeEach(async () => {
    await emptyBook();
    mkdirSync(folder.path('report'));
    writeFileSync(folder.path('report/value.csv'), 'mine');
  });

  it('are left as they were where nobody can be asked, also where it is a table and not the page', async () => {
    const { exitCode, err } = await report(['--out', '@report']);
    expect([exitCode, err]).toEqual([
      2,
      expect.stringContaining('value.csv exists: expected --yes, or a terminal to ask at; found neither'),
    ]);
    expect([held(), readdirSync(folder.path('report'))]).toEqual(['mine', ['value.csv']]);
  });

  it('are left as they were where the answer is another', async () => {
    const { exitCode, err } = await report(['--out', '@report'], { isTerminal: true, typed: ['yes'] });
    expect([exitCode, err]).toEqual([1, expect.stringContaining('was left as it is')]);
    expect([held(), readdirSync(folder.path('report'))]).toEqual(['mine', ['value.csv']]);
  });

  it.each<[string, readonly string[], RunInProcessOptions]>([
    ['a person says so', [], { isTerminal: true, typed: ['replace'] }],
    ['--yes does', ['--yes'], {}],
  ])('are replaced where %s', async (_, words, options) => {
    expect((await report(['--out', '@report', ...words], options)).exitCode).toBe(0);
    expect(held()).toBe('"at","value","deposited"\n');
    expect(readdirSync(folder.path('report'))).toHaveLength(FILES.length);
  });

  it('are left as they were where one cannot be replaced', async () => {
    mkdirSync(folder.path('report/reconciliation.csv'));
    const { exitCode, err } = await report(['--out', '@report', '--yes']);
    expect([exitCode, err]).toEqual([2, expect.stringContaining('expected a regular file, or none')]);
    expect([held(), readdirSync(folder.path('report'))]).toEqual([
      'mine',
      ['reconciliation.csv', 'value.csv'],
    ]);
  });
});

describe('wrong usage of trueup report', () => {
  it.each<[readonly string[], string]>([
    [['--database', '@book.sqlite'], '--out: expected a folder to write into, found none'],
    [['--out', '@new'], 'expected --config or --database, found neither'],
    [['--database', '@book.sqlite', '--out', ''], 'expected a folder, found an empty name'],
    [['--database', '@book.sqlite', '--out', '@note.txt'], 'expected a folder, found a file'],
    [
      ['--database', '@book.sqlite', '--out', '@note.txt/new'],
      'expected a folder that can be written to, or a new one in such, found ENOTDIR',
    ],
    [['--database', '@book.sqlite', '--out', '@none/new'], 'found no folder '],
    [['--database', '@book.sqlite', '--out', '@new', '--from', 'soon'], '--from: expected a time'],
    [['--database', '@book.sqlite', '--out', '@new', '--to', '2022-02-30'], '--to: expected a time'],
    [
      ['--database', '@book.sqlite', '--out', '@new', '--from', '2022-06-01', '--to', '2022-05-01'],
      '--from: expected a time before --to and now',
    ],
    [['--database', '@book.sqlite', '--out', '@new', '--title', ' '], '--title: expected 1 to 200'],
    [['--database', '@book.sqlite', '--out', '@new', '--title', 'x'.repeat(201)], 'found 201'],
  ])('%j is refused, and nothing is written', async (words, problem) => {
    await emptyBook();
    writeFileSync(folder.path('note.txt'), 'a note, and no database');
    const { exitCode, err } = await run(['report', ...words]);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(problem)]);
    expect(existsSync(folder.path('new'))).toBe(false);
    const { out } = await run(['report', ...words, '--json']);
    if (words.includes('--out')) expect(JSON.parse(out)).toHaveProperty('error.kind');
  });

  it.each<[string, string]>([
    ['@none.sqlite', 'there is no database at'],
    ['@note.txt', 'note.txt: file is not a database'],
    ['@', 'expected a database, found a folder'],
  ])('a database that is none, %s, is told of, and nothing is written', async (database, problem) => {
    writeFileSync(folder.path('note.txt'), 'a note, and no database');
    const { exitCode, err } = await run(['report', '--database', database, '--out', '@new']);
    expect([exitCode, err]).toEqual([1, expect.stringContaining(problem)]);
    expect(existsSync(folder.path('new'))).toBe(false);
  });
});
