import { expect, it } from '@jest/globals';
import { toNumber } from '../src/domain/money/amount.ts';
import { planRebalance } from '../src/domain/rebalancing/plan.ts';
import { elapsedMs } from '../src/platform/clock.ts';
import { FAMILIES, instanceOf } from './support/optimality/instance-families.ts';
import { openOracle, problemOf } from './support/optimality/milp-oracle.ts';
import { plainGreedy } from './support/optimality/plain-greedy.ts';

const INSTANCES = 4;
/** Of the portfolio: what doubles may be off by. */
const TOLERANCE = 1e-6;

it.each(FAMILIES)(
  'plans of $name are no better than the best there is, and no worse than greedy',
  async (family) => {
    const oracle = await openOracle();
    for (let number = 0; number < INSTANCES; number += 1) {
      const input = instanceOf(family, { seed: 3, number });
      const problem = problemOf(input);
      const optimum = await oracle(problem, elapsedMs);
      const outcome = planRebalance(input);
      if (outcome.state !== 'planned') throw new Error(JSON.stringify(outcome));
      const { plan } = outcome;
      expect(toNumber(plan.navUsd)).toBeCloseTo(problem.nav, 4);
      const objective = toNumber(plan.objective);
      const slack = TOLERANCE * problem.nav;
      expect(objective).toBeLessThanOrEqual(plainGreedy(problem) + slack);
      if (!optimum.isProven) continue;
      expect(objective).toBeGreaterThanOrEqual(optimum.objective - slack);
      expect(toNumber(plan.lowerBound)).toBeLessThanOrEqual(optimum.objective + slack);
    }
  },
);
