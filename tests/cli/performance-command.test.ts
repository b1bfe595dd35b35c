import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerPerformance } from '../../src/cli/performance-command.ts';
import { runInProcess } from './command-line.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-performance-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function performance(content: unknown, ...more: readonly string[]) {
  const path = join(folder, 'input.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  const ended = await runInProcess(['performance', '--input', path, ...more], {
    commands: [registerPerformance],
  });
  return { ...ended, problems: ended.err.replaceAll(`${folder}/`, '').split('\n').slice(1, -1) };
}

async function figures(content: unknown) {
  const { exitCode, out, err } = await performance(content, '--json');
  expect([exitCode, err]).toEqual([0, '']);
  return JSON.parse(out);
}

const DAY_MS = 86_400_000;
const VALUED = {
  valuations: [
    { at: '2024-01-01', value: '10000' },
    { at: '2024-04-01', value: '10800' },
    { at: '2024-09-15', value: '16590' },
    { at: '2024-12-31', value: '14500' },
  ],
  flows: [
    { at: '2024-04-01', amount: '5000' },
    { at: '2024-09-15', amount: '-2000' },
  ],
};
/** Gains of two and losses of one per cent, in turn. */
const returnsOf = (count: number) =>
  Array.from({ length: count }, (_, day) => (day % 2 === 0 ? 0.02 : -0.01));

describe('trueup performance --input', () => {
  it('tells the return by time and by money of valuations and flows', async () => {
    expect(await figures(VALUED)).toMatchObject({
      timeWeightedReturn: expect.closeTo(0.12700479780671703, 14),
      xirr: expect.closeTo(0.11416982822168913, 12),
      modifiedDietz: expect.closeTo(0.11392009987515604, 14),
      cagr: expect.closeTo(0.12700479780671703, 14),
      maxDrawdown: expect.closeTo(14_500 / 14_590 - 1, 14),
      drawdownDays: 107,
      volatility: null,
      drawdown: {
        unit: 'days',
        peakAt: '2024-09-15T00:00:00.000Z',
        troughAt: '2024-12-31T00:00:00.000Z',
        recoveredAt: null,
        isOpen: true,
      },
      valuations: { days: 365, undefinedPeriods: [], unvaluedFlows: 0, flowsOutside: 0 },
    });
  });

  it('reads rows in any order, times of any kind, and numbers as numbers or text, to the same figures', async () => {
    const other = {
      flows: [
        { at: '2024-09-15T02:00:00+02:00', amount: -2000 },
        { at: Date.UTC(2024, 3, 1), amount: 5000.0 },
      ],
      valuations: [
        { at: '2024-12-31T00:00:00', value: 14500 },
        { at: Date.UTC(2024, 0, 1), value: '10000.00' },
        { at: '2024-09-15T00:00:00.000Z', value: 16590 },
        { at: '2024-04-01', value: 10800 },
      ],
      periodsPerYear: '365',
      riskFree: '0',
    };
    expect(await figures(other)).toEqual(await figures(VALUED));
  });

  it('tells what was won and lost between valuations of whatever distance', async () => {
    const document = await figures(VALUED);
    expect(document).toMatchObject({
      winRate: expect.closeTo(2 / 3, 14),
      profitFactor: expect.closeTo((0.08 + 0.05) / (1 - 14_500 / 14_590), 10),
      volatility: null,
      var95: null,
    });
    expect(Object.keys(document.reasons)).not.toContain('winRate');
  });

  it('tells the figures of returns, and says which are none of so few', async () => {
    const document = await figures({
      returns: [0.012, -0.008, 0.021, -0.035, 0.004, 0, 0.016, '-1.1e-02', 0.027, -0.019, 0.009],
    });
    expect(document).toMatchObject({
      timeWeightedReturn: expect.closeTo(0.014377411566011578, 14),
      volatility: expect.closeTo(0.3530404303398485, 14),
      sortino: expect.closeTo(2.1900840974219706, 13),
      maxDrawdown: expect.closeTo(-0.035, 14),
      drawdownDays: 8,
      winRate: 0.6,
      profitFactor: expect.closeTo(1.2191780821917806, 13),
      var95: expect.closeTo(-0.027, 14),
      cvar95: -0.035,
      normalVar95: expect.closeTo(-0.028940672952711223, 14),
      drawdown: { unit: 'periods', peakAt: 3, troughAt: 4 },
      sample: { returns: 11, periodsPerYear: 365, riskFree: 0 },
    });
    expect(document.reasons).toEqual({
      xirr: 'returns have no cash flows',
      cagr: '11 days, at least 90 are needed',
      sharpe: '11 returns, at least 30 are needed',
      sharpeInterval: '11 returns, at least 30 are needed',
      calmar: 'no CAGR: 11 days, at least 90 are needed',
      modifiedDietz: 'there are no valuations',
    });
  });

  it('tells every figure of enough returns, and none has a reason but what returns cannot have', async () => {
    const document = await figures({ returns: returnsOf(120), periodsPerYear: 252, riskFree: 0.04 });
    expect(document.sharpe).toBeGreaterThan(document.sharpeInterval[0]);
    expect(document.sharpe).toBeLessThan(document.sharpeInterval[1]);
    expect(document.calmar).toBeCloseTo(document.cagr / 0.01, 9);
    expect(document.cagr).toBeCloseTo((1.02 * 0.99) ** (60 * (252 / 120)) - 1, 9);
    expect(Object.keys(document.reasons)).toEqual(['xirr', 'modifiedDietz', 'normalVar95', 'normalCvar95']);
  });

  it('tells the XIRR of cash flows alone', async () => {
    const document = await figures({
      cashFlows: [
        { at: '2024-12-31', amount: 14_500 },
        { at: '2024-01-01', amount: '-4000' },
        { at: '2024-04-01', amount: -5_000 },
        { at: '2024-01-01', amount: -6_000 },
        { at: '2024-09-15', amount: 2_000 },
      ],
    });
    expect(document).toMatchObject({ xirr: expect.closeTo(0.11416982822168913, 12), multipleRoots: false });
    expect([document.timeWeightedReturn, document.reasons.timeWeightedReturn]).toEqual([
      null,
      'cash flows alone have no valuations',
    ]);
  });

  it('tells all rates of cash flows that have several', async () => {
    const yearly = [-1_000, 3_600, -4_310, 1_716].map((amount, year) => ({
      at: year * 365 * DAY_MS,
      amount,
    }));
    const document = await figures({ cashFlows: yearly });
    expect(document.multipleRoots).toBe(true);
    expect(document.xirrRoots).toEqual([0.1, 0.2, 0.3].map((rate) => expect.closeTo(rate, 9)));
  });

  it.each([
    ['no valuations', { valuations: [] }, { timeWeightedReturn: 'fewer than two valuations' }],
    ['one valuation', { valuations: [{ at: 0, value: 1 }] }, { xirr: 'fewer than two valuations' }],
    ['no returns', { returns: [] }, { timeWeightedReturn: 'no returns', maxDrawdown: 'no returns' }],
    ['one return', { returns: [0.01] }, { volatility: '1 return, at least 2 are needed' }],
    [
      'returns without an end',
      { returns: Array(60).fill(1e6) },
      { timeWeightedReturn: 'it is too large for a number' },
    ],
    ['no cash flows', { cashFlows: [] }, { xirr: 'there is no cash flow but zero' }],
    [
      'returns that do not vary',
      { returns: Array(40).fill(0.001) },
      {
        sharpe: 'the returns do not vary',
        sortino: 'no return is below the minimum acceptable one',
        profitFactor: 'nothing was lost',
      },
    ],
  ])('has reasons for %s, and exits 0', async (_, content, reasons) => {
    const document = await figures(content);
    expect(document.reasons).toMatchObject(reasons);
    for (const [name, reason] of Object.entries(document.reasons)) {
      expect([name, document[name]]).toEqual([name, null]);
      expect(reason).not.toBe('');
    }
  });

  it('knows a total loss, and what came of new money after it', async () => {
    const days = [100, 0, 0, 55].map((value, day) => ({ at: day * DAY_MS, value }));
    expect(await figures({ valuations: days, flows: [{ at: 2 * DAY_MS, amount: 50 }] })).toMatchObject({
      timeWeightedReturn: -1,
      maxDrawdown: -1,
      valuations: {
        chains: [{ return: -1 }, { return: expect.closeTo(0.1, 12) }],
        undefinedPeriods: [{ reason: 'nothing was there to earn a return' }],
      },
    });
  });

  it('prints a table for people, with the reasons in it', async () => {
    const { out } = await performance({ returns: [0.02, -0.01, 0.005] });
    expect(out).toMatch(/^Time-weighted return +1\.48 %$/m);
    expect(out).toMatch(/^Sharpe ratio +none {2}3 returns, at least 30 are needed$/m);
    expect(out).toMatch(/^ {2}peak to recovery +2 periods so far$/m);
    expect(out).toMatch(/^3 returns, 365 a year, 0 % a year without risk$/m);
  });

  const KINDS = 'expected an object with one of "valuations", "returns", "cashFlows"';
  const MONEY = 'expected a number within ±1e30, or one as decimal text, such as "1234.5"';
  it.each([
    ['a list', [1], [`input.json: ${KINDS}, found a list of 1`]],
    ['nothing to tell of', { flows: [] }, [`input.json: ${KINDS}, found an object`]],
    ['two kinds', { returns: [], cashFlows: [] }, [`input.json: cashFlows: ${KINDS}, found an empty list`]],
    [
      'values that are none',
      { valuations: [{ at: 0, value: '1e' }, { at: 1, value: null }, { at: 2 }] },
      [
        `input.json: valuations[0].value: ${MONEY}, found "1e"`,
        `input.json: valuations[1].value: ${MONEY}, found null`,
        `input.json: valuations[2].value: ${MONEY}, found nothing`,
      ],
    ],
    [
      'two valuations of one moment',
      {
        valuations: [
          { at: '2024-01-01', value: 1 },
          { at: '2024-01-01T01:00:00+01:00', value: 1 },
        ],
      },
      [
        'input.json: valuations[1].at: expected a time of its own for each valuation, found that of valuations[0], 2024-01-01T00:00:00.000Z',
      ],
    ],
    [
      'returns in per cent',
      { returns: [1, -5] },
      [
        'input.json: returns[1]: expected a return from -1 to 1000000 as a number or as decimal text; 0.01 is one per cent, found -5',
      ],
    ],
    [
      'a year of no periods',
      { returns: [], periodsPerYear: 0 },
      ['input.json: periodsPerYear: expected a number between 1 and 527040, found 0'],
    ],
    [
      'an unknown key',
      { cashFlows: [], riskFree: 0 },
      ['input.json: riskFree: expected one of "cashFlows", found an unknown key'],
    ],
    [
      'a number beyond doubles',
      '{"returns": [1e999]}',
      [expect.stringContaining('input.json: returns[0]: expected')],
    ],
    ['text', 'valuations', [expect.stringContaining('input.json: expected ')]],
  ])('refuses %s, and says where', async (_, content, problems) => {
    const ended = await performance(content);
    expect([ended.exitCode, ended.out]).toEqual([2, '']);
    expect(ended.problems.map((line) => line.trim())).toEqual(problems);
  });

  it.each(['2024-02-30', '2024-1-1', '2024-01-01 00:00', 'today', '', 1.5, null, 9e15])(
    'refuses %p for a time',
    async (at) => {
      const { exitCode, problems } = await performance({ cashFlows: [{ at, amount: 1 }] });
      expect([exitCode, problems]).toEqual([
        2,
        [expect.stringContaining('cashFlows[0].at: expected a date')],
      ]);
    },
  );

  it('refuses an empty file as one', async () => {
    const { exitCode, problems } = await performance(' \n');
    expect([exitCode, problems]).toEqual([
      2,
      [expect.stringContaining('input.json: expected a JSON file, found an empty one')],
    ]);
  });

  it('shows no sign before nothing', async () => {
    const { out } = await performance({ returns: [-0.000001, 0.000001] });
    expect(out).toMatch(/Time-weighted return +0\.00 %/);
    expect(out).not.toContain('-0.00');
  });

  it('refuses a file that is not there', async () => {
    const ended = await runInProcess(['performance', '--input', join(folder, 'none.json')], {
      commands: [registerPerformance],
    });
    expect([ended.exitCode, ended.err]).toEqual([2, expect.stringContaining('found ENOENT')]);
  });
});
