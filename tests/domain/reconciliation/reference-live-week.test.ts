import { describe, expect, it } from '@jest/globals';
import { amount, round, ZERO } from '../../../src/domain/money/amount.ts';
import type { Difference } from '../../../src/domain/reconciliation/compare.ts';
import {
  DEFAULT_CORRECTION_POLICY,
  decideCorrection,
} from '../../../src/domain/reconciliation/correction-policy.ts';
import type { Explanation } from '../../../src/domain/reconciliation/explain.ts';
import {
  type LiveSnapshot,
  liveWeek,
  type WeekOptions,
  type WeekStep,
  walkWeek,
} from '../../support/live-week.ts';
import { compareOf, QUIET_MS } from '../../support/reconciliation-fixtures.ts';
import { amountOf } from '../../support/reference-scenarios.ts';

/**
 * What is said of each transition, with a book of what the bot logged: each group of assets that is explained together,
 * with its cause, or without one. Where nothing is listed book and venue agree, or differ by less than a float can tell.
 * Where trades are missing from the log, a wrong booking of other assets is not told apart from them, as both move USD.
 */
const SAID: readonly (readonly string[])[] = [
  [],
  ['AERO -', 'USD -'],
  ['FET -', 'USD -'],
  ['USD -', 'WLFI -'],
  ['ZK orderHold'],
  ['USD -', 'WLFI -'],
  ['USD -', 'WLFI -'],
  ['HBAR -', 'USD -'],
  ['HBAR orderHold'],
  ['HBAR -', 'USD -', 'WLFI -'],
  [],
  // Logged a moment before the snapshot, which does not show them yet, and logged in quote at that.
  ['ADA+USD+XLM -', 'BONK -', 'DOGE -'],
  ['ADA+USD+XLM -'],
  ['USD -'],
  ['WLFI -'],
  [],
  ['BONK -', 'DOGE -', 'USD -'],
  [],
  ['PENGU orderHold'],
  [],
  [],
  ['PENGU orderHold', 'USD -', 'ZK orderHold'],
  ['PENGU -', 'USD -', 'ZK -'],
  ['USD -', 'ZK -'],
  ['BONK -', 'USD+XLM -', 'USDC -', 'WLFI -'],
  [],
  ['POPCAT+USD quoteBookedAsBase'],
  ['AVNT -', 'USD -'],
  ['PENGU -', 'USD -'],
  ['ADA+SEI+USD -', 'BONK -', 'XRP -'],
];

/** The residuals of the reference are told to this many decimals. */
const RESIDUAL_DECIMALS = 10;

const week = liveWeek;

if (week === null) {
  it('reference data not present', () => expect(week).toBeNull());
} else {
  const walked = (options: WeekOptions): readonly WeekStep[] => {
    const steps: WeekStep[] = [];
    walkWeek(week, options, (step) => steps.push(step));
    return steps;
  };
  const logged = walked({ hears: 'logged' });
  const corrected = walked({ hears: 'corrected' });
  const numbered = week.transitions.map((transition, index) => [index + 1, transition.class, index] as const);
  const isInFull = (index: number) => week.transitions[index]?.class.startsWith('fully explained') === true;

  describe('a week of a live bot', () => {
    it.each(numbered)('%d: finds what changed: %s', (_, __, index) => {
      const [before, after] = [week.snapshots[index], week.snapshots[index + 1]];
      if (before === undefined || after === undefined) throw new Error('a transition joins two snapshots');
      const found = compareOf(amountsOf(before), amountsOf(after)).differences.filter(isTotal);
      const delta = Object.entries(week.transitions[index]?.delta ?? {});
      expect(found.map((difference) => [difference.asset, difference.delta])).toEqual(
        delta.map(([asset, change]) => [asset, amountOf(change)]).sort(),
      );
    });

    it.each(numbered)('%d: with a book of what the bot logged says of it: %s', (_, __, index) => {
      expect(logged[index]?.looked.explanations.map(said)).toEqual(SAID[index]);
    });

    it.each(numbered)('%d: leaves unexplained what the log lacks, to the last digit: %s', (_, __, index) => {
      const { looked, rest } = corrected[index] as WeekStep;
      const residuals = rest.comparison.differences.filter((one) => isTotal(one) && one.isMaterial);
      const expected = Object.entries(week.transitions[index]?.unexplained ?? {});
      expect(residuals.map(({ asset, delta }) => [asset, round(delta, RESIDUAL_DECIMALS)])).toEqual(
        expected.map(([asset, delta]) => [asset, amountOf(delta)]).sort(),
      );
      const ofTotals = rest.explanations.filter(({ cause }) => cause !== 'orderHold');
      expect(ofTotals.map(({ verdict, events }) => [verdict, events])).toEqual(
        ofTotals.map(() => ['none', []]),
      );
      expect(looked.corrections.filter(({ cause }) => cause !== 'orderHold')).toEqual([]);
    });

    it.each(numbered.filter(([, , index]) => isInFull(index)))(
      '%d: is explained exactly, as far as the amounts are exact: %s',
      (_, __, index) => {
        for (const steps of [logged, corrected]) {
          expect(steps[index]?.looked.explanations.filter(({ verdict }) => verdict !== 'unique')).toEqual([]);
          expect(steps[index]?.rest.comparison.differences.filter(({ isMaterial }) => isMaterial)).toEqual(
            [],
          );
        }
      },
    );

    it('names every fill that was logged in quote, and no other', () => {
      const { beside } = logged.at(-1) as WeekStep;
      const candidates = beside.candidates();
      const expected = logged.flatMap(({ transition, fills }) =>
        transition.journal_fills.flatMap((one, place) => {
          const { id = '', base = '', quote = '', quantity = ZERO } = fills[place] ?? {};
          if (one.logged_quantity_unit === 'base') return [];
          return [
            `The book has the quote amount ${amount(one.logged_quantity)} ${quote} as the base quantity of fill ${id}; the venue filled ${quantity} ${base}.`,
          ];
        }),
      );
      expect(candidates.map(({ cause }) => cause)).toEqual(expected.map(() => 'quoteBookedAsBase'));
      expect(candidates.map(({ description }) => description).sort()).toEqual([...expected].sort());
      expect(expected).not.toEqual([]);
    });

    it('supposes the same where only balances are known, and applies it for nobody', () => {
      const steps = walked({ hears: 'logged', venueTells: 'balances' });
      const index = SAID.findIndex((groups) => groups.some((group) => group.endsWith('quoteBookedAsBase')));
      const { looked, rest } = steps[index] as WeekStep;
      expect(looked.explanations.map(said)).toEqual(SAID[index]);
      const [correction, ...others] = looked.corrections;
      if (correction === undefined) throw new Error('what is supposed is proposed');
      expect([others, rest.comparison.differences]).toEqual([[], []]);
      const policy = { ...DEFAULT_CORRECTION_POLICY, mode: 'auto' } as const;
      const decided = decideCorrection(correction, policy, {
        navUsd: amount('1000000'),
        quietWindowMs: QUIET_MS,
        sources: 1,
        appliedToday: new Map(),
        reversedEvidence: new Set<string>(),
        assetsAwaitingOutcome: new Set(),
      });
      expect(decided).toEqual({
        decision: 'propose',
        reason: 'only the figures speak for it, no record does',
      });
    });
  });
}

const isTotal = ({ bucket }: Difference): boolean => bucket === 'total';

function said({ assets, cause, verdict }: Explanation): string {
  expect(verdict).toBe(cause === null ? 'none' : 'unique');
  return `${assets.join('+')} ${cause ?? '-'}`;
}

const amountsOf = ({ balances, cash_available }: LiveSnapshot) => ({
  ...Object.fromEntries(
    Object.entries(balances).map(([asset, { total, hold }]) => [
      asset,
      `${amountOf(total)}/${amountOf(hold)}`,
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(cash_available).map(([asset, available]) => [asset, amountOf(available)]),
  ),
});
