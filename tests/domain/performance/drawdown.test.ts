import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findDrawdown, presentDrawdown } from '../../../src/domain/performance/drawdown.ts';

const drawdown = (...values: readonly number[]) => {
  const found = findDrawdown(values.map((index, at) => ({ at, index })));
  if (found.value === null) throw new Error(found.reason);
  return found.value;
};

describe('findDrawdown', () => {
  it('measures from the last point at the peak to the first one that is there again', () => {
    expect(drawdown(100, 120, 120, 90, 110, 120, 130, 117)).toEqual({
      maximum: -0.25,
      deepest: { peakAt: 2, troughAt: 3, recoveredAt: 5, depth: -0.25, duration: 3 },
      longestDuration: 3,
      underwaterShare: 4 / 7,
      episodes: [
        { peakAt: 2, troughAt: 3, recoveredAt: 5, depth: -0.25, duration: 3 },
        { peakAt: 6, troughAt: 7, recoveredAt: null, depth: 117 / 130 - 1, duration: 1 },
      ],
    });
  });

  it('counts what is not recovered up to the last point', () => {
    expect(drawdown(100, 80, 90, 95).deepest).toEqual({
      peakAt: 0,
      troughAt: 1,
      recoveredAt: null,
      depth: 80 / 100 - 1,
      duration: 3,
    });
  });

  it('has the longest beside the deepest', () => {
    const found = drawdown(100, 50, 100, 99, 99, 99, 99, 101);
    expect([found.deepest?.duration, found.longestDuration]).toEqual([2, 5]);
  });

  it('takes the earliest of falls that are as deep', () => {
    expect(drawdown(100, 90, 100, 90).deepest?.peakAt).toBe(0);
  });

  it('knows a total loss', () => {
    expect(drawdown(1, 0, 0).deepest).toMatchObject({ depth: -1, recoveredAt: null, duration: 2 });
  });

  it('takes what is a peak up to rounding for one', () => {
    expect(drawdown(1, 0.9, 0.9999999999999998, 1)).toMatchObject({
      episodes: [{ peakAt: 0, recoveredAt: 2 }],
    });
  });

  it('is zero where nothing fell', () => {
    expect(drawdown(1, 1, 2)).toEqual({
      maximum: 0,
      deepest: null,
      longestDuration: 0,
      underwaterShare: 0,
      episodes: [],
    });
  });

  it('is none of one point', () => {
    expect(findDrawdown([{ at: 0, index: 1 }])).toEqual({
      value: null,
      reason: 'fewer than two points of an index',
    });
  });

  it('is the lowest of every point over every earlier one', () => {
    const values = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(values, (list) => {
        const falls = list.map((value, at) => value / Math.max(...list.slice(0, at + 1)) - 1);
        expect(drawdown(...list).maximum).toBeCloseTo(Math.min(...falls), 10);
      }),
    );
  });
});

describe('presentDrawdown', () => {
  it('is from the highest so far to the last point, and no deeper than the deepest', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 2 }), (values) => {
        const points = values.map((index, at) => ({ at, index }));
        const { value } = presentDrawdown(points);
        const highest = Math.max(...values);
        expect(value?.depth).toBeCloseTo((values.at(-1) ?? 0) / highest - 1, 9);
        expect(points[value?.peakAt ?? -1]?.index).toBeCloseTo(highest, 9);
        expect(value?.depth).toBeGreaterThanOrEqual(drawdown(...values).maximum);
      }),
    );
  });

  it('needs two points', () => {
    expect(presentDrawdown([{ at: 0, index: 1 }])).toEqual({
      value: null,
      reason: 'fewer than two points of an index',
    });
  });
});
