import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import {
  advanceDrift,
  type DriftBudget,
  type DriftBudgets,
  weighDrift,
} from '../../../src/domain/reconciliation/drift-budget.ts';
import { defaultTolerances } from '../../../src/domain/reconciliation/tolerance.ts';
import {
  BIAS_PER_POLL,
  POLL_MS,
  POLLS_OF_THREE,
  pollsUntilAlarm,
  runDriftModel,
} from '../../support/drift-model.ts';
import { compareOf, snapshotOf } from '../../support/reconciliation-fixtures.ts';

/** Thousandths of a tolerance: doubles of every size would nearly all be next to zero. */
const anyLevel = (most: number): fc.Arbitrary<number> =>
  fc.integer({ min: -1_000 * most, max: 1_000 * most }).map((thousandths) => thousandths / 1_000);

describe('the drift budget', () => {
  it('a level that merely persists is not added again', () =>
    fc.assert(
      fc.property(anyLevel(1), fc.integer({ min: 1, max: 500 }), (level, polls) => {
        let budget: DriftBudget | null = null;
        for (let poll = 0; poll < polls; poll += 1) budget = advanceDrift(budget, level, poll * POLL_MS);
        expect(Math.abs(budget?.sum ?? 0)).toBeLessThanOrEqual(Math.abs(level));
      }),
    ));

  it('a loss and a surplus of one size are treated alike', () =>
    fc.assert(
      fc.property(fc.array(anyLevel(3), { maxLength: 60 }), (levels) => {
        const sumOf = (sign: number) =>
          levels.reduce<DriftBudget | null>((b, level, poll) => advanceDrift(b, sign * level, poll), null)
            ?.sum ?? 0;
        expect(sumOf(-1)).toBeCloseTo(-sumOf(1), 12);
      }),
    ));

  it('does not count a movement of more than a tolerance at once: that is weighed on its own', () => {
    expect(pollsUntilAlarm(1_000, (poll) => (poll < 10 ? 0 : 40))).toBeNull();
  });

  // The full count, 10 000 drifts, is npm run drift-model.
  it('a bias raises an alarm before three tolerances have accumulated; noise of half a tolerance never does', () => {
    const { biased, unbiased } = runDriftModel({ biasedRuns: 250, unbiasedRuns: 5, seed: 1 });
    expect(biased).toMatchObject({ runs: 250, late: 0 });
    expect(biased.latest).toBeLessThan(3);
    expect(unbiased).toEqual({ runs: 5, falseAlarms: 0 });
  });

  it('raises it without any noise, too', () => {
    expect(pollsUntilAlarm(POLLS_OF_THREE - 1, (poll) => poll * BIAS_PER_POLL)).not.toBeNull();
  });

  it('makes a creeping difference material that no single read would have shown', () => {
    const tolerances = defaultTolerances(new Map([['BTC', amount('0.00000001')]]));
    let drift: DriftBudgets = new Map();
    const materialAt = Array.from({ length: 8 }, (_, step) => {
      const venue = { BTC: `1.${String(step).padStart(8, '0')}` };
      const snapshot = snapshotOf(venue, {}, 1_000_000 + step * POLL_MS);
      const weighed = weighDrift(compareOf({ BTC: '1' }, venue, { snapshot, tolerances }), tolerances, drift);
      drift = weighed.drift;
      return weighed.comparison.differences.some(({ isMaterial }) => isMaterial);
    });
    expect(materialAt).toEqual([false, false, false, true, true, true, true, true]);
  });

  it('keeps no budget for an asset without a tolerance: there every atom counts already', () => {
    const { drift, comparison } = weighDrift(
      compareOf({ SOL: '1' }, { SOL: '1.001' }),
      defaultTolerances(),
      new Map(),
    );
    expect([drift.size, comparison.differences[0]?.isMaterial]).toEqual([0, false]);
  });
});
