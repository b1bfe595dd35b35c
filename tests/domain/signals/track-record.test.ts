import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { measureRecord, recordFactor } from '../../../src/domain/signals/track-record.ts';
import { SEED } from './signal-fixtures.ts';

const hits = (right: number, wrong: number) => ({ kind: 'hits', hits: right, misses: wrong }) as const;
const correlation = (value: number, observations: number) =>
  ({ kind: 'correlation', correlation: value, observations }) as const;
const anyCount = fc.nat(1_000);

describe('a track record', () => {
  it.each([
    ['none at all', null, 1],
    ['one without observations', hits(0, 0), 1],
    ['as many hits as misses', hits(400, 400), 1],
    ['3 of 3, hardly any news', hits(3, 0), 1 + 3 / 53],
    ['75 of 100', hits(75, 25), 1 + 50 / 150],
    ['all wrong', hits(0, 1_000), 1 - 1_000 / 1_050],
    ['a correlation of 0.1 over 450', correlation(0.1, 450), 1.09],
    ['a correlation against it', correlation(-0.5, 50), 0.75],
  ])('of %s', (_, record, factor) => {
    expect(recordFactor(record, 50)).toBeCloseTo(factor, 12);
  });

  it('a record without observations leaves a weight as it is, and a longer one of the same quality never moves it less', () => {
    fc.assert(
      fc.property(
        anyCount,
        anyCount,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(200),
        (right, wrong, times, prior) => {
          expect(recordFactor(hits(0, 0), prior)).toBe(1);
          const once = Math.abs(recordFactor(hits(right, wrong), prior) - 1);
          const more = Math.abs(recordFactor(hits(right * times, wrong * times), prior) - 1);
          expect(more).toBeGreaterThanOrEqual(once - 1e-12);
        },
      ),
      { seed: SEED },
    );
  });

  it('a better record never weighs less, and no record turns what a source says around', () => {
    fc.assert(
      fc.property(anyCount, anyCount, fc.nat(200), (right, wrong, prior) => {
        const factor = recordFactor(hits(right, wrong), prior);
        expect(factor).toBeGreaterThanOrEqual(0);
        expect(factor).toBeLessThanOrEqual(2);
        expect(recordFactor(hits(right + 1, wrong), prior)).toBeGreaterThanOrEqual(factor - 1e-12);
        expect(recordFactor(hits(right, wrong + 1), prior)).toBeLessThanOrEqual(factor + 1e-12);
      }),
      { seed: SEED },
    );
  });
});

describe('what came of the signals of a source', () => {
  const judged = (...pairs: readonly (readonly [number, number])[]) =>
    pairs.map(([signedStrength, nextReturn]) => ({ signedStrength, nextReturn }));

  it('is counted and correlated', () => {
    // x 1 0 -1 0, y 0.02 0.01 -0.03 0: means 0 and 0, Σxy 0.05, Σx² 2, Σy² 0.0014.
    const measured = measureRecord(judged([1, 0.02], [0, 0.01], [-1, -0.03], [0, 0]));
    expect(measured).toMatchObject({ hits: 2, misses: 0, observations: 4 });
    expect(measured.correlation).toBeCloseTo(0.05 / Math.sqrt(2 * 0.0014), 12);
    expect(measureRecord(judged([1, -0.1], [-0.5, -0.1])).misses).toBe(1);
  });

  it('has no correlation where one side never varies, or of two', () => {
    expect(measureRecord(judged([1, 0.1], [1, 0.2], [1, 0.3])).correlation).toBeNull();
    expect(measureRecord(judged([1, 0.1], [0, 0.2])).correlation).toBeNull();
  });
});
