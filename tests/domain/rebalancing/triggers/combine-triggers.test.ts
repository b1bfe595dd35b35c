import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amount } from '../../../../src/domain/money/amount.ts';
import {
  type Combination,
  combineTriggers,
} from '../../../../src/domain/rebalancing/triggers/combine-triggers.ts';
import type { TriggerKind } from '../../../../src/domain/rebalancing/triggers/trigger.ts';
import {
  FULL,
  type PlanScope,
  REDUCE_ONLY,
  type TriggerDecision,
  undecidable,
} from '../../../../src/domain/rebalancing/triggers/trigger-decision.ts';

const BUYS: PlanScope = { kind: 'flowFirst', side: 'buysOnly' };
const scopes: Readonly<Partial<Record<TriggerKind, PlanScope>>> = { risk: REDUCE_ONLY, cashFlow: BUYS };

/** "total+" has fired, "total-" has not, "total?" could not be judged. */
function decision(word: string): TriggerDecision {
  const kind = word.slice(0, -1) as TriggerKind;
  if (word.endsWith('?')) return undecidable(kind, `${kind} unknown`);
  return {
    state: 'judged',
    kind,
    hasFired: word.endsWith('+'),
    metric: amount('1'),
    threshold: amount('1'),
    group: null,
    scope: scopes[kind] ?? FULL,
    reason: word,
  };
}

const said = (words: string, how: Combination): string => {
  const verdict = combineTriggers(words.split(' ').filter(Boolean).map(decision), how);
  if (verdict.state !== 'fired') return verdict.state;
  const { scope } = verdict;
  return scope.kind === 'flowFirst' ? scope.side : scope.kind;
};

it.each<[string, string, string]>([
  ['', 'quiet', 'quiet'],
  ['total-', 'quiet', 'quiet'],
  ['total+', 'full', 'full'],
  ['total?', 'undecidable', 'undecidable'],
  ['total+ calendar-', 'full', 'quiet'],
  ['total+ calendar+', 'full', 'full'],
  ['total+ calendar?', 'full', 'undecidable'],
  ['total- calendar?', 'undecidable', 'quiet'],
  ['cashFlow+', 'buysOnly', 'buysOnly'],
  ['cashFlow+ total-', 'buysOnly', 'quiet'],
  ['cashFlow+ total+', 'full', 'buysOnly'],
  ['risk+ total-', 'reduceOnly', 'reduceOnly'],
  ['risk+ total+', 'reduceOnly', 'reduceOnly'],
  ['risk- total+', 'full', 'full'],
  ['risk? total-', 'undecidable', 'undecidable'],
  ['manual+ total-', 'full', 'full'],
  ['manual+ risk+', 'reduceOnly', 'reduceOnly'],
  ['manual- total+', 'full', 'full'],
  ['manual-', 'quiet', 'quiet'],
])('"%s" together: any is %s, all is %s', (words, any, all) => {
  expect([said(words, 'any'), said(words, 'all')]).toEqual([any, all]);
});

const kinds: readonly TriggerKind[] = ['absolute', 'total', 'calendar', 'cashFlow', 'risk', 'manual'];
const lists = fc
  .tuple(...kinds.map(() => fc.constantFrom('', '+', '-', '?')))
  .map((marks) => marks.flatMap((mark, index) => (mark === '' ? [] : [`${kinds[index]}${mark}`])));
const combinations = fc.constantFrom<Combination>('any', 'all');
const SETTINGS = { seed: 20240615, numRuns: 500 };

it('1. What could not be judged never makes a rebalance due, and is never left unsaid.', () => {
  fc.assert(
    fc.property(lists, combinations, (words, how) => {
      const known = words.filter((word) => !word.endsWith('?'));
      const verdict = combineTriggers(words.map(decision), how);
      if (verdict.state === 'fired') {
        expect(verdict.by.every(({ hasFired }) => hasFired)).toBe(true);
        expect(combineTriggers(known.map(decision), how).state).toBe('fired');
      }
      if (words.length > known.length && verdict.state === 'quiet') {
        // Then what is known says so whatever the unknown would be.
        const asFired = words.map((word) => word.replace('?', '+'));
        expect(
          combineTriggers(asFired.map(decision), how).state === 'quiet' || words.includes('manual?'),
        ).toBe(true);
      }
    }),
    SETTINGS,
  );
});

it("2. A breached limit and a person's word need no other trigger.", () => {
  fc.assert(
    fc.property(lists, combinations, fc.constantFrom('risk+', 'manual+'), (words, how, alone) => {
      const others = words.filter((word) => !word.startsWith(alone.slice(0, -1)));
      expect(combineTriggers([...others, alone].map(decision), how).state).toBe('fired');
    }),
    SETTINGS,
  );
});

it('3. While a limit is breached, only what reduces is traded.', () => {
  fc.assert(
    fc.property(lists, combinations, (words, how) => {
      const others = words.filter((word) => !word.startsWith('risk'));
      expect(combineTriggers([...others, 'risk+'].map(decision), how)).toMatchObject({ scope: REDUCE_ONLY });
    }),
    SETTINGS,
  );
});
