import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { registerCorrelation } from '../../src/cli/correlation-command.ts';
import { SIX } from '../references/correlation-cases.ts';
import { runInProcess } from './command-line.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-correlation-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(file: unknown, ...words: readonly string[]) {
  const path = join(folder, 'input.json');
  writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file));
  return runInProcess(['correlation', '--input', path, ...words], { commands: [registerCorrelation] });
}
async function document(file: unknown) {
  const { exitCode, out, err } = await run(file, '--json');
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
}
const series = (seed: number) => Array.from({ length: 60 }, (_, t) => Math.sin(seed * (t + 1) ** 1.5) / 50);

describe('trueup correlation', () => {
  it('prints every figure of a matrix, with the shape that docs/CORRELATION.md tells', async () => {
    const told = await document({ ...SIX, linkage: 'ward' });
    expect(told).toMatchObject({
      names: SIX.names,
      correlation: SIX.correlation,
      merges: [
        [0, 1, expect.closeTo(0.3, 12), 2],
        [2, 6, expect.closeTo(0.346410161514, 11), 3],
        [3, 4, expect.closeTo(0.57008771255, 11), 2],
        [5, 8, expect.closeTo(0.689202437605, 11), 3],
        [7, 9, expect.closeTo(0.98319208025, 11), 6],
      ],
      diversificationRatio: expect.closeTo(1.1286782020669233, 13),
      effectiveBets: expect.closeTo(3.0742662718772724, 11),
      impliedCorrelation: expect.closeTo(0.6770022669722048, 13),
      riskLevel: 'high',
      reasons: {},
    });
    expect(told.clusters).toHaveLength(4);
    expect(told.riskContributions[0]).toBeCloseTo(0.46660389621818277, 13);
  });

  it('reads numbers as numbers or as text, to the same figures', async () => {
    const text = (values: readonly number[]) => values.map(String);
    const { correlation, volatilities, weights } = SIX;
    const matrix = { ...SIX, linkage: 'ward' };
    expect(
      await document({
        ...matrix,
        correlation: correlation.map(text),
        volatilities: text(volatilities),
        weights: text(weights),
      }),
    ).toEqual(await document(matrix));
    const numbers = { series: { A: [...series(1), null, 7.6e-5], B: [...series(2), null, 0.01] } };
    const written = { A: [...text(series(1)), null, '7.6e-05'], B: [...text(series(2)), null, '0.01'] };
    expect(await document({ series: written })).toEqual(await document(numbers));
  });

  it('prints every figure of series, and null with a reason where nobody can know', async () => {
    const short = series(3).map((value, t) => (t < 50 ? null : value));
    const told = await document({ series: { A: series(1), B: series(2), C: short }, linkage: 'single' });
    expect(told).toMatchObject({
      linkage: 'single',
      kind: 'returns',
      riskLevel: null,
      riskContributions: null,
      excluded: [{ name: 'C' }],
      reasons: { riskLevel: 'C is held, and there are too few returns of it' },
    });
    expect(told.correlation[0][2]).toBeNull();
  });

  it('takes weights and volatilities by name', async () => {
    const byName = (values: readonly number[]) =>
      Object.fromEntries(SIX.names.map((name, i) => [name, values[i]]).reverse());
    const { names, correlation } = SIX;
    const told = await document({
      names,
      correlation,
      weights: byName(SIX.weights),
      volatilities: byName(SIX.volatilities),
    });
    expect([told.weights, told.volatilities]).toEqual([SIX.weights, SIX.volatilities]);
  });

  it('shows people the level, its reason and tables', async () => {
    const { exitCode, out } = await run(SIX);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^correlation risk high\nHighly concentrated: BTC, ETH, SOL bring 100 % of the risk/);
    expect(out).toMatch(/implied correlation, by risk +0\.677\n/);
    expect(out).toMatch(/BTC +40\.0 % +0\.6000 +46\.7 %\n/);
    expect(out).toMatch(/BTC, ETH, SOL +75\.0 % +99\.5 % +0\.79 +ETH\n/);
    expect(out).toMatch(/SOL +BTC\+ETH +0\.3349 +3\n/);
  });

  it.each<[unknown, string]>([
    [{ ...SIX, linkage: 'centroid' }, 'linkage: expected one of "single", "complete", "average", "ward"'],
    [{ ...SIX, weights: [1] }, 'weights: expected 6 weights, one a name, found 1'],
    [{ ...SIX, weights: { BTC: 1 } }, 'weights.ETH: expected a number for each name, found none'],
    [{ ...SIX, weights: { DOGE: 1 } }, 'weights.DOGE: expected one of BTC, '],
    [
      {
        correlation: [
          [1, 0.5],
          [0.4, 1],
        ],
      },
      'correlation[1][0]: expected 0.5, as correlation[0][1] is',
    ],
    [{ series: { A: [0.1, 'x'] } }, 'series.A[1]: expected a number, or null where there is none'],
    [{ series: { A: [0.1], B: [0.1, 0.2] } }, 'series.B: expected 1 values'],
    [{ series: { A: [0.1] }, corelation: [] }, 'corelation: expected one of "series"'],
    ['{"series": {"__proto__": [1]}}', '__proto__'],
    ['[]', 'expected an object'],
    ['{', 'expected'],
  ])('refuses %j', async (file, problem) => {
    const { exitCode, out, err } = await run(file);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain(problem);
    const told = await run(file, '--json');
    expect([told.exitCode, JSON.parse(told.out).error.kind]).toEqual([2, 'usage']);
  });

  it('refuses a file that is not there', async () => {
    const words = ['correlation', '--input', join(folder, 'none.json')];
    const { exitCode, err } = await runInProcess(words, { commands: [registerCorrelation] });
    expect([exitCode, err]).toEqual([2, expect.stringContaining('expected a JSON file that can be read')]);
  });
});
