import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CASH, type TargetWeights, WEIGHT_TOTAL_PPM } from '../../../src/domain/rebalancing/targets.ts';
import {
  type Projection,
  type ProjectionRules,
  projectWeights,
} from '../../../src/domain/targets/project-weights.ts';

const SEED = 20_240_702;
const REFUSING = { bounds: {}, excess: 'refuse' } as const;
const cap = (upperPpm: number): ProjectionRules => ({ ...REFUSING, others: { upperPpm } });

const targetsOf = (projection: Projection): TargetWeights => {
  if (projection.state === 'refused') throw new Error(JSON.stringify(projection.problem));
  return projection.targets;
};

describe('projecting weights onto bounds', () => {
  // The first is the figure of the specification, computed there by bisection; the second is what caps that are
  // scaled up afterwards get wrong: {.6,.4} with a cap of .4 became {.5,.5}.
  it.each<[string, TargetWeights, ProjectionRules, TargetWeights]>([
    [
      'spreads what a cap cuts over the others in their ratio',
      { A: 550_000, B: 250_000, C: 120_000, D: 80_000 },
      cap(400_000),
      { A: 400_000, B: 333_333, C: 160_000, D: 106_667 },
    ],
    [
      'adds to cash what the caps leave no room for, where that is wanted',
      { A: 600_000, B: 400_000 },
      { ...cap(400_000), excess: 'cash' },
      { A: 400_000, B: 400_000, CASH: 200_000 },
    ],
    [
      'takes cash along as a weight like any other',
      { A: 800_000, CASH: 200_000 },
      cap(400_000),
      { A: 400_000, CASH: 600_000 },
    ],
    [
      'caps what grows beyond its cap only by what another gave',
      { A: 700_000, B: 200_000, C: 100_000 },
      { ...REFUSING, bounds: { A: { upperPpm: 400_000 }, B: { upperPpm: 300_000 } } },
      { A: 400_000, B: 300_000, C: 300_000 },
    ],
    [
      'raises to a floor',
      { A: 900_000, B: 100_000, C: 0 },
      { ...REFUSING, bounds: { CASH: { lowerPpm: 100_000 }, B: { lowerPpm: 150_000 } } },
      { A: 750_000, B: 150_000, C: 0, CASH: 100_000 },
    ],
    [
      'drops the smallest position that is too small and projects again',
      { A: 900_000, B: 60_000, C: 40_000 },
      { ...REFUSING, positionMinPpm: 62_000 },
      { A: 937_500, B: 62_500, C: 0 },
    ],
    [
      'of equal positions drops the one whose name sorts first',
      { A: 500_000, B: 500_000 },
      { ...REFUSING, positionMinPpm: 600_000 },
      { A: 0, B: 1_000_000 },
    ],
    [
      'leaves cash as small as it is',
      { A: 990_000, CASH: 10_000 },
      { ...REFUSING, positionMinPpm: 50_000 },
      { A: 990_000, CASH: 10_000 },
    ],
    [
      'holds what must be held at the smallest size at least',
      { A: 990_000, B: 10_000 },
      { ...REFUSING, bounds: { B: { lowerPpm: 1 } }, positionMinPpm: 50_000 },
      { A: 950_000, B: 50_000 },
    ],
  ])('%s', (_, weights, rules, expected) => {
    expect(targetsOf(projectWeights(weights, rules))).toEqual(expected);
  });

  it('says which groups ended at a bound, and why', () => {
    const rules = { bounds: { A: { upperPpm: 400_000 }, B: { lowerPpm: 300_000 } }, positionMinPpm: 60_000 };
    const projection = projectWeights(
      { A: 700_000, B: 140_000, C: 110_000, D: 50_000 },
      { ...rules, excess: 'refuse' },
    );
    expect(projection).toEqual({
      state: 'projected',
      targets: { A: 400_000, B: 300_000, C: 206_250, D: 93_750 },
      bound: [
        { group: 'A', reason: 'capped' },
        { group: 'B', reason: 'raised' },
      ],
    });
    const low = projectWeights(
      { A: 960_000, D: 40_000 },
      { ...rules, bounds: { B: rules.bounds.B }, excess: 'refuse' },
    );
    expect(low).toMatchObject({
      bound: [
        { group: 'B', reason: 'raised' },
        { group: 'D', reason: 'belowPositionMin' },
      ],
    });
  });

  it.each<[string, TargetWeights, ProjectionRules, string, string, string]>([
    [
      'caps that are too low',
      { A: 600_000, B: 400_000 },
      cap(400_000),
      'INFEASIBLE_TARGETS',
      'bounds',
      '800000',
    ],
    [
      'room that only a weight of zero has',
      { A: 1_000_000, B: 0 },
      cap(500_000),
      'INFEASIBLE_TARGETS',
      'bounds',
      '500000',
    ],
    [
      'more excess than cash may take',
      { A: 600_000, B: 400_000 },
      { ...cap(400_000), bounds: { CASH: { upperPpm: 100_000 } }, excess: 'cash' },
      'INFEASIBLE_TARGETS',
      'bounds',
      '900000',
    ],
    [
      'floors that are too high',
      { A: 500_000, B: 500_000 },
      { bounds: { A: { lowerPpm: 600_000 }, B: { lowerPpm: 500_000 } }, excess: 'cash' },
      'INFEASIBLE_TARGETS',
      'bounds',
      '1100000',
    ],
    [
      'a floor above its cap',
      { A: 500_000, B: 500_000 },
      { bounds: { A: { lowerPpm: 600_000, upperPpm: 500_000 } }, excess: 'cash' },
      'INFEASIBLE_TARGETS',
      'bounds.A',
      '500000',
    ],
    ['weights that do not sum to one', { A: 500_000 }, REFUSING, 'WRONG_INPUT', 'targets', '0.5'],
    [
      'bounds that are no weights',
      { A: 1_000_000 },
      { ...REFUSING, bounds: { A: { upperPpm: 0.4 } } },
      'WRONG_INPUT',
      'bounds.A.upperPpm',
      '0.4',
    ],
    [
      'a smallest position that is no weight',
      { A: 1_000_000 },
      { ...REFUSING, positionMinPpm: -1 },
      'WRONG_INPUT',
      'positionMinPpm',
      '-1',
    ],
  ])('refuses %s', (_, weights, rules, code, path, found) => {
    expect(projectWeights(weights, rules)).toMatchObject({
      state: 'refused',
      code,
      problem: { path, found },
    });
  });

  const GROUPS = ['A', 'B', 'C', 'D', 'E', CASH];
  /** Cuts of the whole, so that the weights sum to it. */
  const anyWeights = fc
    .array(fc.nat(WEIGHT_TOTAL_PPM), { minLength: 5, maxLength: 5 })
    .map((cuts) => [0, ...cuts.toSorted((a, b) => a - b), WEIGHT_TOTAL_PPM])
    .map(
      (cuts): TargetWeights =>
        Object.fromEntries(GROUPS.map((group, index) => [group, cuts[index + 1]! - cuts[index]!])),
    );
  const anyBound = fc
    .tuple(fc.nat(250_000), fc.integer({ min: 100_000, max: WEIGHT_TOTAL_PPM }), fc.boolean())
    .map(([lower, upper, isBelow]) =>
      isBelow ? { lowerPpm: Math.min(lower, upper), upperPpm: upper } : { upperPpm: upper },
    );
  const anyRules = fc.record({
    bounds: fc.dictionary(fc.constantFrom(...GROUPS), anyBound),
    others: anyBound,
    positionMinPpm: fc.constantFrom(0, 0, 20_000, 100_000),
    excess: fc.constantFrom('refuse' as const, 'cash' as const),
  });
  const boundsOf = (rules: ProjectionRules, group: string) => {
    const { lowerPpm = 0, upperPpm = WEIGHT_TOTAL_PPM } =
      rules.bounds[group] ?? (group === CASH ? {} : (rules.others ?? {}));
    return { lowerPpm, upperPpm };
  };
  const holds = (check: (weights: TargetWeights, rules: ProjectionRules, targets: TargetWeights) => void) => {
    let projected = 0;
    fc.assert(
      fc.property(anyWeights, anyRules, (weights, rules) => {
        const projection = projectWeights(weights, rules);
        if (projection.state === 'refused') {
          expect(projection.code).toBe('INFEASIBLE_TARGETS');
          return;
        }
        projected++;
        check(weights, rules, projection.targets);
      }),
      { seed: SEED, numRuns: 500 },
    );
    expect(projected).toBeGreaterThan(100);
  };

  it('no weight is above its cap or below its floor, and all sum to exactly 1 000 000', () => {
    holds((_, rules, targets) => {
      let total = 0;
      for (const [group, ppm] of Object.entries(targets)) {
        const { lowerPpm, upperPpm } = boundsOf(rules, group);
        expect(Number.isSafeInteger(ppm)).toBe(true);
        expect(ppm).toBeLessThanOrEqual(upperPpm);
        expect(ppm).toBeGreaterThanOrEqual(lowerPpm);
        total += ppm;
      }
      expect(total).toBe(1_000_000);
    });
  });

  it('ratios are kept among the weights that are at no bound, to a millionth', () => {
    holds((weights, rules, targets) => {
      const isBetween = (group: string) => {
        const { lowerPpm, upperPpm } = boundsOf(rules, group);
        const ppm = targets[group]!;
        const floor = group === CASH || lowerPpm === 0 ? lowerPpm : Math.max(lowerPpm, rules.positionMinPpm!);
        return ppm > floor && ppm < upperPpm && weights[group]! > 0;
      };
      const free = Object.keys(targets).filter(isBetween);
      for (const a of free) {
        for (const b of free) {
          // Each is less than one from λ·w, so cross products differ by less than the sum of the weights.
          const difference = Math.abs(targets[a]! * weights[b]! - targets[b]! * weights[a]!);
          expect(difference).toBeLessThanOrEqual(weights[a]! + weights[b]!);
        }
      }
    });
  });

  it('of two weights under the same bounds the greater stays no smaller', () => {
    holds((weights, rules, targets) => {
      const alike = ['A', 'B', 'C', 'D', 'E'].filter((group) => rules.bounds[group] === undefined);
      for (const a of alike) {
        for (const b of alike) {
          if (weights[a]! > weights[b]!) expect(targets[a]!).toBeGreaterThanOrEqual(targets[b]!);
        }
      }
    });
  });

  it('weights that are within their bounds come back as they were, so that projecting twice is projecting once', () => {
    holds((_, rules, targets) => {
      expect(targetsOf(projectWeights(targets, rules))).toEqual(targets);
    });
  });

  it('a weight is zero or at least the smallest position, whatever the bounds', () => {
    holds((_, rules, targets) => {
      for (const [group, ppm] of Object.entries(targets)) {
        if (group !== CASH && ppm !== 0) expect(ppm).toBeGreaterThanOrEqual(rules.positionMinPpm!);
      }
    });
  });

  it('finds the λ that a bisection finds', () => {
    holds((weights, rules, targets) => {
      if (rules.positionMinPpm !== 0) return;
      const clip = (lambda: number) =>
        GROUPS.map((group) => {
          const { lowerPpm, upperPpm } = boundsOf(rules, group);
          return Math.min(upperPpm, Math.max(lowerPpm, lambda * weights[group]!));
        });
      const sumAt = (lambda: number) => clip(lambda).reduce((sum, ppm) => sum + ppm, 0);
      let [low, high] = [0, 1e7];
      if (sumAt(high) < WEIGHT_TOTAL_PPM - 0.5) return;
      for (let step = 0; step < 200; step++) {
        const middle = (low + high) / 2;
        if (sumAt(middle) < WEIGHT_TOTAL_PPM) low = middle;
        else high = middle;
      }
      for (const [index, expected] of clip(high).entries()) {
        expect(Math.abs(targets[GROUPS[index]!]! - expected)).toBeLessThan(1.01);
      }
    });
  });
});
