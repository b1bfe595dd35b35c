import { describe, expect, it, test } from '@jest/globals';
import {
  judgeCorrelationRisk,
  levelOf,
  type RiskLevel,
  type RiskMeasures,
} from '../../../src/domain/correlation/correlation-risk.ts';
import { fisherInterval } from '../../../src/domain/correlation/fisher-interval.ts';
import { judgeLegacyCorrelationRisk } from '../../../src/domain/correlation/legacy-correlation-risk.ts';
import { averageCorrelation } from '../../../src/domain/correlation/portfolio-risk.ts';
import type { SquareMatrix } from '../../../src/domain/correlation/square-matrix.ts';
import { SIX } from '../../references/correlation-cases.ts';

const uniform = (count: number, value: number): SquareMatrix =>
  Array.from({ length: count }, (_, i) => Array.from({ length: count }, (_, j) => (i === j ? 1 : value)));
const even = (correlation: SquareMatrix) => ({
  correlation,
  weights: correlation.map(() => 1 / correlation.length),
  volatilities: correlation.map(() => 1),
});

describe('the level of a portfolio', () => {
  it('is high of the golden one, whose plain average correlation says low', () => {
    expect(averageCorrelation(SIX.correlation)).toBeLessThan(0.5);
    const risk = judgeCorrelationRisk({ ...SIX, bounds: null, previous: null })!;
    expect(risk.level).toBe('high');
    expect(risk.measures.largestClusterRiskShare).toBeCloseTo(0.46660389 + 0.36015638 + 0.16827006, 7);
  });

  const LOW: RiskMeasures = { impliedCorrelation: 0.5, largestClusterRiskShare: 0.4, effectiveBets: 2.5 };
  test.each<[Partial<RiskMeasures>, RiskLevel]>([
    [{}, 'low'],
    [{ impliedCorrelation: null }, 'low'],
    [{ impliedCorrelation: 0.51 }, 'medium'],
    [{ largestClusterRiskShare: 0.41 }, 'medium'],
    [{ effectiveBets: 2.49 }, 'medium'],
    [{ impliedCorrelation: 0.7, largestClusterRiskShare: 0.6, effectiveBets: 1.5 }, 'medium'],
    [{ impliedCorrelation: 0.71 }, 'high'],
    [{ largestClusterRiskShare: 0.61 }, 'high'],
    [{ effectiveBets: 1.49 }, 'high'],
  ])('goes by what is worst: %j is %s', (measures, level) => {
    expect(levelOf({ ...LOW, ...measures })).toBe(level);
  });

  it('is none where nothing varies', () => {
    const still = { ...even(uniform(2, 0.2)), volatilities: [0, 0] };
    expect(judgeCorrelationRisk({ ...still, bounds: null, previous: 'high' })).toBeNull();
  });

  /** Five of one correlation: evenly held, all but that and their being one cluster is harmless. */
  const judged = (correlation: number, previous: RiskLevel | null, observations: number | null) => {
    const bounds = observations === null ? null : fisherInterval(correlation, observations);
    const matrix = (value: number) => uniform(5, value);
    return judgeCorrelationRisk({
      ...even(matrix(correlation)),
      bounds: bounds && { lower: matrix(bounds.lower), upper: matrix(bounds.upper) },
      previous,
    })!.level;
  };

  test.each<[number, RiskLevel | null, number | null, RiskLevel]>([
    [0.55, null, 90, 'medium'],
    [0.62, null, 90, 'high'],
    // 90 returns of 0.62: 0.475 to 0.732. Of 0.75: 0.643 to 0.828.
    [0.62, 'low', 90, 'low'],
    [0.62, 'medium', 90, 'medium'],
    [0.75, 'low', 90, 'high'],
    // 0.52: 0.351 to 0.656. 0.4: 0.211 to 0.560. 0.2: -0.007 to 0.391.
    [0.52, 'high', 90, 'high'],
    [0.4, 'high', 90, 'medium'],
    [0.4, 'medium', 90, 'medium'],
    [0.2, 'high', 90, 'low'],
    [0.2, 'medium', 90, 'low'],
    // Without intervals the correlation itself decides.
    [0.62, 'low', null, 'high'],
    [0.4, 'high', null, 'low'],
  ])(
    'of a correlation of %d, after %p and of %p returns, is %s',
    (correlation, before, observations, level) => {
      expect(judged(correlation, before, observations)).toBe(level);
    },
  );

  it('does not go to and fro while the correlation does between two bounds', () => {
    const levels: RiskLevel[] = [];
    for (const correlation of [0.58, 0.62, 0.58, 0.63, 0.57, 0.61])
      levels.push(judged(correlation, levels.at(-1) ?? null, 90));
    expect(new Set(levels)).toEqual(new Set(['medium']));
  });
});

describe('the older level', () => {
  test.each<[string, SquareMatrix, RiskLevel]>([
    ['an average above 0.7', uniform(2, 0.71), 'high'],
    ['more than half as many high pairs as assets', uniform(3, 0.71), 'high'],
    ['an average above 0.5', uniform(4, 0.51), 'medium'],
    ['an average of 0.5', uniform(4, 0.5), 'low'],
    ['as many high pairs as half the assets', SIX.correlation, 'medium'],
    ['one asset', [[1]], 'low'],
  ])('of %s', (_, correlation, level) => {
    const names = correlation.map((_, i) => `n${i}`);
    expect(judgeLegacyCorrelationRisk(correlation, names).level).toBe(level);
  });

  it('has clusters around the first in the list, which another order changes', () => {
    const chain = [
      [1, 0.65, 0.1],
      [0.65, 1, 0.65],
      [0.1, 0.65, 1],
    ];
    expect(judgeLegacyCorrelationRisk(chain, ['A', 'B', 'C']).clusters).toEqual([[0, 1]]);
    const middleFirst = [
      [1, 0.65, 0.65],
      [0.65, 1, 0.1],
      [0.65, 0.1, 1],
    ];
    expect(judgeLegacyCorrelationRisk(middleFirst, ['B', 'A', 'C']).clusters).toEqual([[0, 1, 2]]);
  });
});
