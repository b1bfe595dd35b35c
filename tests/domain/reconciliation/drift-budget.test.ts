import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../src/domain/money/amount.ts';
import {
  advanceDrift,
  type DriftBudget,
  type DriftBudgets,
  isDriftAlarming,
  weighDrift,
} from '../../../src/domain/reconciliation/drift-budget.ts';
import { defaultTolerances } from '../../../src/domain/reconciliation/tolerance.ts';
import { seededRandom } from '../../../src/platform/random.ts';
import { compareOf, snapshotOf } from '../../support/reconciliation-fixtures.ts';

const POLL_MS = 30_000;
const POLLS_PER_HOUR = 120;

/** After how many polls the budget raises an alarm; null where it never does. */
function pollsUntilAlarm(polls: number, levelAt: (poll: number) => number): number | null {
  let budget: DriftBudget | null = null;
  for (let poll = 1; poll <= polls; poll += 1) {
    budget = advanceDrift(budget, levelAt(poll), poll * POLL_MS);
    if (isDriftAlarming(budget)) return poll;
  }
  return null;
}

const BIAS_PER_POLL = 0.05 / POLLS_PER_HOUR;
/** Three tolerances at 0.05 an hour. */
const POLLS_OF_THREE = 3 / BIAS_PER_POLL;

describe('the drift budget', () => {
  it('does not add a level that merely persists again', () =>
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 500 }),
        (level, polls) => {
          let budget: DriftBudget | null = null;
          for (let poll = 0; poll < polls; poll += 1) budget = advanceDrift(budget, level, poll * POLL_MS);
          expect(Math.abs(budget?.sum ?? 0)).toBeLessThanOrEqual(Math.abs(level));
        },
      ),
    ));

  it('treats a loss and a surplus of one size alike', () =>
    fc.assert(
      fc.property(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { maxLength: 60 }), (levels) => {
        const sumOf = (sign: number) =>
          levels.reduce<DriftBudget | null>((b, level, poll) => advanceDrift(b, sign * level, poll), null)
            ?.sum ?? 0;
        expect(sumOf(-1)).toBeCloseTo(-sumOf(1), 12);
      }),
    ));

  it('does not count a movement of more than a tolerance at once: that is weighed on its own', () => {
    expect(pollsUntilAlarm(1_000, (poll) => (poll < 10 ? 0 : 40))).toBeNull();
  });

  it('raises an alarm in 250 of 250 biased drifts before three tolerances have accumulated', () => {
    const random = seededRandom(1);
    const late = Array.from({ length: 250 }, (_, run) => {
      const sign = run % 2 === 0 ? 1 : -1;
      return pollsUntilAlarm(POLLS_OF_THREE - 1, (poll) => sign * poll * BIAS_PER_POLL + random.next() - 0.5);
    }).filter((polls) => polls === null);
    expect(late).toHaveLength(0);
  });

  it('raises it without any noise, too', () => {
    expect(pollsUntilAlarm(POLLS_OF_THREE - 1, (poll) => poll * BIAS_PER_POLL)).not.toBeNull();
  });

  it('raises none in 30 days of unbiased noise', () => {
    const random = seededRandom(2);
    const alarms = Array.from({ length: 5 }, () =>
      pollsUntilAlarm(30 * 24 * POLLS_PER_HOUR, () => random.next() - 0.5),
    ).filter((polls) => polls !== null);
    expect(alarms).toHaveLength(0);
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
