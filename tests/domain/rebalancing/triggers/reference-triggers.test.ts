// What others' triggers decided, against ours. The recordings are not committed; without them nothing of this runs.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Amount, amount, divide, ONE } from '../../../../src/domain/money/amount.ts';
import { DEFAULT_CASH_FLOW } from '../../../../src/domain/rebalancing/triggers/default-triggers.ts';
import { measureDrift } from '../../../../src/domain/rebalancing/triggers/drift.ts';
import { known } from '../../../../src/domain/rebalancing/triggers/fact.ts';
import { judgeBands } from '../../../../src/domain/rebalancing/triggers/judge-bands.ts';
import { judgeCashFlow } from '../../../../src/domain/rebalancing/triggers/judge-cash-flow.ts';
import { lastOccurrence, type Schedule } from '../../../../src/domain/rebalancing/triggers/schedule.ts';
import { type BandTrigger, findTriggerProblem } from '../../../../src/domain/rebalancing/triggers/trigger.ts';
import type { TriggerDecision } from '../../../../src/domain/rebalancing/triggers/trigger-decision.ts';
import { referenceData } from '../../../support/reference-data.ts';

const DUST = amount('0.0000001');

describe('bt', () => {
  // pmorissette/bt, tests/test_algos.py, test_run_if_out_of_bounds: a tolerance of one half around a weight of one half.
  it.each([
    ['0.76', '0.24', true],
    ['0.7499', '0.2501', false],
  ])('RunIfOutOfBounds(0.5) at %s and %s: %s', (a, b, hasFired) => {
    expect(halves(a, b).hasFired).toBe(hasFired);
  });

  it('differs at the very edge, where bt asks for more than its tolerance and this fires', () => {
    expect(halves('0.75', '0.25').hasFired).toBe(true);
  });

  const halves = (a: string, b: string) =>
    judgeBands(
      measureDrift({ A: amount(a), B: amount(b) }, { A: 500_000, B: 500_000 }),
      { kind: 'relative', share: amount('0.5') },
      DUST,
    );
});

interface Simulation {
  readonly id: string;
  readonly prices: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly expected: {
    readonly transactions: readonly (readonly [string, string, number, number])[];
    readonly n_rebalance_days: number;
  };
}

const simulations = referenceData('rebalancing/bt.simulations.json') as { cases: Simulation[] } | null;
const DAY_MS = 86_400_000;
const midnight = { zone: 'UTC', hour: 0, minute: 0 };
const FIRST_OF_MONTH: Schedule = { ...midnight, every: 'month', day: 1 };
/** bt compares the year beside the week: a week with New Year in it begins a second time. Ours begins on Mondays. */
const TWICE_A_WEEK: readonly string[] = ['2022-01-01'];
const MONDAY: Schedule = { ...midnight, every: 'week', weekday: 1 };

if (simulations === null) it('reference data not present', () => expect(simulations).toBeNull());
else
  describe('simulations of bt on real prices', () => {
    const named = (id: string) => {
      const found = simulations.cases.find((each) => each.id === id);
      if (found === undefined) throw new Error(`${id} is one of the simulations`);
      return found;
    };
    const daysTraded = ({ expected }: Simulation) => [...new Set(expected.transactions.map(([day]) => day))];

    it('of a relative band of a fifth rebalance on the days on which it has fired, and on no other', () => {
      const simulation = named('threshold20');
      const closes = closesOf(simulation);
      const held: Record<string, number> = { BTC: 0, ETH: 0, SOL: 0 };
      const targets = { BTC: 500_000, ETH: 300_000, SOL: 200_000 };
      const fired: string[] = [];
      for (const [day, prices] of closes) {
        const drift = measureDrift(weightsOf(held, prices), targets);
        if (judgeBands(drift, { kind: 'relative', share: amount('0.2') }, DUST).hasFired) fired.push(day);
        for (const [on, coin, quantity] of simulation.expected.transactions)
          if (on === day) held[coin] = (held[coin] ?? 0) + quantity;
      }
      expect(closes.size).toBe(1_050);
      expect(fired).toEqual(daysTraded(simulation));
      expect(fired).toHaveLength(simulation.expected.n_rebalance_days);
    });

    // Each trades on its first day as well, whatever the calendar says; of inverse volatility, from its 96th day on.
    it.each<[string, Schedule, number]>([
      ['monthly', FIRST_OF_MONTH, 35],
      ['monthly-fee25bp', FIRST_OF_MONTH, 35],
      ['monthly-20pct-cash', FIRST_OF_MONTH, 35],
      ['monthly-integer-1usd', FIRST_OF_MONTH, 24],
      ['monthly-invvol90', FIRST_OF_MONTH, 20],
      ['weekly-equal5', MONDAY, 106],
    ])('of a calendar rebalance when it comes: %s', (id, schedule, count) => {
      const simulation = named(id);
      const traded = daysTraded(simulation);
      const first = traded[0] ?? '';
      const due = daysBetween(first, simulation.to).filter(
        (day) => day === first || lastOccurrence(schedule, Date.parse(day)) === Date.parse(day),
      );
      const besides = schedule === MONDAY ? TWICE_A_WEEK : [];
      expect(traded.filter((day) => !besides.includes(day))).toEqual(due);
      expect(traded).toHaveLength(count);
    });

    it('without a trigger are left out: one of eight', () => {
      expect(simulations.cases.map(({ id }) => id).filter((id) => id === 'buy-and-hold')).toHaveLength(1);
      expect(simulations.cases).toHaveLength(8);
    });
  });

function daysBetween(from: string, to: string): readonly string[] {
  const count = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(from) + index * DAY_MS).toISOString().slice(0, 10),
  );
}

/** Closes by coin of each day. */
function closesOf({ prices, from, to }: Simulation): ReadonlyMap<string, Readonly<Record<string, number>>> {
  const folder = process.env.TRUEUP_REFERENCE_DATA ?? join(process.cwd(), '../shared/data');
  const byDay = new Map<string, Record<string, number>>();
  for (const path of prices) {
    const coin = path.replace(/^.*\/|-USDT\.csv$/g, '');
    for (const line of readFileSync(join(folder, path), 'utf8').split('\n').slice(1)) {
      const [day = '', , , , close = ''] = line.split(',');
      if (day < from || day > to) continue;
      byDay.set(day, { ...byDay.get(day), [coin]: Number(close) });
    }
  }
  return byDay;
}

function weightsOf(held: Readonly<Record<string, number>>, prices: Readonly<Record<string, number>>) {
  const values = Object.entries(held).map(
    ([coin, quantity]) => [coin, quantity * (prices[coin] ?? 0)] as const,
  );
  const total = values.reduce((sum, [, value]) => sum + value, 0);
  const weight = (value: number) => amount((total === 0 ? 0 : value / total).toFixed(15));
  return Object.fromEntries(values.map(([coin, value]) => [coin, weight(value)]));
}

interface OctoBotCase {
  readonly id: string;
  readonly kind: string;
  readonly input: Readonly<Record<string, never>> & {
    readonly targets?: Readonly<Record<string, string | number>>;
    readonly trigger?: number;
    readonly holdings_ratio?: Readonly<Record<string, number>>;
    readonly prices?: Readonly<Record<string, number>>;
    readonly balances?: Readonly<Record<string, number>>;
    readonly idle_quote_ratio?: number;
    readonly threshold?: number;
    readonly quote_ratio?: number;
  };
  readonly expected: { readonly rebalance?: boolean; readonly excess_quote_ratio?: number };
}

const OTHER_SUBJECT = 'how large its orders are is a matter of planning, not of when to plan';
const SWAP = 'a swap of one coin for another is the plan of an exit and an entry, both of which fire';
const WEIGHTS =
  'targets are given: they are neither derived from volumes nor renormalised without being asked';

/** What OctoBot's tests state that is otherwise here, or no trigger, each with the reason. */
const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'octobot/dust-two-asset':
    'a band of no width would fire at every check: it is refused, and dust does not fire',
  'octobot/quote-reserve-0.15-0.1': 'cash below its target is not an excess of zero: it asks for sells',
  'octobot/affordable-160-1': OTHER_SUBJECT,
  'octobot/affordable-450-1': OTHER_SUBJECT,
  'octobot/affordable-600.811-1': OTHER_SUBJECT,
  'octobot/swap-1': SWAP,
  'octobot/swap-3': SWAP,
  'octobot/swap-5': SWAP,
  'octobot/swap-6': SWAP,
  'octobot/buy-amounts-100pct': OTHER_SUBJECT,
  'octobot/buy-amounts-50-50': OTHER_SUBJECT,
  'octobot/target-ratio-untradable': WEIGHTS,
  'octobot/linear-1': WEIGHTS,
  'octobot/smoothed-1': WEIGHTS,
  'octobot/uniform-3': WEIGHTS,
};

const octobot = referenceData('rebalancing/octobot.cases.json') as { cases: OctoBotCase[] } | null;

if (octobot !== null)
  describe("OctoBot's index mode", () => {
    const listed = Object.keys(NOT_APPLICABLE);
    const run = octobot.cases.filter(({ id }) => !listed.includes(id));

    it(`states ${octobot.cases.length} cases, of which 13 are of triggers and 15 are listed with the reason`, () => {
      expect([run.length, listed.length]).toEqual([13, 15]);
      const ids = octobot.cases.map(({ id }) => id);
      expect(listed.filter((id) => !ids.includes(id))).toEqual([]);
      expect(Object.values(NOT_APPLICABLE).filter((reason) => reason.length < 40)).toEqual([]);
    });

    it.each(run.map((each) => [each.id, each] as const))('%s', (_, { kind, input, expected }) => {
      if (kind === 'plan' || kind === 'plan+execute') {
        expect(firedInBand(input)).toBe(expected.rebalance);
        return;
      }
      const found = idleCash(input.idle_quote_ratio ?? input.quote_ratio ?? 0, input.threshold ?? 0.1);
      if (found.state !== 'judged') throw new Error(found.reason);
      if (expected.rebalance !== undefined) expect(found.hasFired).toBe(expected.rebalance);
      else expect(Number(found.metric)).toBe(expected.excess_quote_ratio);
      if (found.hasFired) expect(found.scope).toEqual({ kind: 'flowFirst', side: 'buysOnly' });
    });

    it('differs on a band of no width', () => {
      expect(findTriggerProblem([{ kind: 'absolute', halfWidth: amount('0') }])).toMatchObject({
        path: 'triggers[0].halfWidth',
      });
    });
  });

/** Its default trigger is five points. Its ratios need not sum to one, nor does it name cash among them. */
function firedInBand({ targets = {}, trigger = 0.05, ...input }: OctoBotCase['input']): boolean {
  const band: BandTrigger = { kind: 'absolute', halfWidth: amount(String(trigger)) };
  const held = input.holdings_ratio ?? ratiosOf(input.balances ?? {}, input.prices ?? {});
  const weights = Object.fromEntries(
    Object.keys(targets).map((coin) => [coin, amount((held[coin] ?? 0).toFixed(15))]),
  );
  const ppm = Object.fromEntries(
    Object.entries(targets).map(([coin, share]) => [
      coin,
      Math.round(1e6 * Number(fractionOf(String(share)))),
    ]),
  );
  return judgeBands(measureDrift(weights, ppm), band, DUST).hasFired;
}

function ratiosOf(balances: Readonly<Record<string, number>>, prices: Readonly<Record<string, number>>) {
  const values = Object.entries(balances).map(
    ([coin, quantity]) => [coin, quantity * (prices[`${coin}/USDT`] ?? 1)] as const,
  );
  const total = values.reduce((sum, [, value]) => sum + value, 0);
  return Object.fromEntries(values.map(([coin, value]) => [coin, value / total])) as Record<string, number>;
}

/** "1/3" or "0.5". */
function fractionOf(text: string): Amount {
  const [part = '', whole] = text.split('/');
  return divide(amount(part), whole === undefined ? ONE : amount(whole), 10, 'half');
}

/** No cash is wanted; the threshold is how much of it may lie idle. */
function idleCash(ratio: number, threshold: number): TriggerDecision {
  const weights = { CASH: amount(String(ratio)), BTC: amount((1 - ratio).toFixed(6)) };
  return judgeCashFlow(
    measureDrift(weights, { BTC: 1_000_000 }),
    { ...DEFAULT_CASH_FLOW, above: amount(String(threshold)) },
    { navUsd: amount('1000'), flowUsd: known(amount('0')) },
  );
}
