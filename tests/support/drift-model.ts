import {
  advanceDrift,
  type DriftBudget,
  isDriftAlarming,
} from '../../src/domain/reconciliation/drift-budget.ts';
import { seededRandom } from '../../src/platform/random.ts';

export const POLL_MS = 30_000;
const POLLS_PER_HOUR = 120;
export const BIAS_PER_HOUR = 0.05;
export const BIAS_PER_POLL = BIAS_PER_HOUR / POLLS_PER_HOUR;
/** When the bias alone has moved three tolerances: two and a half days. */
export const POLLS_OF_THREE = 3 / BIAS_PER_POLL;
export const POLLS_OF_30_DAYS = 30 * 24 * POLLS_PER_HOUR;

/** After how many polls the budget raises an alarm; null where it does not within so many. */
export function pollsUntilAlarm(polls: number, levelAt: (poll: number) => number): number | null {
  let budget: DriftBudget | null = null;
  for (let poll = 1; poll <= polls; poll += 1) {
    budget = advanceDrift(budget, levelAt(poll), poll * POLL_MS);
    if (isDriftAlarming(budget)) return poll;
  }
  return null;
}

export interface DriftModelReport {
  readonly seed: number;
  /** `late` are those whose alarm did not come before three tolerances; `latest` is in tolerances of bias. */
  readonly biased: {
    readonly runs: number;
    readonly late: number;
    readonly mean: number;
    readonly latest: number;
  };
  /** Of thirty days each. */
  readonly unbiased: { readonly runs: number; readonly falseAlarms: number };
}

/** Drifts up and down in turn, each with noise of half a tolerance to either side, and noise alone. */
export function runDriftModel(options: {
  readonly biasedRuns: number;
  readonly unbiasedRuns: number;
  readonly seed: number;
}): DriftModelReport {
  const { biasedRuns, unbiasedRuns, seed } = options;
  const random = seededRandom(seed);
  const noise = () => random.next() - 0.5;
  let late = 0;
  let latest = 0;
  let total = 0;
  for (let run = 0; run < biasedRuns; run += 1) {
    const bias = run % 2 === 0 ? BIAS_PER_POLL : -BIAS_PER_POLL;
    const polls = pollsUntilAlarm(POLLS_OF_THREE - 1, (poll) => poll * bias + noise());
    if (polls === null) late += 1;
    const tolerances = (polls ?? POLLS_OF_THREE) * BIAS_PER_POLL;
    total += tolerances;
    latest = Math.max(latest, tolerances);
  }
  let falseAlarms = 0;
  for (let run = 0; run < unbiasedRuns; run += 1)
    if (pollsUntilAlarm(POLLS_OF_30_DAYS, noise) !== null) falseAlarms += 1;
  return {
    seed,
    biased: { runs: biasedRuns, late, mean: total / Math.max(1, biasedRuns), latest },
    unbiased: { runs: unbiasedRuns, falseAlarms },
  };
}
