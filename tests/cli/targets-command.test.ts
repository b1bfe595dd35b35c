import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readAudit } from '../../db/audit-repository.ts';
import { openDatabaseReadOnly } from '../../db/database.ts';
import { registerAudit } from '../../src/cli/audit-command.ts';
import { registerConfig } from '../../src/cli/config-command.ts';
import { registerPlan } from '../../src/cli/plan-command.ts';
import { registerReconcile } from '../../src/cli/reconcile-command.ts';
import { registerReplay } from '../../src/cli/replay-command.ts';
import { registerRun } from '../../src/cli/run-command.ts';
import { registerTargets } from '../../src/cli/targets-command.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { servedCoinbase } from '../support/served-coinbase.ts';
import { DatabaseFolder } from '../support/temporary-database.ts';
import { type RunInProcessOptions, runInProcess, type Started, startInProcess } from './command-line.ts';

const commands = [
  registerConfig,
  registerTargets,
  registerRun,
  registerPlan,
  registerReconcile,
  registerAudit,
  registerReplay,
];
const DAY_MS = 86_400_000;

let folder: DatabaseFolder;
let world: Awaited<ReturnType<typeof servedCoinbase>>;
const started: Started[] = [];

beforeEach(async () => {
  folder = new DatabaseFolder();
  world = await servedCoinbase();
});
afterEach(async () => {
  for (const command of started.splice(0)) {
    command.stop();
    await command.ended;
  }
  await world.server.close();
  await folder.clean();
});

const STRATEGIES = {
  strategies: [
    { id: 'trend', weight: '0.5', mix: { BTC: '0.6', ETH: '0.2' } },
    { id: 'ethBreakout', weight: '0.3' },
  ],
  cash: '0.2',
};

function configure(more: object): void {
  const changes = { database: 'book.sqlite', ...world.configuration({ more }) };
  writeFileSync(folder.path('trueup.json'), JSON.stringify(changes));
}

const wordsOf = (words: string): string[] =>
  words.split(' ').map((word) => (word === 'CONFIG' ? folder.path('trueup.json') : word));
const run = (words: string, options: RunInProcessOptions = {}) =>
  runInProcess(wordsOf(words), { commands, environment: world.environment, ...options });
const documentOf = ({ out }: { readonly out: string }) => JSON.parse(out);

/** Forty days that ended at the last midnight, or so many days before. */
function writeReturns(name: string, daysAgo = 0): void {
  const firstMs = (Math.floor(systemClock.now() / DAY_MS) - 40 - daysAgo) * DAY_MS;
  const rows = Array.from({ length: 40 }, (_, index) => {
    const day = new Date(firstMs + index * DAY_MS).toISOString().slice(0, 10);
    return `${day},${Math.sin(index * 1.3) / 50},${Math.sin(index * 1.7 + 1) / 25}\n`;
  });
  writeFileSync(folder.path(name), `day,BTC,ETH\n${rows.join('')}`);
}

describe('trueup targets', () => {
  it('shows who wants what, the caps that bound, and what needs a confirmation, without a book', async () => {
    configure({ ...STRATEGIES, caps: { assets: { ETH: { maxWeight: '0.35' } } } });
    const document = documentOf(await run('targets --config CONFIG --json'));
    expect(document).toMatchObject({
      targets: {
        state: 'resolved',
        record: {
          method: 'threshold',
          confidence: 0.6,
          bound: [{ of: 'assets', group: 'ETH', reason: 'capped' }],
        },
      },
      live: { state: 'refused', reason: expect.stringContaining('trueup targets confirm ethBreakout ETH') },
      tokens: [
        { strategy: 'trend', asset: 'BTC', source: 'configuration', needsConfirmation: false },
        { strategy: 'trend', asset: 'ETH' },
        { strategy: 'ethBreakout', asset: 'ETH', source: 'name', needsConfirmation: true },
      ],
    });
    const { targets } = document.targets.record;
    expect(targets.ETH).toBe(350_000);
    expect(targets.BTC + targets.ETH + targets.CASH).toBe(1_000_000);
    const { out, exitCode } = await run('targets --config CONFIG');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^ethBreakout {2}ETH {2} +\d+$/m);
    expect(out).toMatch(/ETH +350000 {2}at its cap/);
    expect(out).toContain('needs a confirmation');
  });

  it('says that there are none, and why none can be derived', async () => {
    configure({});
    expect(await run('targets --config CONFIG')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('no targets are configured'),
    });
    configure({ ...STRATEGIES, method: { kind: 'risk_parity', returns: { file: 'returns.csv' } } });
    expect(await run('targets --config CONFIG')).toMatchObject({
      exitCode: 3,
      out: expect.stringContaining('RETURNS_UNKNOWN\n  returns.csv: expected daily returns for risk_parity'),
    });
    writeReturns('returns.csv');
    const { targets } = documentOf(await run('targets --config CONFIG --json')).targets.record;
    expect(targets.BTC).toBeGreaterThan(targets.ETH);
  });

  it('are confirmed by a person, who is asked, with and without a running service', async () => {
    configure(STRATEGIES);
    const nobody = await run('targets confirm ethBreakout ETH --config CONFIG');
    expect(nobody).toMatchObject({ exitCode: 2, err: expect.stringContaining('expected --yes') });
    const no = await run('targets confirm ethBreakout ETH --config CONFIG', { typed: ['no'] });
    expect(no).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('its name contains the word "eth"'),
    });
    const yes = await run('targets confirm ethBreakout ETH --config CONFIG', { typed: ['ETH'] });
    expect(yes).toMatchObject({ exitCode: 0, out: 'ethBreakout trades ETH: confirmed\n' });
    expect(documentOf(await run('targets --config CONFIG --json'))).toMatchObject({
      live: { state: 'traded' },
      tokens: [{}, {}, { needsConfirmation: false, confirmation: { by: 'person:tester' } }],
    });
    const again = await run('targets confirm ethBreakout ETH --config CONFIG --yes --json');
    expect(again.exitCode).toBe(1);
    expect(documentOf(again).error.message).toContain('ETH of ethBreakout needs no confirmation');
    configure({ strategies: [...STRATEGIES.strategies, { id: 'btcCarry', weight: '0.2' }] });
    const service = startInProcess(wordsOf('run --config CONFIG'), {
      commands,
      environment: world.environment,
    });
    started.push(service);
    await service.said('running in');
    expect(await run('targets confirm btcCarry BTC --config CONFIG --yes --json')).toMatchObject({
      exitCode: 0,
    });
    const after = documentOf(await run('targets --config CONFIG --json'));
    expect(after.live).toEqual({ state: 'traded' });
    expect((await run('targets confirm btcCarry DOGE --config CONFIG --yes')).err).toContain(
      'expected one of BTC, found DOGE',
    );
  });
});

describe('trueup plan', () => {
  it('says how its targets came about, and of one asset whose they are', async () => {
    configure({ ...STRATEGIES, method: { kind: 'risk_parity', returns: { file: 'returns.csv' } } });
    writeReturns('returns.csv');
    await run('reconcile --config CONFIG');
    const { out } = await run('plan --config CONFIG');
    expect(out).toMatch(
      /targets: risk_parity over assets, from strategies of the configuration; returns.csv, 40 days to/,
    );
    expect(out).toContain('ethBreakout: no mix is configured; equal parts of ETH');
    const why = await run('plan --config CONFIG --why ETH');
    expect(why.out).toMatch(/of it: trend \d+ ppm, ethBreakout \d+ ppm/);
    const document = documentOf(await run('plan --config CONFIG --json'));
    expect(document.targeting).toMatchObject({ method: 'risk_parity', confidence: 0.6 });
  });

  it('knows what moves together by the file of returns as it is now, and says why where it does not', async () => {
    configure({
      targets: { BTC: '0.1', ETH: '0.85', CASH: '0.05' },
      rebalancing: { returnsFile: 'returns.csv', bands: 'optimal', triggers: { bands: true } },
      limits: { maxClusterPct: '90' },
    });
    await run('reconcile --config CONFIG');
    const planned = async () => {
      const { plan, targeting, reason } = documentOf(await run('plan --config CONFIG --json'));
      const sides = plan?.orders.map(({ side }: { readonly side: string }) => side) ?? reason;
      return { sides: new Set(sides), notes: targeting?.notes };
    };
    expect(await planned()).toEqual({
      sides: new Set(['sell']),
      notes: [expect.stringContaining('returns.csv: expected daily returns of every group, found none')],
    });
    writeReturns('returns.csv', 40);
    expect(await planned()).toEqual({
      sides: new Set(['sell']),
      notes: [expect.stringMatching(/returns.csv: expected returns that end at most 30 days ago, found 40/)],
    });
    writeReturns('returns.csv');
    expect(await planned()).toEqual({ sides: new Set(['buy', 'sell']), notes: [] });
  });

  it('follows a file of signals in a running service, whose journal replays without the file', async () => {
    const method = {
      kind: 'signals',
      sources: [{ source: 'desk', asset: 'BTC' }],
      signals: { file: 'signals.json' },
    };
    configure({ ...STRATEGIES, method });
    const signal = { source: 'desk', asset: 'BTC', direction: 'short', strength: 1, confidence: 1 };
    const at = systemClock.now();
    writeFileSync(folder.path('signals.json'), JSON.stringify([{ ...signal, at, expiresAt: at + DAY_MS }]));
    const once = await run(`run --config CONFIG --once --json --journal ${folder.path('j.jsonl')}`);
    // The first round of a venue only opens it.
    expect(once.exitCode).toBe(3);
    // 0.3 of BTC, half of it sold at full conviction.
    expect(documentOf(await run('targets --config CONFIG --json')).targets.record.targets.BTC).toBe(150_000);
    writeFileSync(folder.path('signals.json'), '[]');
    expect(documentOf(await run('targets --config CONFIG --json')).targets.record.targets.BTC).toBe(150_000);
    expect(await run(`replay ${folder.path('j.jsonl')}`)).toMatchObject({ exitCode: 0 });
  });

  it('follows a CSV file of several sources, tells which counted, and keeps their history', async () => {
    const method = {
      kind: 'signals',
      sources: ['desk', 'news', 'web'].map((source) => ({ source, asset: 'BTC' })),
      reach: 1,
      aggregation: { method: 'majority', minSources: 2, limits: { BTC: { minWeight: '0.1' } } },
      signals: { file: 'signals.csv' },
    };
    configure({ ...STRATEGIES, method });
    const at = systemClock.now();
    const row = (source: string, minutesAgo: number, strength: number) =>
      `${source},BTC,short,${strength},1,${at - minutesAgo * 60_000},${at + DAY_MS}`;
    const rows = [
      row('desk', 0, 0.8),
      row('news', 0, 0.6),
      ...[1, 2, 3, 4].map((ago) => row('desk', ago, 0.7)),
    ];
    writeFileSync(
      folder.path('signals.csv'),
      `source,asset,direction,strength,confidence,at,expiresAt\n${rows.join('\n')}\n`,
    );
    await run(`run --config CONFIG --once --json --journal ${folder.path('j.jsonl')}`);
    writeFileSync(folder.path('signals.csv'), 'source,asset,direction,strength,confidence,at,expiresAt\n');
    const { record } = documentOf(await run('targets --config CONFIG --json')).targets;
    // 0.3 of BTC, less 0.7 of it, but not below its limit.
    expect(record.targets).toMatchObject({ BTC: 100_000 });
    expect(record.aggregates).toMatchObject([
      {
        asset: 'BTC',
        view: { direction: 'short', strength: 0.7, confidence: 1 },
        counted: [{ weightPpm: 500_000 }, { weightPpm: 500_000 }],
        ignored: [
          { source: 'web', code: 'silent' },
          { source: 'desk', code: 'replaced', reason: 'a newer one takes the place of 4' },
        ],
      },
    ]);
    const { out } = await run('targets --config CONFIG');
    expect(out).toContain('web on BTC: not counted, silent: it has said nothing yet');
    expect(out).toMatch(/^BTC +short +0\.7 +1 +0 +100000$/m);
    expect(out).toMatch(/^BTC +desk +short +0\.8 +1 +500000 {2}counted$/m);
    expect(await run(`replay ${folder.path('j.jsonl')}`)).toMatchObject({ exitCode: 0 });
  });
});

describe('trueup run', () => {
  it('is told once of a file that serves method and risk, says what it lacks, and its journal needs no file', async () => {
    configure({
      ...STRATEGIES,
      method: { kind: 'risk_parity', returns: { file: 'returns.csv' } },
      rebalancing: { returnsFile: 'returns.csv' },
    });
    const words = `run --config CONFIG --once --json --journal ${folder.path('j.jsonl')}`;
    expect((await run(words)).err).toContain('returns.csv: it cannot be read, ENOENT');
    writeReturns('returns.csv');
    copyFileSync(folder.path(), folder.path('before.sqlite'));
    expect((await run(words)).err).not.toContain('returns.csv');
    rmSync(folder.path('returns.csv'));
    const database = folder.path('before.sqlite');
    expect(await run(`replay ${folder.path('j.jsonl')} --database ${database}`)).toMatchObject({
      exitCode: 0,
    });
    const book = folder.keep(await openDatabaseReadOnly(folder.path()));
    expect(await readAudit(book.db, { afterSequence: 0, limit: 10, kind: 'returnsRead' })).toMatchObject([
      { body: { state: 'unread', uses: ['targets', 'covariance'] } },
      { body: { state: 'read', observations: 40, uses: ['targets', 'covariance'] } },
    ]);
  });
});

describe('trueup config check', () => {
  it('tells what is wrong with files of returns, which is no problem of the configuration', async () => {
    configure({
      ...STRATEGIES,
      method: { kind: 'risk_parity', returns: { file: 'returns.csv' } },
      rebalancing: { returnsFile: 'returns.csv' },
    });
    const check = async () => {
      const checked = await run('config check CONFIG --json');
      return { exitCode: checked.exitCode, problems: documentOf(checked).fileProblems };
    };
    expect(await check()).toEqual({ exitCode: 0, problems: ['returns.csv: it cannot be read, ENOENT'] });
    writeReturns('returns.csv', 10);
    expect(await check()).toEqual({
      exitCode: 0,
      problems: [
        expect.stringMatching(/^returns.csv: expected returns that end at most 3 days ago, found 10/),
      ],
    });
    writeReturns('returns.csv', 40);
    expect((await check()).problems).toEqual([
      expect.stringContaining('at most 3 days ago, found 40'),
      expect.stringContaining('at most 30 days ago, found 40'),
    ]);
    expect((await run('config check CONFIG')).out).toContain('not used yet  returns.csv: expected returns');
    writeReturns('returns.csv');
    expect((await check()).problems).toEqual([]);
  });
});
