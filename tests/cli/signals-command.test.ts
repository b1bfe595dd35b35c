import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerSignals } from '../../src/cli/signals-command.ts';
import { runInProcess } from './command-line.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-signals-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const signal = (source: string, more: object = {}) => ({
  source,
  asset: 'BTC',
  direction: 'long',
  strength: 0.8,
  confidence: 0.5,
  at: '2026-01-31T12:00:00Z',
  expiresAt: '2026-02-01T12:00:00Z',
  ...more,
});
const FILE = {
  asOf: '2026-01-31T12:00:00Z',
  signals: [
    signal('desk'),
    signal('news', { direction: 'short', strength: 0.2, at: '2026-01-31T00:00:00Z' }),
    signal('desk', { asset: 'ETH', direction: 'short', strength: 1, confidence: 1 }),
    signal('news', { asset: 'ETH', at: '2026-01-30T00:00:00Z', expiresAt: '2026-01-31T12:00:00Z' }),
  ],
  aggregation: {
    halfLifeSeconds: 43_200,
    sources: { desk: { weight: 1.5 }, web: {} },
    limits: { BTC: { maxWeight: '0.45' } },
  },
  targets: { BTC: '0.4', ETH: '0.3', CASH: '0.3' },
  reach: 1,
  minCash: '0.05',
};
const HEADER = 'source,asset,direction,strength,confidence,at,expiresAt';

async function signals(content: unknown, ...more: readonly string[]) {
  const name =
    typeof content === 'string' && content.startsWith(HEADER.slice(0, 6)) ? 'signals.csv' : 'signals.json';
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  const ended = await runInProcess(['signals', '--input', path, ...more], { commands: [registerSignals] });
  const err = ended.err.replaceAll(`${folder}/`, '');
  return {
    ...ended,
    problems: err
      .split('\n')
      .slice(1, -1)
      .map((line) => line.trim()),
  };
}

async function aggregated(content: unknown, ...more: readonly string[]) {
  const { exitCode, out, err } = await signals(content, '--json', ...more);
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
}

describe('trueup signals --input', () => {
  it('reads numbers as numbers or as text, and dates as their beginning, to the same', async () => {
    const day = (text: string) => ({ at: `${text}T00:00:00Z`, expiresAt: '2026-02-03T00:00:00Z' });
    const file = {
      asOf: '2026-02-01T00:00:00Z',
      signals: [signal('desk', day('2026-01-30')), signal('news', { ...day('2026-01-31'), strength: 0.25 })],
      targets: { BTC: '0.4', CASH: '0.6' },
      minCash: '0.05',
    };
    const other = {
      asOf: '2026-02-01',
      signals: file.signals.map((each) => ({
        ...each,
        at: each.at.slice(0, 10),
        expiresAt: '2026-02-03',
        strength: String(each.strength),
        confidence: String(each.confidence),
      })),
      targets: { BTC: 0.4, CASH: 0.6 },
      minCash: 0.05,
    };
    expect(await aggregated(other)).toEqual(await aggregated(file));
  });

  it('says of each asset the view, who counted with which weight, who did not and why, and the target', async () => {
    const document = await aggregated(FILE);
    // Weights of 1.5 and 0.5: 0.75·0.8 long, 0.25·0.2 short; confidence 0.75·0.5 + 0.25·0.5·0.5.
    expect(document).toMatchObject({
      asOf: '2026-01-31T12:00:00.000Z',
      method: 'weighted',
      assets: [
        {
          asset: 'BTC',
          direction: 'long',
          strength: 0.55,
          confidence: 0.4375,
          noView: null,
          conflict: 0.153846,
          counted: [
            { source: 'desk', weightPpm: 750_000, factors: { source: 1.5, decay: 1 }, dampings: [] },
            { source: 'news', weightPpm: 250_000, score: -0.2, factors: { source: 1, decay: 0.5 } },
          ],
          ignored: [],
          unassignedPpm: 0,
          targetPpm: 450_000,
        },
        {
          asset: 'ETH',
          direction: 'short',
          strength: 1,
          ignored: [{ source: 'news', code: 'expired', reason: 'expired 0 s ago', weightPpm: 0 }],
          targetPpm: 0,
        },
      ],
      targets: { BTC: 450_000, ETH: 0, CASH: 550_000 },
      notes: ['news on ETH: not counted, expired 0 s ago'],
      unheard: ['web'],
    });
    const shuffled = { ...FILE, signals: [...FILE.signals.toReversed(), FILE.signals[0]] };
    expect(await aggregated(shuffled)).toEqual(document);
  });

  it('prints the same for people', async () => {
    const { out } = await signals(FILE, '--max-source-weight', '0.6');
    expect(out).toMatch(/^BTC {4}long +0\.4 +0\.4 /m);
    expect(out).toMatch(/^CASH +\d+$/m);
    expect(out).toMatch(/^ETH {4}news {6}long +0\.8 +0\.5 +0 {2}not counted: expired 0 s ago$/m);
    expect(out).toMatch(/^ETH {4}\(nobody\) +400000 {2}left by caps and damping$/m);
    expect(out).toContain('no signal of web');
    const none = await signals(FILE, '--min-sources', '3');
    expect(none.out).toContain('BTC    no view');
    expect(none.out).toContain('  BTC: expected signals of 3 sources, found 2');
  });

  it('takes rows and a plain list, as of their newest, with equal parts of assets and cash, and flags', async () => {
    const rows = [
      HEADER,
      'desk,BTC,long,1,1,2026-01-31T12:00:00Z,2026-02-01T12:00:00Z',
      'news,BTC,short,1,1,2026-01-31T11:00:00Z,2026-02-01T12:00:00Z',
      'desk,ETH,short,1,1,1769860800000,2026-02-01T12:00:00Z',
      '',
    ].join('\n');
    const document = await aggregated(rows, '--method', 'majority', '--reach', '1');
    expect(document).toMatchObject({
      asOf: '2026-01-31T12:00:00.000Z',
      assets: [
        {
          asset: 'BTC',
          direction: null,
          strength: null,
          confidence: null,
          noView: { code: 'conflict' },
          conflict: 1,
        },
        { asset: 'ETH', direction: 'short' },
      ],
      targets: { BTC: 333_334, ETH: 0, CASH: 666_666 },
    });
    const list = [signal('desk'), signal('news', { direction: 'short', at: '2026-01-31T06:00:00Z' })];
    const flags = ['--as-of', '2026-01-31T18:00:00Z', '--half-life-seconds', '21600', '--max-conflict', '1'];
    const [btc] = (await aggregated(list, ...flags)).assets;
    expect(btc.counted.map(({ factors }: { factors: { decay: number } }) => factors.decay)).toEqual([
      0.5, 0.25,
    ]);
    expect(btc).toMatchObject({ direction: 'long', strength: 0.266667 });
  });

  it.each<[string, unknown, readonly string[], string]>([
    [
      'a strength above 1',
      { signals: [signal('a', { strength: 2 })] },
      [],
      'signals.json: signals[0].strength: expected a fraction between 0 and 1, found 2',
    ],
    [
      'an unknown key',
      { ...FILE, sort: 1 },
      [],
      'signals.json: sort: expected one of "asOf", "signals", "aggregation", "targets", "reach", "minCash", found an unknown key',
    ],
    [
      'an unknown setting',
      { signals: [], aggregation: { halfLife: 1 } },
      [],
      'signals.json: aggregation.halfLife: expected one of "method", "halfLifeSeconds"',
    ],
    [
      'no signals and no time',
      { signals: [] },
      [],
      'signals.json: asOf: expected a time, as there is no signal of which to take it, found nothing',
    ],
    [
      'two of one time',
      { signals: [signal('a'), signal('a', { strength: 0.1 })] },
      [],
      'signals.json: signals[1]: expected one signal of a source on an asset at one time, found another one of a on BTC at 2026-01-31T12:00:00.000Z',
    ],
    [
      'a signal of cash',
      { signals: [signal('a', { asset: 'CASH' })] },
      [],
      'signals.json: signals[0].asset: expected an asset or a group, and not cash, found CASH',
    ],
    [
      'weights that do not sum to 1',
      { ...FILE, targets: { BTC: '0.4' } },
      [],
      'signals.json: targets: expected weights that sum to 1, cash included, found 0.4',
    ],
    [
      'a limit of what has no weight',
      { ...FILE, aggregation: { limits: { SOL: {} } } },
      [],
      'signals.json: aggregation.limits.SOL: expected one of BTC, ETH, found "SOL"',
    ],
    [
      'a wrong flag',
      FILE,
      ['--half-life-seconds', 'soon'],
      '--half-life-seconds: expected a number between 1 and 315360000, found "soon"',
    ],
    [
      'a weight that is none',
      FILE,
      ['--max-source-weight', '2'],
      '--max-source-weight: expected a weight between 0 and 1 as text',
    ],
    ['a time that is none', FILE, ['--as-of', 'noon'], '--as-of: expected a date such as'],
    [
      'no JSON',
      '{',
      [],
      'signals.json: expected text in double quotes at line 1, column 2, found the end of the file',
    ],
    [
      'a row that is none',
      `${HEADER}\na,BTC,up,1,1,1,2\n`,
      [],
      'signals.csv: line 2: direction: expected one of "long", "short", "neutral", found "up"',
    ],
    [
      'two rows of one time',
      `${HEADER}\na,BTC,long,1,1,1,9\na,BTC,short,1,1,1,9\n`,
      [],
      'signals.csv: line 3: expected one signal of a source',
    ],
  ])('refuses %s with its place, and exit code 2', async (_, content, flags, problem) => {
    const { exitCode, problems, out } = await signals(content, ...flags);
    expect([exitCode, out]).toEqual([2, '']);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it('takes names that objects inherit for names like any other', async () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const many = names.flatMap((asset) =>
      names.map((source) => signal(source, { asset, strength: 1, confidence: 1 })),
    );
    const document = await aggregated({ signals: many, targets: { BTC: '0.5', CASH: '0.5' } });
    expect(document.targets).toEqual({ BTC: 500_000, CASH: 500_000 });
    expect(document.assets).toHaveLength(3);
    for (const each of document.assets)
      expect(each).toMatchObject({ direction: 'long', strength: 1, unassignedPpm: 0, targetPpm: 0 });
    const { targets } = await aggregated({ signals: many, reach: 1 });
    expect(Object.entries(targets)).toEqual([
      ['__proto__', 333_334],
      ['constructor', 333_333],
      ['toString', 333_333],
      ['CASH', 0],
    ]);
  });

  it('refuses a file that is not there, and shows examples in its help', async () => {
    const missing = await runInProcess(['signals', '--input', join(folder, 'none.csv'), '--json'], {
      commands: [registerSignals],
    });
    expect(missing.exitCode).toBe(2);
    expect(JSON.parse(missing.out).error.problems).toMatchObject([
      { expected: 'a JSON or CSV file that can be read', found: 'ENOENT' },
    ]);
    const help = await runInProcess(['signals', '--help'], { commands: [registerSignals] });
    expect(help.out).toContain(
      '$ trueup signals --input signals.csv --method majority --min-sources 2 --json',
    );
  });
});
