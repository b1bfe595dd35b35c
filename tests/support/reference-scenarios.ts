import { describe, expect, it } from '@jest/globals';
import { type Amount, amount, isAmountText } from '../../src/domain/money/amount.ts';
import { referenceData } from './reference-data.ts';
import { NOT_APPLICABLE } from './reference-not-applicable.ts';

/** One case of the reference: what a venue and a bot's book say, and what another program makes of it. */
export interface Scenario {
  readonly id: string;
  readonly group: string;
  readonly input: Fields;
  readonly expected: Fields;
}

export type Fields = Readonly<Record<string, unknown>>;
export type Run = (scenario: Scenario) => void | Promise<void>;

/** Which test file runs which groups, or which cases of a group that another file runs. */
export const TOPICS = {
  positions: [
    'single_unit_tolerance',
    'simulate_position',
    'zero_crossings',
    'position_match',
    'reconciliation_price',
    'position_report',
    'hedge_position',
  ],
  openings: ['partial_window', 'external_order', 'startup_import'],
  orders: ['order_report', 'drift_detection'],
  fills: ['inferred_fill', 'fill_report'],
  'live flows': ['live_flow'],
  'service flows': [
    'live_flow.fill_query_throws',
    'live_flow.missing_fills_query_error',
    'live_flow.query_failure_must_not_flatten',
    'live_flow.venue_query_exception_collected',
    'live_flow.closed_reconciliation_orders_not_replayed',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Topic = keyof typeof TOPICS;

const file = referenceData('reconciliation/nautilus.scenarios.json') as {
  readonly cases: readonly Scenario[];
} | null;

/** Null where this machine does not have them. */
export const scenarios: readonly Scenario[] | null = file?.cases ?? null;

/** Makes one test of each case that applies: the one of its id, else that of its group. A case without one fails. */
export function describeTopic(topic: Topic, runs: Readonly<Record<string, Run>>): void {
  if (scenarios === null) {
    it('reference data not present', () => expect(scenarios).toBeNull());
    return;
  }
  const cases = scenarios.filter((scenario) => topicOf(scenario) === topic);
  const applicable = cases.filter(({ id }) => !(id in NOT_APPLICABLE));
  const groups = [...new Set(cases.map(({ group }) => group))];
  describe.each(groups)('%s', (group) => {
    it.each(applicable.filter((one) => one.group === group).map((one) => [nameOf(one), one] as const))(
      '%s',
      async (_, scenario) => {
        const run = runs[scenario.id] ?? runs[group];
        if (run === undefined) throw new Error(`${scenario.id}: expected to be run or listed, found neither`);
        await run(scenario);
      },
    );
  });
  it('runs nothing that is listed as not applicable, and nothing that does not exist', () => {
    const known = [...applicable.map(({ id }) => id), ...groups];
    expect(Object.keys(runs).filter((key) => !known.includes(key))).toEqual([]);
  });
}

/** The topic that names the case, else the one that names its group; null where none does. */
export function topicOf({ id, group }: Scenario): Topic | null {
  const topics = Object.entries(TOPICS) as readonly (readonly [Topic, readonly string[]])[];
  const naming = (name: string) => topics.find(([, names]) => names.includes(name))?.[0];
  return naming(id) ?? naming(group) ?? null;
}

const nameOf = ({ id, group }: Scenario): string => id.slice(group.length + 1);

/** An amount of the reference in its canonical text. */
export function amountOf(value: unknown): Amount {
  if (!isAmountText(value)) throw new Error(`expected an amount, found ${String(value)}`);
  return amount(value);
}

export const amountOrNull = (value: unknown): Amount | null => (value === null ? null : amountOf(value));
