import { type Amount, amount } from '../../../../src/domain/money/amount.ts';
import { known } from '../../../../src/domain/rebalancing/triggers/fact.ts';
import type { TriggerFacts } from '../../../../src/domain/rebalancing/triggers/trigger-decision.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const NOW_MS = Date.UTC(2024, 5, 15, 12);

export const amounts = (record: Readonly<Record<string, string>>): Readonly<Record<string, Amount>> =>
  Object.fromEntries(Object.entries(record).map(([group, text]) => [group, amount(text)]));

/** Ten thousand dollars, half of it in cash as is wanted, of which everything is known. */
export const factsOf = (changed: Partial<TriggerFacts> = {}): TriggerFacts => ({
  nowMs: NOW_MS,
  navUsd: known(amount('10000')),
  weights: known(amounts({ A: '0.5', CASH: '0.5' })),
  targets: { A: 500_000, CASH: 500_000 },
  dustUsd: amount('1'),
  covariance: known({ source: 'returns.csv', groups: ['A'], matrix: [[0.36]], periodsPerYear: 1 }),
  flowUsd: known(amount('0')),
  breaches: known([]),
  askedBy: null,
  startedAtMs: NOW_MS - DAY_MS,
  calendarAnsweredAtMs: NOW_MS - DAY_MS,
  ...changed,
});
