import { describe, expect, it } from '@jest/globals';
import { CASH_BREAKS, type CashBreak } from '../../support/cash/cash-breaks.ts';
import { runHistory } from '../../support/cash/cash-run.ts';
import {
  findBreak,
  mergeTallies,
  NAIVE_SHARE_MIN,
  naiveSharesOf,
  runHistories,
  whyFailed,
} from '../../support/cash/cash-tally.ts';

const SEED = 7;

describe('histories of the cash protocol', () => {
  const tally = runHistories({ seed: SEED, from: 0, histories: 3_000 });

  it('never take more than there is, nor reserve more, and end with what the venue has', () => {
    expect({ why: whyFailed(tally), ...tally }).toMatchObject({
      why: null,
      histories: 3_000,
      negativeCash: 0,
      overReserved: 0,
      otherViolations: {},
      firstFailure: null,
    });
    expect(tally.events).toBeGreaterThan(60_000);
    expect(tally.orders).toBeGreaterThan(9_000);
  });

  it('are hard: more than two in five would overdraw an account that spends planned or all confirmed cash', () => {
    const { plannedProceeds, confirmedCashBlind } = naiveSharesOf(tally);
    expect(plannedProceeds).toBeGreaterThan(NAIVE_SHARE_MIN);
    expect(confirmedCashBlind).toBeGreaterThan(NAIVE_SHARE_MIN);
    const easy = { ...tally, naiveNegative: { plannedProceeds: 0, confirmedCashBlind: 3_000 } };
    expect(whyFailed(easy)).toBe(
      'expected plannedProceeds to be overdrawn in more than 0.4 of the histories, found 0',
    );
  });

  it('are the same for the same seed and number, whoever counts them', () => {
    const one = runHistories({ seed: SEED, from: 0, histories: 40 });
    const other = runHistories({ seed: SEED, from: 40, histories: 60 });
    expect(mergeTallies(one, other)).toEqual(runHistories({ seed: SEED, from: 0, histories: 100 }));
    expect(runHistory({ seed: SEED, number: 1, breaking: null })).not.toEqual(
      runHistory({ seed: SEED, number: 2, breaking: null }),
    );
  });

  it('are told in full where one is looked at alone', () => {
    const happened: string[] = [];
    const run = runHistory({ seed: SEED, number: 1, breaking: null }, (words) => happened.push(words()));
    expect(happened.length).toBeGreaterThanOrEqual(run.events);
  });
});

/** Histories within which an account of the venue goes below zero, some times the number that it takes. */
const HISTORIES: Readonly<Record<CashBreak, number>> = {
  P1: 200,
  P2: 200,
  P3: 1_500,
  P4: 200,
  P5: 1_500,
  P6: 4_000,
};

describe.each(CASH_BREAKS)('without rule %s', (rule) => {
  it('an account goes below zero, and that is found', () => {
    const found = findBreak(rule, { seed: SEED, histories: HISTORIES[rule] });
    expect(found.untilViolation).toBeLessThanOrEqual(60);
    expect(found.untilNegativeCash).toBeLessThanOrEqual(HISTORIES[rule]);
    expect(found.first?.violations.length).toBeGreaterThan(0);
  });
});
