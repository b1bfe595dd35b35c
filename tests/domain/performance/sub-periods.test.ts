import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findChains, returnIndex, timeWeightedReturn } from '../../../src/domain/performance/return-index.ts';
import { type Flow, findSubPeriods, type Valuation } from '../../../src/domain/performance/sub-periods.ts';

const DAY_MS = 86_400_000;
const valued = (...values: readonly number[]): readonly Valuation[] =>
  values.map((value, day) => ({ atMs: day * DAY_MS, value }));
const flow = (day: number, amount: number): Flow => ({ atMs: day * DAY_MS, amount });
const returnsOf = (valuations: readonly Valuation[], flows: readonly Flow[] = []) =>
  findSubPeriods(valuations, flows).map((period) =>
    period.state === 'measured' ? Number(period.return.toFixed(12)) : period.state,
  );
const twr = (valuations: readonly Valuation[], flows: readonly Flow[] = []) =>
  timeWeightedReturn(findSubPeriods(valuations, flows)).value;

describe('findSubPeriods', () => {
  it.each([
    ['takes a valuation before the flow of its moment', valued(100, 110, 231), [flow(1, 100)], [0.1, 0.1]],
    ['looks at valuations and flows in time', valued(100, 110, 231).toReversed(), [flow(1, 100)], [0.1, 0.1]],
    ['nets flows of one moment', valued(100, 110, 231), [flow(1, 150), flow(1, -50)], [0.1, 0.1]],
    [
      'has what came in between valuations there from the beginning',
      valued(100, 220),
      [flow(0.7, 100)],
      [0.1],
    ],
    ['has what went out between valuations there until the end', valued(100, 60), [flow(0.2, -50)], [0.1]],
    ['begins with the first deposit', valued(0, 110), [flow(0, 100)], [0.1]],
    ['leaves out flows before the first valuation', valued(100, 110), [flow(-1, 50)], [0.1]],
    ['leaves out flows from the last valuation on', valued(100, 110), [flow(1, 50), flow(2, 9)], [0.1]],
    ['knows a total loss', valued(100, 0), [], [-1]],
    ['knows a loss of more than everything', valued(100, -50), [], [-1.5]],
    ['has no return of nothing', valued(0, 0), [], ['undefined']],
    ['has no return of less than nothing', valued(-5, 10), [], ['undefined']],
    ['has no return beyond a number', valued(5e-324, 1), [], ['undefined']],
    ['has no return of what all went out', valued(100, 110, 0), [flow(1, -110)], [0.1, 'undefined']],
    [
      'has no return of what doubles leave of zero',
      valued(0.1, 0.1),
      [flow(0, 0.2), flow(0, -0.3)],
      ['undefined'],
    ],
    ['finds none of one valuation', valued(100), [], []],
    ['finds none of nothing', [], [flow(0, 1)], []],
  ])('%s', (_, valuations, flows, expected) => {
    expect(returnsOf(valuations, flows)).toEqual(expected);
  });

  it('counts the flows that no valuation was taken before', () => {
    const [first] = findSubPeriods(valued(100, 220), [flow(0, 10), flow(0.5, 90), flow(0.6, -1)]);
    expect(first).toMatchObject({ unvaluedFlows: 2 });
  });

  it('says why a sub-period is undefined', () => {
    expect(findSubPeriods(valued(-5, 10), [])).toEqual([
      { state: 'undefined', fromMs: 0, toMs: DAY_MS, reason: 'less than nothing was there to earn a return' },
    ]);
  });
});

const factors = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 20 });
const amounts = fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { minLength: 20, maxLength: 20 });

/** A portfolio that earns the factors, with deposits at every valuation. */
function grown(earned: readonly number[], deposits: readonly number[]) {
  let value = 1_000;
  const valuations = [{ atMs: 0, value }];
  const flows: Flow[] = [];
  for (const [index, factor] of earned.entries()) {
    const amount = deposits[index] ?? 0;
    flows.push(flow(index, amount));
    value = (value + amount) * factor;
    valuations.push({ atMs: (index + 1) * DAY_MS, value });
  }
  return { valuations, flows };
}

describe('time-weighted return', () => {
  it('what comes in or goes out at the time of a valuation moves no return', () => {
    fc.assert(
      fc.property(factors, amounts, (earned, deposits) => {
        const { valuations, flows } = grown(earned, deposits);
        const product = earned.reduce((all, factor) => all * factor, 1);
        expect(((twr(valuations, flows) as number) + 1) / product).toBeCloseTo(1, 9);
      }),
    );
  });

  it('without flows the sub-periods multiply to the last value over the first', () => {
    const values = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(values, (list) => {
        const whole = (list.at(-1) as number) / (list[0] as number) - 1;
        expect(Math.abs((twr(valued(...list)) as number) - whole)).toBeLessThan(1e-9 * (1 + Math.abs(whole)));
      }),
    );
  });

  it('links over a time in which nothing was there, and has the chains apart', () => {
    const periods = findSubPeriods(valued(100, 110, 0, 50, 45), [flow(1, -110), flow(2, 45.4545)]);
    const rounded = findChains(periods).map((chain) => [
      chain.fromMs / DAY_MS,
      chain.toMs / DAY_MS,
      Number(chain.return.toFixed(5)),
    ]);
    expect(rounded).toEqual([
      [0, 1, 0.1],
      [2, 4, -0.01],
    ]);
    expect(timeWeightedReturn(periods).value).toBeCloseTo(1.1 * 0.99 - 1, 5);
  });

  it('stays a total loss, whatever is paid in later, while the chain of the new money is its own', () => {
    const periods = findSubPeriods(valued(100, 0, 110), [flow(1, 100)]);
    expect(timeWeightedReturn(periods)).toEqual({ value: -1 });
    expect(returnIndex(periods).map(({ index }) => index)).toEqual([1, 0, 0]);
    expect(findChains(periods).map((chain) => Number(chain.return.toFixed(9)))).toEqual([-1, 0.1]);
  });

  it('is not made up for when more than everything is lost', () => {
    const periods = findSubPeriods(valued(100, -50, 110), [flow(1, 150)]);
    expect(timeWeightedReturn(periods)).toEqual({ value: -1.5 });
    expect(findChains(periods).map((chain) => Number(chain.return.toFixed(9)))).toEqual([-1.5, 0.1]);
  });

  it.each([
    ['one valuation', valued(100), 'fewer than two valuations'],
    ['nothing but nothing', valued(0, 0, 0), 'nothing was there to earn a return'],
  ])('is none of %s', (_, valuations, reason) => {
    expect(timeWeightedReturn(findSubPeriods(valuations, []))).toEqual({ value: null, reason });
  });
});
