import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EXECUTION_DEFAULTS } from '../../src/app/portfolio/service-settings.ts';
import { CSV_COLUMNS } from '../../src/app/rebalancing/export-rebalances.ts';
import { registerRebalances } from '../../src/cli/rebalances-command.ts';
import { amount } from '../../src/domain/money/amount.ts';
import type { RebalanceRecord } from '../../src/domain/rebalancing/history/rebalance-record.ts';
import { DEFAULT_LIMITS } from '../../src/domain/rebalancing/plan-input.ts';
import { MINUTE_MS, openWorld, type World } from '../support/reconciliation-world.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { type RunInProcessOptions, runInProcess } from './command-line.ts';

const folder = new DatabaseFolder();
let world: World;
let told: readonly RebalanceRecord[];

/** A service that owns the book all the while, with a rebalance that was refused by hand and one whose sell filled partly. */
beforeAll(async () => {
  world = await openWorld({
    database: folder.path(),
    settings: {
      targets: { BTC: '0.4', ETH: '0.4', CASH: '0.2' },
      limits: { ...DEFAULT_LIMITS, maxOrderUsd: amount('40000'), maxSlippageBps: amount('50') },
      // What came short stays so, for the table to show.
      execution: { ...EXECUTION_DEFAULTS, replansMax: 0 },
    },
  });
  await world.pass(MINUTE_MS);
  const ask = (requestId: string, approval: 'ask' | 'approved', reason: string) =>
    world.harness.send({
      to: 'rebalancing',
      message: { type: 'rebalancing.requested', requestId, approval, reason },
    });
  await ask('r-1', 'ask', '=HYPERLINK("http://example.test"),\n"x"');
  await world.pass(MINUTE_MS);
  const [made] = world.events('planMade');
  const planHash = made?.plan.hash ?? '';
  await world.harness.send({
    to: 'rebalancing',
    message: { type: 'rebalancing.planDecided', planHash, decision: 'reject', by: 'person:a' },
  });
  world.venue.limitNextFill(amount('0.4'));
  await ask('r-2', 'approved', 'drift');
  await world.pass(5 * MINUTE_MS);
  const { out } = await run('rebalances --database DATABASE --json');
  told = JSON.parse(out).rebalances;
});
afterAll(async () => {
  await world.close();
  await folder.clean();
});

const run = (words: string, options: RunInProcessOptions = {}) =>
  runInProcess(
    words.split(' ').map((word) => (word === 'DATABASE' ? folder.path() : word)),
    { commands: [registerRebalances], ...options },
  );

describe('trueup rebalances', () => {
  it('tells each in a line, newest first, beside the owner', async () => {
    const { exitCode, out } = await run('rebalances --database DATABASE');
    expect(exitCode).toBe(0);
    const [heading, newest, oldest] = out.trim().split('\n');
    expect(heading).toMatch(/^Id +At +Mode +Filled +Drift +Expected +Realised +End +Why$/);
    expect(newest).toMatch(/demo +2\/2 +\d+\.\d+ % → \d+\.\d+ % +\d+\.\d+ +\d+\.\d+ +done +bot: drift$/);
    expect(oldest).toMatch(/demo +0\/\d+ +\d+\.\d+ % → unknown +0\.00 +0\.00 +rejected/);
    expect(told.map(({ requestId }) => requestId)).toEqual(['r-2', 'r-1']);
    expect(
      JSON.parse((await run('rebalances --database DATABASE --last 1 --json')).out).rebalances,
    ).toHaveLength(1);
    const late = await run('rebalances --database DATABASE --since 2099-01-01');
    expect(late.out).toBe('no rebalance was asked for yet\n');
  });

  it('tells one in full by the beginning of its id or of its plan', async () => {
    const [{ id, plan }] = told as [RebalanceRecord];
    for (const beginning of [id.slice(0, 8), plan?.hash.slice(0, 8)]) {
      const { exitCode, out } = await run(`rebalances ${beginning} --database DATABASE`);
      expect(exitCode).toBe(0);
      expect(out).toContain(id);
      expect(out).toMatch(/partlyFilled/);
      expect(out).toMatch(/^realised +\d+\.\d+ USD: \d+\.\d+ against the mid price and \d+\.\d+ of fees/m);
    }
    const document = JSON.parse((await run(`rebalances ${id} --database DATABASE --json`)).out);
    expect(document.rebalance).toEqual(told[0]);
    expect(await run('rebalances 00000000 --database DATABASE')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('no rebalance and no plan of one begins with 00000000'),
    });
  });

  it.each([
    ['--last 0', '--last: expected a whole number from 1 to 1000, found "0"'],
    ['--since soon', '--since: expected a time such as'],
    ['--export a.csv', 'expected --export with --format'],
    ['--export no/such/folder/a.csv --format csv', 'expected a file in a folder that exists'],
    ['--export a.csv --format csv --last 3', '--export writes all'],
    ['--yes', '--yes: expected --export'],
    ['3f2a91 --last 3', 'expected an id, or'],
  ])('refuses %s', async (words, reason) => {
    expect(await run(`rebalances ${words} --database DATABASE`)).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining(reason),
    });
  });
});

describe('trueup rebalances --export', () => {
  it('writes a row an order that a spreadsheet does not run, under the documented header', async () => {
    const file = folder.path('rebalances.csv');
    const { exitCode, out } = await run(`rebalances --database DATABASE --export ${file} --format csv`);
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: `2 rebalances written to ${file}\n` });
    const [header, ...rows] = parseCsv(readFileSync(file, 'utf8'));
    expect(header).toEqual(CSV_COLUMNS);
    const documented = readFileSync('docs/OPERATING.md', 'utf8');
    expect(CSV_COLUMNS.filter((column) => !documented.includes(`\`${column}\``))).toEqual([]);
    const orders = told.toReversed().flatMap(({ plan }) => plan?.orders ?? []);
    expect(rows).toHaveLength(orders.length);
    const cell = (row: readonly string[] | undefined, name: string) => row?.[CSV_COLUMNS.indexOf(name)];
    expect(rows.map((row) => cell(row, 'filledQuantity'))).toEqual(
      orders.map(({ filledQuantity }) =>
        filledQuantity.state === 'known' ? filledQuantity.value : 'unknown',
      ),
    );
    expect(cell(rows[0], 'state')).toBe('rejected');
    expect(cell(rows[0], 'driftAfter')).toBe('unknown');
    // What asks is told before what it says, so that it cannot begin a formula; a line break stays within its quotes.
    expect(cell(rows[0], 'why')).toBe('bot: =HYPERLINK("http://example.test"),\n"x"');
    expect(cell(rows.at(-1), 'realisedCostUsd')).toMatch(/^\d+\.\d+$/);
  });

  it('writes the same as JSON', async () => {
    const file = folder.path('rebalances.json');
    const { out } = await run(`rebalances --database DATABASE --export ${file} --format json --json`);
    expect(JSON.parse(out)).toEqual({ database: folder.path(), rebalances: 2, format: 'json', file });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(told.toReversed());
    const none = folder.path('none.json');
    await run(`rebalances --database DATABASE --export ${none} --format json --since 2099-01-01`);
    expect(JSON.parse(readFileSync(none, 'utf8'))).toEqual([]);
  });

  it.each(['', '-wal', '.head'])(
    'writes over nothing of the book, even with --yes: DATABASE%s',
    async (suffix) => {
      const file = `${folder.path()}${suffix}`;
      const { exitCode, err } = await run(
        `rebalances --database DATABASE --export ${file} --format csv --yes`,
      );
      expect([exitCode, err]).toEqual([2, expect.stringContaining('expected a file that is not the book')]);
      expect((await run('rebalances --database DATABASE --json')).exitCode).toBe(0);
    },
  );

  it('writes over no folder', async () => {
    const file = dirname(folder.path());
    const { exitCode, err } = await run(`rebalances --database DATABASE --export ${file} --format csv --yes`);
    expect([exitCode, err]).toEqual([2, expect.stringContaining('expected a regular file')]);
  });

  it('replaces a file only when told to, and as a whole', async () => {
    const file = folder.path('kept.csv');
    writeFileSync(file, 'mine');
    const words = `rebalances --database DATABASE --export ${file} --format csv`;
    expect(await run(words)).toMatchObject({ exitCode: 2, err: expect.stringContaining('expected --yes') });
    expect(await run(words, { typed: ['no'] })).toMatchObject({ exitCode: 1 });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    // What cannot be read leaves the file as it was, and nothing beside it.
    const nowhere = `rebalances --database ${folder.path('none.sqlite')} --export ${file} --format csv --yes`;
    expect((await run(nowhere)).exitCode).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await run(words, { typed: ['replace'] })).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^"rebalance",/);
    writeFileSync(file, 'mine');
    expect((await run(`${words} --yes`)).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^"rebalance",/);
    expect(readdirSync(dirname(file)).filter((name) => name.includes('unfinished'))).toEqual([]);
    expect(existsSync(folder.path('none.sqlite'))).toBe(false);
  });
});

/** RFC 4180, every value quoted. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  for (let at = 0; at < text.length; ) {
    const row: string[] = [];
    do {
      if (text[at] !== '"') throw new Error(`a value is quoted at ${at}: ${text.slice(at, at + 20)}`);
      const value = /^"((?:[^"]|"")*)"/.exec(text.slice(at));
      if (!value) throw new Error(`a value ends at ${at}`);
      row.push((value[1] ?? '').replaceAll('""', '"'));
      at += value[0].length;
    } while (text[at++] === ',');
    rows.push(row);
  }
  return rows;
}
